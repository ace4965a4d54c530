"""Analyses on the engine against the formulas once more in plain Python, over random bases with ties, returns and leap days."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enishi.analytics.analyses.cpm import CpmParams
from enishi.analytics.analyses.periods import WindowParams, window_start
from enishi.analytics.analyses.repeat import RepeatParams
from enishi.analytics.analyses.rfm import MovesParams, RfmParams
from enishi.analytics.tests import reference
from enishi.rules.tree import parse
from enishi.segments.analyses import RuleParams
from enishi.segments.tests.factories import FIRM
from enishi.warehouse.analysis import Reach, analyses
from enishi.warehouse.engine.service import Service
from enishi.warehouse.tests import worlds

LAST = date(2028, 3, 1)  # the day before is a 29 February
FEW = settings(max_examples=25, deadline=None)


def near(day: date) -> st.SearchStrategy[date]:
    return st.integers(0, 900).map(lambda back: day - timedelta(days=back))


@st.composite
def bases(draw):
    """Few customers with few amounts on few days, so that ties are the rule; returns, cancelled and unclaimed orders among them."""
    count = draw(st.integers(0, 14))
    customers = [worlds.customer(pk, archived=draw(st.integers(0, 9)) == 0, owner_id=pk % 3, team_id=pk % 2) for pk in range(1, count + 1)]
    days = [*draw(st.lists(near(LAST + timedelta(days=40)), min_size=1, max_size=12)), LAST - timedelta(days=1), LAST]
    orders = []
    for pk in range(1, draw(st.integers(0, 60)) + 1):
        goods = draw(st.sampled_from([0, 500, 1_000, 5_000, 30_000, 70_000, -500]))
        orders.append(
            worlds.order(
                pk,
                draw(st.integers(1, count)) if count and draw(st.integers(0, 9)) else None,
                draw(st.sampled_from(days)),
                goods,
                counts=goods >= 0 and draw(st.integers(0, 9)) > 0,
                archived=draw(st.integers(0, 19)) == 0,
            )
        )
    return customers, orders


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def ask(folder, base, name, params, reach=None, **more):
    customers, orders = base
    service = Service(worlds.working_set(folder, customers=customers, orders=orders, **more), analyses())
    told = {"analysis": name, "params": params.model_dump(mode="json"), "reach": (reach or Reach(everybody=True)).model_dump(mode="json")}
    answer = service.answer(json.dumps(told | {"wait_ms": 60_000}).encode())
    service.close()
    assert answer.state == "done", answer.error
    [table] = answer.tables.values()
    return table["rows"]


@FEW
@given(base=bases(), by=st.sampled_from(["limits", "quintiles"]), as_of=near(LAST))
def test_rfm(folder, base, by, as_of):
    params = RfmParams(as_of=as_of, by=by)
    found = reference.buyers(*base, as_of=as_of, since=window_start(as_of, 24))
    assert ask(folder, base, "rfm", params) == reference.rfm_cells(found, as_of, params)


@FEW
@given(base=bases(), as_of=near(LAST), back=st.integers(1, 700))
def test_rfm_moves(folder, base, as_of, back):
    params = MovesParams(as_of=as_of, earlier=as_of - timedelta(days=back))
    assert ask(folder, base, "rfm_moves", params) == reference.rfm_moves(*base, params)


@FEW
@given(base=bases(), as_of=near(LAST), name=st.sampled_from(["rfm", "decile", "cpm", "repeat"]))
def test_those_in_a_rule_are_counted_as_if_they_were_all(folder, base, as_of, name):
    customers, orders = base
    firms = [row | {"kind": "company"} if row["id"] % 2 else row for row in customers]
    among = RuleParams(rule=parse(FIRM), today=as_of)
    params = {"rfm": RfmParams, "decile": WindowParams, "cpm": CpmParams, "repeat": RepeatParams}[name](as_of=as_of)
    alone = [row for row in firms if row["kind"] == "company"]
    told = ask(folder, (firms, orders), name, params.model_copy(update={"among": among}))
    assert told == ask(folder, (alone, orders), name, params)


@FEW
@given(base=bases(), as_of=near(LAST))
def test_decile(folder, base, as_of):
    found = reference.buyers(*base, as_of=as_of, since=window_start(as_of, 24))
    groups = [group for group in reference.decile_sizes(found) if group]
    rows = ask(folder, base, "decile", WindowParams(as_of=as_of))
    assert [row[1:3] for row in rows] == [[len(group), sum(one.revenue for one in group)] for group in groups]
    assert [row[4:] for row in rows] == [[min(g.revenue for g in group), max(g.revenue for g in group)] for group in groups]


@FEW
@given(base=bases(), as_of=near(LAST))
def test_cpm(folder, base, as_of):
    params = CpmParams(as_of=as_of)
    assert ask(folder, base, "cpm", params) == reference.cpm_groups(reference.buyers(*base, as_of=as_of), as_of, params)


@FEW
@given(base=bases(), as_of=near(LAST), nth=st.integers(2, 4), days=st.sampled_from([1, 90, 365]))
def test_waits_for_the_nth_purchase(folder, base, as_of, nth, days):
    params = RepeatParams(as_of=as_of, nth=nth, days=days)
    found = reference.buyers(*base, as_of=as_of)
    assert ask(folder, base, "repeat", params) == reference.waits(found, as_of, window_start(as_of, 24), params)


@FEW
@given(base=bases(), owner=st.integers(0, 2), teams=st.sets(st.integers(0, 1)), ids=st.sets(st.integers(1, 14), max_size=3))
def test_who_sees_a_part_counts_that_part(folder, base, owner, teams, ids):
    customers, orders = base
    mine = [row for row in customers if row["owner_id"] == owner or row["team_id"] in teams or row["id"] in ids]
    params, reach = CpmParams(as_of=LAST), Reach(owner_id=owner, team_ids=tuple(teams), ids=tuple(ids))
    assert ask(folder, base, "cpm", params, reach) == ask(folder, (mine, orders), "cpm", params)


def test_nobody_is_nothing(folder):
    base = [worlds.customer(1, owner_id=None, team_id=None)], [worlds.order(1, 1, LAST)]
    assert ask(folder, base, "cpm", CpmParams(as_of=LAST), Reach()) == []


@pytest.mark.parametrize(
    ("name", "params", "answer"),
    [
        ("rfm", RfmParams(as_of=LAST), [[5, 1, 1, 1, 1_000]]),
        ("rfm", RfmParams(as_of=LAST + timedelta(days=30)), [[5, 1, 1, 1, 1_000]]),
        ("rfm", RfmParams(as_of=LAST + timedelta(days=31)), [[4, 1, 1, 1, 1_000]]),
        ("rfm", RfmParams(as_of=LAST + timedelta(days=366)), [[1, 1, 1, 1, 1_000]]),
        ("rfm", RfmParams(as_of=LAST - timedelta(days=1)), []),
        ("cpm", CpmParams(as_of=LAST + timedelta(days=239)), [["first", False, 1, 1_000]]),
        ("cpm", CpmParams(as_of=LAST + timedelta(days=240)), [["first", True, 1, 1_000]]),
        ("repeat", RepeatParams(as_of=LAST + timedelta(days=9)), [[2028 * 12 + 2, 9, 0, 1]]),
    ],
)
def test_edges_of_limits(folder, name, params, answer):
    assert ask(folder, ([worlds.customer(1)], [worlds.order(1, 1, LAST)]), name, params) == answer
