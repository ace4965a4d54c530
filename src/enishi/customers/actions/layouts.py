"""Laying out the form: a draft that is changed step by step and undone step by step, then published as a version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers.fields import layout
from enishi.customers.fields.layout import Item, Layout
from enishi.customers.models import FormLayout
from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound

STEPS_KEPT = 50


@action
def change_draft(*, sections: object, actor: Actor, now: datetime) -> None:
    """Make this the draft; the one before is kept for undo. Raises NotAllowed, Invalid (the layout is not whole)."""
    draft = _draft(actor, now)
    fresh = layout.stored(layout.read(sections))
    if fresh == draft.sections:
        return
    draft.earlier = [*draft.earlier, draft.sections][-STEPS_KEPT:]
    draft.sections, draft.later = fresh, []
    draft.save(update_fields=["sections", "earlier", "later"])


@action
def step_back(*, actor: Actor, now: datetime, forward: bool = False) -> None:
    """Undo the last change of the draft, or with `forward` do it again. Nothing where there is none. Raises NotAllowed."""
    draft = _draft(actor, now)
    source, target = (draft.later, draft.earlier) if forward else (draft.earlier, draft.later)
    if not source:
        return
    target.append(draft.sections)
    draft.sections = source.pop()
    draft.save(update_fields=["sections", "earlier", "later"])


@action
def discard_draft(*, actor: Actor) -> None:
    """Forget the draft; the form stays as it is. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    FormLayout.rows.filter(published_at=None).delete()


@action
def publish_draft(*, note: str, actor: Actor, now: datetime) -> int:
    """The draft is the form from now on; the id of the version. Records `layout.published`. Raises NotAllowed, NotFound (no
    draft), Invalid (it is not whole any more)."""
    policy.require(actor, "settings", "configure")
    draft = FormLayout.rows.select_for_update().filter(published_at=None).first()
    if draft is None:
        raise NotFound
    layout.read(draft.sections)
    draft.note, draft.earlier, draft.later = note[:200], [], []
    return _publish(draft, actor, now)


@action
def bring_back(*, version_id: int, actor: Actor, now: datetime) -> int:
    """An earlier version is the form again, as a version of its own; fields that came since stand at the end. The new id.

    Records `layout.published`. Raises NotAllowed, NotFound.
    """
    policy.require(actor, "settings", "configure")
    old = FormLayout.rows.filter(pk=version_id, published_at__isnull=False).first()
    if old is None:
        raise NotFound
    was = layout.read_old(old.sections)
    stood = {item.field for item in layout.items(was)}
    missing = [item for item in layout.items(layout.current()) if item.field not in stood]
    sections = _with_items(was, [item for item in missing if item.field.startswith("cf_")])
    words = _("%(day)s の版に戻した") % {"day": f"{old.published_at:%Y/%m/%d %H:%M}"}
    return _publish(FormLayout(sections=layout.stored(sections), created_at=now, note=words), actor, now)


type Step = Callable[[Layout], Layout]


def lay_out(step: Step, *, note: str, actor: Actor, now: datetime, of_draft: Step | None = None) -> int:
    """Change the form in use, and the draft with all that undo could bring back of it, alike or by `of_draft`; the id of the new
    version. Raises Invalid where the form would not be whole."""
    fresh = layout.stored(layout.read(layout.stored(step(layout.current()))))
    version = _publish(FormLayout(sections=fresh, created_at=now, note=note[:200]), actor, now)
    draft = FormLayout.rows.select_for_update().filter(published_at=None).first()
    if draft is not None:
        change = of_draft or step
        draft.sections = layout.stored(change(layout.read(draft.sections)))
        draft.earlier, draft.later = ([layout.stored(change(layout.read(one))) for one in steps] for steps in (draft.earlier, draft.later))
        draft.save(update_fields=["sections", "earlier", "later"])
    return version


def place_on_the_form(key: str, *, section: str, actor: Actor, now: datetime) -> None:
    """Put a new field at the end of a section (or of the last one): on the form in use, and in the draft if there is one."""
    fresh = _with_items(layout.current(), [Item(field=key)], section=section)
    _publish(
        FormLayout(sections=layout.stored(fresh), created_at=now, note=_("「%(field)s」を加えた") % {"field": layout.label_of(key)}),
        actor,
        now,
    )
    draft = FormLayout.rows.select_for_update().filter(published_at=None).first()
    if draft is not None:
        draft.sections = layout.stored(_with_items(layout.read(draft.sections), [Item(field=key)], section=section))
        draft.save(update_fields=["sections"])


def _with_items(sections: Layout, fresh: Sequence[Item], *, section: str = "") -> Layout:
    place = next((i for i, found in enumerate(sections) if found.key == section), len(sections) - 1)
    grown = sections[place].model_copy(update={"items": [*sections[place].items, *fresh]})
    return (*sections[:place], grown, *sections[place + 1 :])


def _draft(actor: Actor, now: datetime) -> FormLayout:
    """The draft, locked; begun from the form in use where there is none."""
    policy.require(actor, "settings", "configure")
    draft = FormLayout.rows.select_for_update().filter(published_at=None).first()
    if draft is None:
        draft, _made = FormLayout.rows.get_or_create(
            published_at=None, defaults={"sections": layout.stored(layout.current()), "created_at": now}
        )
    return draft


def _publish(version: FormLayout, actor: Actor, now: datetime) -> int:
    newest = FormLayout.rows.filter(published_at__isnull=False).order_by("-published_at").values_list("published_at", flat=True).first()
    if newest is not None and newest > now:
        raise Invalid(_("ほかの人がいま公開しました。画面を開き直してください。"))
    version.published_at, version.published_by_id = now, actor.user_id
    version.save()
    layout.forget()
    events.record("layout.published", subject=version.pk, customer=None, actor=actor, at=now)
    return version.pk
