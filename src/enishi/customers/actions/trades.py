"""Using the template of a trade, and taking it back: fields, form, words and views as one deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers.actions.fields import Definition, add_field, retire_field
from enishi.customers.actions.layouts import lay_out
from enishi.customers.actions.views import Named, Shown, save_view
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.field import Choice
from enishi.customers.fields.layout import Layout, Section
from enishi.customers.models import CustomField, FormLayout, SavedView, TradeUse
from enishi.customers.queries.fields import written_keys
from enishi.customers.trades.catalogue import TRADES
from enishi.customers.trades.plan import Fate, FieldFate, Plan, columns_of, items_of, plan, rule_of
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actions.installation import rename_terms
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import ChangeSet, FieldChange, Organisation
from enishi.rules.tree import Rule, conditions, parse

type Left = list[dict[str, str]]
_VIEW = ("name", "is_shared", "tab", "rule", "sort", "backwards", "columns")


@action
def use_trade(*, key: str, actor: Actor, now: datetime) -> int | None:
    """Add what the template says and the company has not: the id of the use; None where everything is there already.

    Fields, terms and views of the same name are kept. Records `trade.used` beside what its parts record. Raises NotFound,
    NotAllowed, Invalid (too many fields, sections or views).
    """
    policy.require(actor, "settings", "configure")
    trade = TRADES.get(key)
    if trade is None:
        raise NotFound
    Organisation.rows.select_for_update().get()  # one use at a time
    catalogue.forget()
    planned = plan(trade, actor)
    if not planned.adds_anything:
        return None
    deed = changes.open_change_set(actor=actor, door="screen", at=now, reason=key)
    keys = _make_fields(planned, deed, actor, now)
    _grow_form(planned, keys, deed, actor, now)
    _say_words(planned, deed, actor, now)
    _make_views(planned, keys, deed, actor, now)
    use = TradeUse.rows.create(trade=key, change_set=deed, used_at=now, used_by_id=actor.user_id)
    events.record("trade.used", subject=use.pk, customer=None, actor=actor, at=now, data={"trade": key, "change_set": deed.pk})
    return use.pk


def _make_fields(planned: Plan, deed: ChangeSet, actor: Actor, now: datetime) -> dict[str, str]:
    """Name in the template → key, of all fields that are of their kind here, made now or before."""
    keys: dict[str, str] = {}
    made: list[tuple[int, Mapping[str, changes.Change]]] = []
    for one in planned.fields:
        if one.fate is Fate.ADD:
            row = add_field(_definition(one), actor=actor, now=now)
            keys[one.field.name] = row.key
            made.append((row.pk, {"label": (None, row.label)}))
        elif one.there is not None and one.fits:
            keys[one.field.name] = one.there.key
            if one.fate is Fate.REVIVE:
                since = CustomField.rows.values_list("retired_at", flat=True).get(pk=one.there.id)
                retire_field(key=one.there.key, retired=False, actor=actor, now=now)
                made.append((one.there.id, {"retired_at": (since, None)}))
    changes.record_changes(deed, CustomField, made)
    return keys


def _definition(one: FieldFate) -> Definition:
    said = one.field
    return Definition(
        kind=said.kind,
        label=said.label,
        for_kind=said.for_kind,
        privacy=said.privacy.value,
        options=said.options,
        choices=[Choice("", label) for label in said.choices],
        is_unique=said.is_unique,
        help_text=said.help_text,
        meaning=said.meaning,
        example=said.example,
        purpose=said.purpose,
    )


def _grow_form(planned: Plan, keys: Mapping[str, str], deed: ChangeSet, actor: Actor, now: datetime) -> None:
    """Sections at the end of the form with what is new in them; a section of that name is continued."""
    fresh = [one for one in planned.fields if one.is_new]
    if not fresh:
        return

    def grown(sections: Layout) -> Layout:
        placed = {item.field for item in layout.items(sections)}
        for section in planned.trade.sections:
            items = [item for item in items_of([f for f in fresh if f.field.section == section.name], keys) if item.field not in placed]
            same = next((place for place, found in enumerate(sections) if found.label == section.label), None)
            if items and same is not None:
                longer = sections[same].model_copy(update={"items": [*sections[same].items, *items]})
                sections = (*sections[:same], longer, *sections[same + 1 :])
            elif items:
                sections = (*sections, Section(key=_free_key(sections), label=section.label, items=items))
        return sections

    before = layout.current()
    version = lay_out(grown, note=_("業種テンプレート「%(trade)s」を使った") % {"trade": planned.trade.title}, actor=actor, now=now)
    changes.record_changes(deed, FormLayout, [(version, {"sections": (layout.stored(before), layout.stored(layout.current()))})])


def _free_key(sections: Layout) -> str:
    taken = {section.key for section in sections}
    return next(key for key in (f"s{number}" for number in range(1, len(sections) + 2)) if key not in taken)


def _say_words(planned: Plan, deed: ChangeSet, actor: Actor, now: datetime) -> None:
    fresh = {one.term.term: one.term.words() for one in planned.terms if one.fate is Fate.ADD}
    if fresh:
        rename_terms(chosen=Organisation.rows.values_list("words", flat=True).get() | fresh, actor=actor, now=now, deed=deed)


def _make_views(planned: Plan, keys: Mapping[str, str], deed: ChangeSet, actor: Actor, now: datetime) -> None:
    made: list[tuple[int, Mapping[str, changes.Change]]] = []
    for one in planned.views:
        if one.fate is not Fate.ADD:
            continue
        shown = Shown(rule=rule_of(one.view, keys), columns=columns_of(one.view, keys))
        view_id = save_view(named=Named(one.view.name, is_shared=True), shown=shown, actor=actor, now=now)
        said = SavedView.rows.get(pk=view_id)
        made.append((view_id, {name: (None, getattr(said, name)) for name in _VIEW}))
    changes.record_changes(deed, SavedView, made)


# ---- taking it back -------------------------------------------------------------------------------------------------


@action
def undo_trade(*, use_id: int, actor: Actor, now: datetime) -> None:
    """Take a use back. Fields in which nobody wrote are gone; the others are taken out of use. The form, words and views are as
    before, but for what was changed since: that stays. What stays is kept with the use. Once undone, quiet.

    Records `trade.undone` beside what its parts record. Raises NotFound, NotAllowed.
    """
    policy.require(actor, "settings", "configure")
    Organisation.rows.select_for_update().get()
    use = TradeUse.rows.select_for_update().filter(pk=use_id).first()
    if use is None:
        raise NotFound
    if use.undone_at is not None:
        return
    catalogue.forget()
    done = list(FieldChange.rows.filter(change_set_id=use.change_set_id).order_by("pk"))
    of = {
        model: [one for one in done if one.object == model._meta.label_lower]
        for model in (SavedView, CustomField, FormLayout, Organisation)
    }
    deed = changes.open_change_set(actor=actor, door="undo", at=now, reason=use.trade)
    left = _unmake_views(of[SavedView], actor, now)
    gone, kept, standing = _unmake_fields(of[CustomField], actor, now)
    left += kept + _shrink_form(of[FormLayout], gone, standing, deed, actor, now)
    _remove_fields(gone, deed, actor, now)
    left += _say_old_words(of[Organisation], deed, actor, now)
    use.undone_at, use.undone_by_id, use.left = now, actor.user_id, left
    use.save(update_fields=["undone_at", "undone_by", "left"])
    events.record("trade.undone", subject=use.pk, customer=None, actor=actor, at=now, data={"trade": use.trade, "change_set": deed.pk})


def _stays(what: str, why: TradeUse.Left) -> dict[str, str]:
    return {"what": what, "why": why.value}


def _unmake_views(made: Sequence[FieldChange], actor: Actor, now: datetime) -> Left:
    left: Left = []
    said: dict[int, dict[str, object]] = {}
    for one in made:
        said.setdefault(one.object_id, {})[one.field] = one.after
    for view in SavedView.rows.filter(pk__in=said, archived_at=None).select_for_update():
        if any(getattr(view, name) != value for name, value in said[view.pk].items()):
            left.append(_stays(view.name, TradeUse.Left.VIEW_CHANGED))
        else:
            view.archived_at = now
            view.save(update_fields=["archived_at"])
            events.record("view.archived", subject=view.pk, customer=None, actor=actor, at=now, data={"shared": view.is_shared})
    return left


def _unmake_fields(made: Sequence[FieldChange], actor: Actor, now: datetime) -> tuple[list[str], Left, list[str]]:
    """Keys of those that may go; what stays; keys of those that stay in use. Those that stay otherwise are retired here."""
    rows = {row.pk: row for row in CustomField.rows.filter(pk__in=[one.object_id for one in made]).select_for_update()}
    born = {one.object_id for one in made if one.field == "label"}
    written = written_keys([row.key for row in rows.values()]) | {row.key for row in rows.values() if row.last_used_on is not None}
    asked = {one.fact for rule in _standing_rules() for one in conditions(rule)}
    narrowing = {row.depends_on_id for row in CustomField.rows.exclude(depends_on=None).exclude(pk__in=rows)}
    gone: list[str] = []
    left: Left = []
    standing: list[str] = []
    for row in rows.values():
        if row.pk in narrowing:
            left.append(_stays(row.label, TradeUse.Left.NARROWS))
            standing.append(row.key)
            continue
        if row.pk in born and row.key not in written and f"own.{row.key}" not in asked:
            gone.append(row.key)
            continue
        if row.pk in born:
            left.append(_stays(row.label, TradeUse.Left.HOLDS_DATA if row.key in written else TradeUse.Left.ASKED))
        retire_field(key=row.key, retired=True, actor=actor, now=now)
    return gone, left, standing


def _standing_rules() -> list[Rule]:
    return [parse(rule) for rule in SavedView.rows.filter(archived_at=None, rule__isnull=False).values_list("rule", flat=True)]


def _shrink_form(
    made: Sequence[FieldChange], gone: Sequence[str], standing: Sequence[str], deed: ChangeSet, actor: Actor, now: datetime
) -> Left:
    """The form as it was; where it was changed since, less what is gone and the sections that this leaves empty."""
    if not made:
        return []
    change = made[0]
    before, after = layout.read_old(change.before), layout.read_old(change.after)
    added = {section.key for section in after} - {section.key for section in before}

    def shrunk(sections: Layout) -> Layout:
        return tuple(one for one in layout.without(sections, gone) if one.items or one.key not in added)

    current = layout.current()
    as_left = current == after and not standing
    version = lay_out(
        (lambda _sections: before) if as_left else shrunk,
        of_draft=shrunk,
        note=_("業種テンプレートを元に戻した"),
        actor=actor,
        now=now,
    )
    changes.record_changes(deed, FormLayout, [(version, {"sections": (layout.stored(current), layout.stored(layout.current()))})])
    return [] if as_left else [_stays(_("フォーム"), TradeUse.Left.FORM_CHANGED)]


def _remove_fields(keys: Sequence[str], deed: ChangeSet, actor: Actor, now: datetime) -> None:
    """Fields that nobody ever wrote in: their rows go. Records `field.removed`."""
    rows = list(CustomField.rows.filter(pk__in=[int(key.removeprefix("cf_")) for key in keys]))
    changes.record_changes(deed, CustomField, [(row.pk, {"label": (row.label, None)}) for row in rows])
    for row in rows:
        events.record("field.removed", subject=row.pk, customer=None, actor=actor, at=now)
    CustomField.rows.filter(pk__in=[row.pk for row in rows]).delete()
    catalogue.forget()
    layout.forget()


def _say_old_words(made: Sequence[FieldChange], deed: ChangeSet, actor: Actor, now: datetime) -> Left:
    """Each term as it was said before, unless it is said otherwise now."""
    said = dict(Organisation.rows.values_list("words", flat=True).get())
    left: Left = []
    for change in made:
        before, after = dict(change.before or {}), dict(change.after or {})
        for term, word in after.items():
            if word == before.get(term):
                continue
            if said.get(term) == word:
                said.pop(term)
                said |= {term: before[term]} if term in before else {}
            elif term in said:
                left.append(_stays(said[term]["ja"], TradeUse.Left.WORD_CHANGED))
    rename_terms(chosen=said, actor=actor, now=now, deed=deed)
    return left
