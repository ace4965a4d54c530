"""Everything behind the doors that takes an actor and tells of records judges by itself: parts of queries, names in the audit, columns,
timeline sources, what the palette finds, what an import knows. One that trusts whoever calls it stands in `JUDGED`, with the reason."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

import enishi
from enishi.commerce.models import Order
from enishi.customers.models import Customer, CustomField
from enishi.platform import objects
from enishi.platform.actor import Actor
from enishi.platform.demo.access import OTHER
from tests.doors.alone import Stage, planted, stage, texts

__all__ = ["planted", "stage"]
pytestmark = pytest.mark.django_db
LEFT_OUT = (".tests", ".migrations", ".demo", ".management", ".views.", ".actions.", ".api.")
#: What trusts whoever calls it.
JUDGED = {
    "customers.access.visible_exports",  # also told to who reads the settings
    "customers.imports.people.known._people",  # rows to compare with, of which nothing is told
    "customers.timeline.merged",  # of a customer on whose page one is, as its sources
    "customers.queries.timeline._read_activities",
    "customers.queries.timeline._read_files",
}
#: Answers that hang on nothing planted here: one's own views, what is masked, what every role's width is compared with.
ALIKE = {
    "customers.access._is_within",
    "customers.access.can_reveal",
    "customers.access.view_for_edit",
    "customers.access.view_for_removal",
    "customers.access.visible_views",
    "messaging.audit._accounts to the narrow",  # who reads any reads all
    "commerce.audit._categories to the narrow",
    "commerce.audit._products to the narrow",
}
#: Arguments that say whose records are meant: then somebody with their own alone is answered otherwise as well.
ABOUT = {"customer_id", "customer_ids", "ids", "numbers", "activity_id", "comment_id", "task_id", "task_ids", "file_id", "segment_id"}


@cache
def _parts() -> dict[str, Callable[..., Any]]:
    return dict(_walk())


def _walk() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in pkgutil.walk_packages(enishi.__path__, "enishi."):
        if any(part in f"{module.name}." for part in LEFT_OUT):
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            ours = inspect.isfunction(function) and function.__module__ == module.name
            if ours and "actor" in inspect.signature(function).parameters and not (".queries." in module.name and name[0] != "_"):
                yield f"{module.name.removeprefix('enishi.')}.{name}", function


@pytest.fixture
def asking(stage):
    """The stage, with what parts are asked for: everything of somebody else's."""
    ids = sorted({value for value in stage.found.ids(OTHER).values() if isinstance(value, int)})
    customers = [stage.found.ids(OTHER)["customer_id"]]
    number = Customer.rows.get(pk=customers[0]).number
    named = {"ids": ids, "task_ids": ids, "customer_ids": customers, "act": "read", "numbers": [number]}
    late = (stage.now + timedelta(days=1), 10**9)
    given = {where + ".before": late for where in _parts() if ".timeline._read" in where}
    order = Order.rows.get(pk=stage.found.ids(OTHER)["order_id"]).number
    given |= {
        "customers.columns._values.keys": ["name", "tags"],
        "customers.own_columns._values.keys": [CustomField.rows.get(label="canary field").key],
        "customers.access.customers_in_bulk.archived": False,
        "commerce.audit._find.text": order,
        "commerce.audit._find_products.text": "P1",
        "customers.audit._find.text": number,
        "customers.access.bulk_run_for.run_id": stage.ids["bulk_id"],
        "customers.access.export_run_for.run_id": stage.ids["export_id"],
    }
    return replace(stage, ids=stage.ids | named, given=stage.given | given)


def test_a_part_says_nothing_of_what_the_asker_may_not_read(asking):
    canaries = [canary for canary in asking.found.canaries if canary.relation == OTHER]
    everybody_s = {key for key, thing in objects.all_objects().items() if thing.acts.get("read") == objects.ALL_ONLY}
    hidden = {
        "narrow": {canary.token for canary in canaries if canary.object not in everybody_s},
        "nobody": {canary.token for canary in canaries},
    }
    told, telling = {}, []
    for where, part in _parts().items():
        said = asking.call(where, part, asking.full, texts)
        if not (isinstance(said, str) and any(token in said for token in hidden["nobody"])):
            continue
        telling.append(where)
        for name, tokens in hidden.items():
            said = asking.call(where, part, getattr(asking, name), texts)
            if isinstance(said, str) and (found := sorted(token for token in tokens if token in said)):
                told.setdefault(where, (name, found[:3]))
    assert set(told) == JUDGED, told
    assert len(telling) > 30, f"few say anything: {telling}"


def test_answers_of_access_and_the_audit_hang_on_who_asks(asking):
    alike = set()
    for where, part in _parts().items():
        if ".access." in where or where.split(".")[1] == "audit":
            full, narrow, nobody = (_answer(asking, where, part, actor) for actor in (asking.full, asking.narrow, asking.nobody))
            if full == nobody:
                alike.add(where)
            elif full == narrow and ABOUT & set(inspect.signature(part).parameters):
                alike.add(f"{where} to the narrow")
    assert alike == ALIKE


def _answer(stage: Stage, where: str, part: Callable[..., Any], actor: Actor) -> str:
    answer = stage.call(where, part, actor, texts)
    return repr(answer) if isinstance(answer, Exception) else answer
