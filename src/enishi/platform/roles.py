"""Roles as values: what one says, how two add up, and what a change means for the people who hold it, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from enishi.platform import objects
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.japanese.potential import able, unable
from enishi.platform.models import RoleField, RoleGrant, RoleLevel
from enishi.platform.objects import RightsObject, level_sentence
from enishi.platform.privacy import DEFAULT_LEVELS, Level, Privacy
from enishi.platform.words import own

type Right = tuple[str, str]  # object, act
type Json = dict[str, dict[str, str | int]]

#: The classes for which a role says something; the others are everybody's, or nobody's.
CLASSES = (Privacy.PERSONAL, Privacy.SENSITIVE)


@dataclass(frozen=True, slots=True)
class Shape:
    """All that a role says."""

    grants: Mapping[Right, str] = field(default_factory=dict)  # → own, team, all
    levels: Mapping[Privacy, Level] = field(default_factory=dict)
    fields: Mapping[str, Level] = field(default_factory=dict)

    def level(self, privacy: Privacy, name: str = "") -> Level:
        return self.fields.get(name, self.levels.get(privacy, DEFAULT_LEVELS[privacy]))

    def as_json(self) -> Json:
        """As the history keeps it; read again by `shape_from`."""
        return {
            "grants": {f"{thing}.{act}": width for (thing, act), width in sorted(self.grants.items())},
            "levels": {privacy.value: int(level) for privacy, level in sorted(self.levels.items())},
            "fields": {name: int(level) for name, level in sorted(self.fields.items())},
        }


def shape_from(kept: Json) -> Shape:
    grants = {(thing, act): str(width) for key, width in kept["grants"].items() for thing, _dot, act in [key.partition(".")]}
    levels = {Privacy(name): Level(int(level)) for name, level in kept["levels"].items()}
    return Shape(grants, levels, {name: Level(int(level)) for name, level in kept["fields"].items()})


def shapes(role_ids: Iterable[int]) -> dict[int, Shape]:
    """Of these roles what they say. Three queries."""
    ids = list(role_ids)
    grants: dict[int, dict[Right, str]] = {pk: {} for pk in ids}
    levels: dict[int, dict[Privacy, Level]] = {pk: {} for pk in ids}
    fields: dict[int, dict[str, Level]] = {pk: {} for pk in ids}
    for pk, thing, act, width in RoleGrant.rows.filter(role_id__in=ids).values_list("role_id", "object", "action", "scope"):
        if objects.is_known(thing, act):
            grants[pk][thing, act] = width
    for pk, name, level in RoleLevel.rows.filter(role_id__in=ids).values_list("role_id", "privacy_class", "level"):
        levels[pk][Privacy(name)] = Level(level)
    for pk, name, level in RoleField.rows.filter(role_id__in=ids).values_list("role_id", "field", "level"):
        fields[pk][name] = Level(level)
    return {pk: Shape(grants[pk], levels[pk], fields[pk]) for pk in ids}


def width_of(held: Iterable[Shape], right: Right) -> str:
    """The widest of any role: none, own, team or all."""
    return max((shape.grants.get(right, "none") for shape in held), key=SCOPE_RANK.__getitem__, default="none")


def level_of(held: Iterable[Shape], privacy: Privacy, name: str = "") -> Level:
    """The highest of any role."""
    return max((shape.level(privacy, name) for shape in held), default=DEFAULT_LEVELS[privacy])


# ---- handing rights on ----------------------------------------------------------------------------------------------


def is_bound(actor: Actor) -> bool:
    """Whether the actor hands on no more than they hold: everybody but those who manage users (管理者) and the system."""
    return not actor.is_system and actor.scope_for("user", "configure") == "none"


def beyond(actor: Actor, after: Shape, before: Shape | None = None) -> list[str]:
    """What `after` says more than `before`, and than the actor may themselves, in sentences; nothing for who is not bound."""
    if not is_bound(actor):
        return []
    before = before or Shape()
    known = objects.all_objects()
    found = [
        known[thing].sentence(act, width)
        for (thing, act), width in after.grants.items()
        if SCOPE_RANK[width] > max(SCOPE_RANK[before.grants.get((thing, act), "none")], SCOPE_RANK[actor.scope_for(thing, act)])
    ]
    for privacy, level in after.levels.items():
        kept_back = [one.level for one in actor.fields.values() if one.privacy is privacy]
        if level > max(before.level(privacy), min([actor.level(privacy), *kept_back])):
            found.append(level_sentence(class_words(privacy), level))
    rights = objects.field_rights() if after.fields else {}
    for name, level in after.fields.items():
        if name in rights and level > max(before.level(rights[name].privacy, name), actor.level(rights[name].privacy, name)):
            found.append(level_sentence(own(rights[name].label), level))
    return found


# ---- what a change means ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with this role, and what their other roles say."""

    name: str
    others: Sequence[Shape] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One consequence of saving: for whom, what, and whether they gain by it."""

    gains: bool
    words: str


def differences(
    role_name: str, before: Shape, after: Shape, holders: Sequence[Holder], labels: Mapping[str, objects.FieldRight]
) -> list[Difference]:
    """Who gains or loses what, gains first; what other roles give anyway is no change. No query."""
    found = [*_of_grants(role_name, before, after, holders), *_of_levels(role_name, before, after, holders, labels)]
    return sorted(found, key=lambda one: not one.gains)


def _of_grants(role_name: str, before: Shape, after: Shape, holders: Sequence[Holder]) -> Iterable[Difference]:
    for one in objects.objects_on():
        for act in one.acts:
            right = (one.key, act)
            if before.grants.get(right) == after.grants.get(right):
                continue
            moved: dict[tuple[str, str], list[str]] = {}
            for holder in holders:
                was, will = (width_of([*holder.others, shape], right) for shape in (before, after))
                if was != will:
                    moved.setdefault((was, will), []).append(holder.name)
            for (was, will), names in moved.items():
                yield _moved(one, act, was, will, who(role_name, names, len(holders)))


def _moved(one: RightsObject, act: str, was: str, will: str, people: str) -> Difference:
    if SCOPE_RANK[will] > SCOPE_RANK[was]:
        return Difference(True, _("%(who)sが、%(can)sようになります") % {"who": people, "can": able(one.sentence(act, will))})
    words = _("%(who)sは、%(can)sなります") % {"who": people, "can": unable(one.sentence(act, was))}
    if will != "none":
        words = _("%(words)s（%(rest)s）") % {"words": words, "rest": one.sentence(act, will)}
    return Difference(False, words)


def _of_levels(
    role_name: str, before: Shape, after: Shape, holders: Sequence[Holder], labels: Mapping[str, objects.FieldRight]
) -> Iterable[Difference]:
    asked = [(privacy, "", class_words(privacy)) for privacy in CLASSES]
    asked += [(labels[name].privacy, name, own(labels[name].label)) for name in {**before.fields, **after.fields} if name in labels]
    for privacy, name, what in asked:
        if (before.level(privacy, name), name in before.fields) == (after.level(privacy, name), name in after.fields):
            continue
        moved: dict[tuple[Level, Level], list[str]] = {}
        for holder in holders:
            was, will = (level_of([*holder.others, shape], privacy, name) for shape in (before, after))
            if was != will:
                moved.setdefault((was, will), []).append(holder.name)
        for (was, will), names in moved.items():
            words = {"who": who(role_name, names, len(holders)), "what": level_sentence(what, will)}
            yield Difference(will > was, _("%(who)s：%(what)s") % words)


def class_words(privacy: Privacy) -> str:
    """個人情報（氏名・連絡先…）."""
    label, about = objects.CLASS_WORDS[privacy]
    return _("%(label)s（%(about)s）") % {"label": label, "about": about}


def who(role_name: str, names: Sequence[str], of: int) -> str:
    """「営業 3名」; some of them by name: 「営業のうち2名（田中 一郎・林 さくら）」."""
    if len(names) == of:
        return _("%(role)s %(n)d名") % {"role": role_name, "n": of}
    shown = "・".join(names[:3]) + ("…" if len(names) > 3 else "")
    return _("%(role)sのうち%(n)d名（%(names)s）") % {"role": role_name, "n": len(names), "names": shown}
