"""Naming 流入経路, and saying which spellings mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.analytics.models import AdCost, Source, Spelling
from enishi.analytics.sources import LONGEST, known_sources, spelling_key
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.normalise import clean


@action
def add_source(*, name: str, actor: Actor, now: datetime) -> int:
    """Costs may be booked under this source from now on; its id. Records `source.added`. Raises NotAllowed, Invalid."""
    policy.require(actor, "cost", "update")
    name = clean(name)
    if not name or len(name) > LONGEST:
        raise Invalid(fields={"name": [_("1文字から%(n)d文字で入力してください。") % {"n": LONGEST}]})
    if (known := known_sources().get(spelling_key(name))) is not None:
        raise Invalid(fields={"name": [_("「%(name)s」として、もうあります。") % {"name": Source.rows.get(pk=known).name}]})
    source = Source.rows.create(name=name)
    _record(actor, now, {source.pk: {"name": (None, name)}})
    events.record("source.added", subject=source.pk, customer=None, actor=actor, at=now)
    return source.pk


@action
def merge_source(*, text: str, into_id: int, actor: Actor, now: datetime) -> None:
    """Customers with this text are counted under the source from now on; where the text was a source of its own, its costs and its
    spellings go there. Records `source.merged`. Raises NotAllowed, NotFound, Invalid."""
    policy.require(actor, "cost", "update")
    into = Source.rows.select_for_update().filter(pk=into_id).first()
    if into is None:
        raise NotFound
    text = clean(text)
    if not text or len(text) > LONGEST:
        raise Invalid(fields={"text": [_("まとめる表記を選んでください。")]})
    if text == into.name:
        raise Invalid(fields={"text": [_("同じ流入経路にはまとめられません。")]})
    changed: dict[int, Mapping[str, changes.Change]] = {}
    own = Source.rows.select_for_update().filter(name=text).first()
    if own is not None:
        Spelling.rows.filter(source=own).update(source=into)
        _move_costs(own, into, actor, now)
        changed[own.pk] = {"name": (own.name, None)}
        own.delete()
    before = Spelling.rows.filter(text=text).values_list("source__name", flat=True).first()
    Spelling.rows.update_or_create(text=text, defaults={"source": into})
    changed[into.pk] = {"spelling": (None if before == into.name else before, text)}
    _record(actor, now, changed)
    events.record("source.merged", subject=into.pk, customer=None, actor=actor, at=now)


@action
def part_spelling(*, text: str, actor: Actor, now: datetime) -> None:
    """Customers with this text are counted by themselves again; costs stay where they are. Records `source.parted`.

    Raises NotAllowed, NotFound.
    """
    policy.require(actor, "cost", "update")
    spelling = Spelling.rows.select_for_update().filter(text=text).first()
    if spelling is None:
        raise NotFound
    source_id = spelling.source_id
    spelling.delete()
    _record(actor, now, {source_id: {"spelling": (text, None)}})
    events.record("source.parted", subject=source_id, customer=None, actor=actor, at=now)


def _move_costs(own: Source, into: Source, actor: Actor, now: datetime) -> None:
    """Costs of the same month and medium are added up."""
    there = {(row.month, row.medium): row for row in AdCost.rows.select_for_update().filter(source=into)}
    told: list[tuple[int, dict[str, changes.Change]]] = []
    for row in AdCost.rows.select_for_update().filter(source=own).order_by("pk"):
        if (meets := there.get((row.month, row.medium))) is None:
            told.append((row.pk, {"source": (own.name, into.name)}))
            row.source = into
            row.save(update_fields=["source"])
            continue
        told += [
            (meets.pk, {"amount_jpy": (meets.amount_jpy, meets.amount_jpy + row.amount_jpy)}),
            (row.pk, {"amount_jpy": (row.amount_jpy, None)}),
        ]
        meets.amount_jpy += row.amount_jpy
        meets.save(update_fields=["amount_jpy"])
        row.delete()
    if told:
        changes.record_changes(changes.open_change_set(actor=actor, door="screen", at=now), AdCost, told)


def _record(actor: Actor, now: datetime, changed: Mapping[int, Mapping[str, changes.Change]]) -> None:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Source, list(changed.items()), classes={"spelling": Source.privacy["name"]})
