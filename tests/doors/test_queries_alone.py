"""Every query judges by itself, also where no door has judged before it: who may not read something is refused, or told nothing of it.

Each query that has an actor is called about records that are somebody else's, whose texts are canaries (the access matrix says of
each who may meet it); as plain as can be, and so some say nothing at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from django.db.models import Model, QuerySet

from enishi.platform import objects
from enishi.platform.demo.access import OTHER
from enishi.platform.errors import NotAllowed
from tests.doors.alone import DEEPEST, functions, planted, stage, texts

__all__ = ["planted", "stage"]
pytestmark = pytest.mark.django_db
#: What a query says of the rights of who asks: none of it is true of somebody who may only read.
OFFERS = ("may", "can")
READING = {"can_open"}
#: Parts of other queries, which have judged.
JUDGED = {"customers.contacts.contact_rows", "customers.comments.remarks_on"}
#: What says the same to everybody: one's own things and what is not planted, of which nobody here has any, and the words of a screen.
OPEN = frozenset(
    {
        "customers.bin.archived_customers",
        "customers.bookmarks.at_hand",
        "customers.bookmarks.favourite_start",
        "customers.bookmarks.has_any",
        "customers.bookmarks.is_favourite",
        "customers.bookmarks.last_look",
        "customers.bookmarks.recent_start",
        "customers.consent.is_stopped",
        "customers.groupings.groupings",
        "customers.imports.interrupted_run",
        "customers.quality.score_of",
        "customers.relations.household_ids",
        "customers.settings.list_setting",
        "customers.tasks.task_page",
        "customers.tasks.today_tasks",
        "customers.views.resolved",
        "segments.members.require_readable",
        "segments.screens.palette",
    }
)


def _offered(value: Any, depth: int = 0) -> set[str]:
    """The names of the offers in a result that stand."""
    if depth > DEEPEST or isinstance(value, str | QuerySet | Model):
        return set()
    if dataclasses.is_dataclass(value):
        parts = {one.name: getattr(value, one.name, None) for one in dataclasses.fields(value)}
        said = {name for name, part in parts.items() if part is True and name.split("_")[0] in OFFERS and name not in READING}
        return said.union(*(_offered(part, depth + 1) for part in parts.values()))
    if isinstance(value, Mapping):
        value = list(value.values())
    return set().union(*(_offered(one, depth + 1) for one in value)) if isinstance(value, list | tuple | set | frozenset) else set()


#: What shows columns of a class that one does not read: rows to ask further questions of, and words about one's own file or about
#: what waits for one's yes.
UNVEILED = {
    "customers.exports.export_page",
    "customers.listing.listed_customers",
    "customers.listing.opened_list",
    "customers.shares.share_facts",
    "customers.shares.sharing",
    "platform.approvals.request_page",
    "platform.audit_files.audit_file",
    "segments.members.visible_members",
}
#: What is asked by who has a right to it at all; all others answer with nothing.
REFUSING = {
    "analytics.ad_costs.ledger",
    "analytics.asking.shown",
    "analytics.screens.figures",
    "analytics.cpa.cpa_page",
    "analytics.costs.costs_page",
    "analytics.ltv.ltv_page",
    "analytics.sources.source_list",
    "customers.cleansing.cleansing_page",
    "customers.exports.preview",
    "customers.hints.field_hints",
    "customers.look_alikes.look_alikes",
    "customers.looks.looks_at",
    "customers.merge_batches.batch_page",
    "customers.merging.past_merges",
    "customers.printing.label_counts",
    "customers.printing.labels_of",
    "customers.printing.printable",
    "customers.standards.standards_page",
    "customers.twin_slices.pair_facts",
    "customers.twin_slices.pair_slice",
    "customers.twin_slices.search_facts",
    "customers.twins.twin_page",
    "platform.audit.audit_page",
    "platform.audit.count",
    "platform.company.company_accounts",
    "platform.people.address_of",
    "platform.people.counts",
    "platform.people.invitations",
    "platform.people.user_page",
    "platform.people.users",
    "platform.scim.directory_group",
    "platform.scim.directory_groups",
    "platform.scim.directory_user",
    "platform.scim.directory_users",
    "platform.scim.name_of",
    "platform.scim_page.origin_of",
    "platform.scim_page.scim_group_page",
    "platform.scim_page.scim_groups",
    "platform.scim_page.scim_meetings",
    "platform.scim_page.scim_state",
    "platform.scim_page.scim_tokens",
    "platform.scim_page.scim_troubles",
}


@cache
def _queries():
    return {where: function for where, function in functions("queries") if where not in JUDGED and not function.__name__.startswith("_")}


def test_a_query_says_nothing_of_what_the_asker_may_not_read(stage):
    canaries = [canary for canary in stage.found.canaries if canary.relation == OTHER]
    everybody_s = {key for key, thing in objects.all_objects().items() if thing.acts.get("read") == objects.ALL_ONLY}
    owned = {canary.token for canary in canaries if canary.object not in everybody_s}
    everything = {canary.token for canary in canaries}
    hidden = {"narrow": owned, "nobody": everything, "blind": everything}
    told, telling = set(), []
    for where, function in _queries().items():
        for name, tokens in hidden.items():
            said = stage.call(where, function, getattr(stage, name), texts)
            told |= {f"{where} to {name}"} if isinstance(said, str) and any(token in said for token in tokens) else set()
        said = stage.call(where, function, stage.full, texts)
        telling += [where] if isinstance(said, str) and any(token in said for token in owned) else []
    assert told == {f"{where} to blind" for where in UNVEILED}
    assert len(telling) > 30, f"few say anything: {telling}"


def test_who_may_do_nothing_is_refused_or_told_something_else_than_who_may_do_everything(stage):
    same = set()
    for where, function in _queries().items():
        full, nobody = (stage.call(where, function, actor, texts) for actor in (stage.full, stage.nobody))
        if isinstance(full, str) and full == nobody and full.strip("0 "):
            same.add(where)
    assert same == OPEN


def test_a_query_offers_nothing_to_who_may_only_read(stage):
    offered, could = [], set()
    for where, function in _queries().items():
        standing, said = (stage.call(where, function, actor, _offered) for actor in (stage.full, stage.reader))
        could |= standing if isinstance(standing, set) else set()
        offered += [f"{where}: {sorted(said)}"] if isinstance(said, set) and said else []
    assert not offered
    assert len(could) > 10, f"few offer anything: {sorted(could)}"


def test_what_nobody_may_ask_at_all_is_refused(stage):
    refusing = {where for where, function in _queries().items() if isinstance(stage.call(where, function, stage.nobody), NotAllowed)}
    assert refusing == REFUSING
