"""The choke point of access control: who sees which rows, which columns, and who may change them.

Every front room reaches a protected table through an app's `access.py` or `queries.py`, and those through
this module. Four verbs:

* `scope(actor, Model, action)`: the rows (list, search, count, export, segment)
* `get(actor, Model, action, id)`: one row, locked until commit; looked at again before the action commits
* `present` / `present_many`: frozen dataclasses whose columns are masked by the viewer's levels
* `require(actor, object, action)`: an act that has no row yet

Unseen is 404, seen but not allowed is 403. Grants only add; there are no deny rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from enishi.platform import views_log
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.errors import NotAllowed, NotFound, ReadsNotLogged
from enishi.platform.masking import mask
from enishi.platform.privacy import Level, Privacy


@dataclass(frozen=True, slots=True)
class Guard:
    """How a protected model is scoped. The paths are literals of the model, never input."""

    object: str  # the key that grants name: "customer", "order", "delivery" …
    owner: str | None = "owner_id"
    team: str | None = "team_id"


@dataclass(frozen=True, slots=True)
class Permit:
    """A check that was made inside the running action and is made again before it commits."""

    actor: Actor
    model: type[models.Model]
    action: str
    pk: int


#: Classes of columns that say something of a person: read in clear they are logged, else masked.
PERSONAL = frozenset((Privacy.PERSONAL, Privacy.SENSITIVE))

open_permits: ContextVar[list[Permit] | None] = ContextVar("open_permits", default=None)


def guard_of(model: type[models.Model]) -> Guard:
    guard = getattr(model, "guard", None)
    if not isinstance(guard, Guard):
        raise TypeError(f"{model._meta.label} is not a protected model")
    return guard


def allowed(actor: Actor, object_key: str, action: str) -> bool:
    """Whether the actor may do this to any row at all (menus and buttons)."""
    return SCOPE_RANK[actor.scope_for(object_key, action)] > 0


def require(actor: Actor, object_key: str, action: str) -> None:
    """Raises NotAllowed where no role of the actor grants the act."""
    if not allowed(actor, object_key, action):
        raise NotAllowed


def scope[M: models.Model](actor: Actor, model: type[M], action: str) -> QuerySet[M]:
    """The rows on which the actor may do `action`; an empty query where none."""
    guard = guard_of(model)
    rows: QuerySet[M] = model.rows.all()  # type: ignore[attr-defined]
    width = actor.scope_for(guard.object, action)
    if width == "all":
        return rows
    if width == "none" or actor.user_id is None:
        return rows.none()
    mine = Q((guard.owner, actor.user_id)) if guard.owner else Q(pk__in=[])
    if width == "team" and guard.team:
        mine |= Q((f"{guard.team}__in", sorted(actor.team_ids)))
    return rows.filter(mine)


def get[M: models.Model](actor: Actor, model: type[M], action: str, pk: int, *, lock: bool = True) -> M:
    """One row for `action`, locked until commit. NotFound where unseen, NotAllowed where only seen."""
    rows = scope(actor, model, action).filter(pk=pk)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        if scope(actor, model, "read").filter(pk=pk).exists():
            raise NotAllowed
        raise NotFound
    permits = open_permits.get()
    if permits is not None and not actor.is_system:
        permits.append(Permit(actor, model, action, pk))
    return row


def recheck(permits: Sequence[Permit]) -> None:
    """Before commit: every row an action was allowed to touch must still be inside the actor's scope.

    `assign` and `archive` may carry a row out of reach on purpose; the right to do so was checked before.
    """
    for permit in dict.fromkeys(permits):
        if permit.action in ("assign", "archive", "merge"):
            continue
        if not scope(permit.actor, permit.model, permit.action).filter(pk=permit.pk).exists():
            raise NotAllowed


# ---- presenting -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keyed:
    """A column of values by key, each of a class of its own: those that the viewer reads, and the keys of the masked ones."""

    clear: Mapping[str, Any]
    masked: frozenset[str] = frozenset()


def by_key(path: str, classes: Callable[[], Mapping[str, Privacy]]) -> Any:
    """A dataclass field read from a JSON column whose keys have classes of their own: a `Keyed`. Unknown keys stay away."""
    return dataclasses.field(metadata={"path": path, "classes": classes})


def shown(path: str, *, format: Callable[[Any], Any] | None = None) -> Any:  # noqa: A002 — the word that reads best at the call
    """A dataclass field read from the column `path` (`email`, `owner__display_name`), masked, then formatted."""
    return dataclasses.field(metadata={"path": path, "format": format})


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    path: str
    privacy: Privacy
    column: str
    format: Callable[[Any], Any] | None
    classes: Callable[[], Mapping[str, Privacy]] | None


def privacy_of(model: type[models.Model], path: str) -> Privacy:
    """The class of a column reached over forward keys; the strictest on the way wins."""
    strictest = Privacy.PUBLIC
    order = list(Privacy)
    current: type[models.Model] = model
    for part in path.split("__"):
        field = current._meta.pk if part == "pk" else current._meta.get_field(part)
        own: Privacy = current.privacy[field.name]  # type: ignore[attr-defined]
        strictest = max(strictest, own, key=order.index)
        if field.related_model is not None and not isinstance(field.related_model, str):
            current = field.related_model
    return strictest


@cache
def _columns(record: type, model: type[models.Model]) -> tuple[_Column, ...]:
    result = []
    for field in dataclasses.fields(record):
        path = field.metadata.get("path", field.name)
        told = field.metadata
        result.append(_Column(field.name, path, privacy_of(model, path), path.rsplit("__", 1)[-1], told.get("format"), told.get("classes")))
    return tuple(result)


def watched(actor: Actor, model: type[models.Model], ids: Sequence[int], *, columns: Collection[str] = (), reason: str = "") -> Actor:
    """The actor as they look at personal columns of these rows: one row in the view log, and while that cannot be written
    such columns are masked."""
    if not ids or views_log.record(actor, model, ids, columns=columns, reason=reason):
        return actor
    levels = {privacy: min(level, Level.MASKED) if privacy in PERSONAL else level for privacy, level in actor.levels.items()}
    return dataclasses.replace(actor, levels=levels)


def seen_in_clear(actor: Actor, model: type[models.Model], ids: Sequence[int]) -> None:
    """Write down that the actor sees all of these rows, as a form that starts from them shows it. Raises ReadsNotLogged."""
    if watched(actor, model, ids, columns=personal_columns(model)) is not actor:
        raise ReadsNotLogged


def personal_columns(model: type[models.Model]) -> set[str]:
    """The columns of a table that say something of a person."""
    return {name for name, privacy in model.privacy.items() if privacy in PERSONAL}  # type: ignore[attr-defined]


def present_many[R](record: type[R], actor: Actor, rows: QuerySet[Any], *, log: bool = True) -> list[R]:
    """The rows as `record`s, masked for the actor, in the order of the query. One query, plus one row in the
    view log where personal columns are shown; while that row cannot be written they are masked."""
    columns = _columns(record, rows.model)  # type: ignore[arg-type]  # mypy looks at the instances' hash; classes have one
    values = list(rows.values_list("pk", *[column.path for column in columns]))
    clear = {column.path for column in columns if column.privacy in PERSONAL and actor.reads(column.privacy)}
    if log and clear:
        actor = watched(actor, rows.model, [value[0] for value in values], columns=clear)
    levels = {privacy: actor.level(privacy) for privacy in Privacy}
    plan = [
        (index + 1, column, levels[column.privacy], column.classes() if column.classes else None) for index, column in enumerate(columns)
    ]
    return [
        record(
            **{
                c.name: _shown_value(value[i], c, level) if keys is None else _shown_keys(value[i], keys, levels)
                for i, c, level, keys in plan
            }
        )
        for value in values
    ]


def present_values(actor: Actor, rows: QuerySet[Any], paths: Sequence[str]) -> list[tuple[Any, ...]]:
    """The id and the columns `paths` (literals of the caller) of each row, masked for the actor, in the order of the query.
    One query; who shows them to a person says so first (`watched`)."""
    columns = [_Column(path, path, privacy_of(rows.model, path), path.rpartition("__")[2], None, None) for path in paths]
    plan = [(index + 1, column, actor.level(column.privacy)) for index, column in enumerate(columns)]
    values = list(rows.values_list("pk", *paths))
    if all(level >= Level.READ for _index, _column, level in plan):
        return values
    return [(value[0], *(_shown_value(value[i], column, level) for i, column, level in plan)) for value in values]


def present[R](record: type[R], actor: Actor, rows: QuerySet[Any], *, pk: int, log: bool = True) -> R:
    """One row as a `record`. Raises NotFound."""
    found = present_many(record, actor, rows.filter(pk=pk)[:1], log=log)
    if not found:
        raise NotFound
    return found[0]


def _shown_value(value: Any, column: _Column, level: Level) -> Any:
    if level == Level.HIDDEN:
        return None
    if level == Level.MASKED and column.privacy in PERSONAL:
        return mask(column.column, value)
    return column.format(value) if column.format else value


def _shown_keys(value: Any, classes: Mapping[str, Privacy], levels: Mapping[Privacy, Level]) -> Keyed:
    held = value if isinstance(value, dict) else {}
    guarded = (Privacy.PERSONAL, Privacy.SENSITIVE)
    clear, masked = {}, set()
    for key, one in held.items():
        level = levels[classes[key]] if key in classes else Level.HIDDEN
        if level == Level.MASKED and classes[key] in guarded:
            masked.add(key)
        elif level != Level.HIDDEN:
            clear[key] = one
    return Keyed(clear, frozenset(masked))


def ids_in_scope(actor: Actor, model: type[models.Model], ids: Iterable[int]) -> set[int]:
    """Of these ids, those that the actor may read. One query."""
    return set(scope(actor, model, "read").filter(pk__in=list(ids)).values_list("pk", flat=True))
