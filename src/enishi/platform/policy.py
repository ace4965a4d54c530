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
from django.db.models import F, Q, QuerySet

from enishi.platform import views_log
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.errors import NotAllowed, NotFound, ReadsNotLogged
from enishi.platform.masking import mask
from enishi.platform.privacy import Level, Privacy
from enishi.platform.sql.one_of import OneOf


@dataclass(frozen=True, slots=True)
class Guard:
    """How a protected model is scoped. The paths are literals of the model, never input."""

    object: str  # the key that grants name: "customer", "order", "delivery" …
    owner: str | None = "owner_id"
    team: str | None = "team_id"
    shared: tuple[str, str] | None = None  # the object as which a record is shared, and the column of its id: ("customer", "pk")


@dataclass(frozen=True, slots=True)
class Permit:
    """A check that was made inside the running action and is made again before it commits."""

    actor: Actor
    model: type[models.Model]
    action: str
    pk: int
    under: str = ""


#: Classes of columns that say something of a person: read in clear they are logged, else masked.
PERSONAL = frozenset((Privacy.PERSONAL, Privacy.SENSITIVE))

#: What a share lets its receiver do, and the level that it takes. Nothing else is widened by one: who may export, assign or share
#: only their own goes on with their own. Activities are written about records that one may change.
SHARED_ACTS: Mapping[tuple[str, str], str] = {("", "read"): "read", ("", "update"): "update", ("activity", "create"): "update"}

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


def scope[M: models.Model](actor: Actor, model: type[M], action: str, *, under: str = "") -> QuerySet[M]:
    """The rows on which the actor may do `action`; an empty query where none.

    `under`: by the right to another object whose rows lie within these (activities of customers). What is done there is done
    to rows that one may read.
    """
    rows: QuerySet[M] = model.rows.all()  # type: ignore[attr-defined]
    guard = guard_of(model)
    rights = [(under or guard.object, action), *([(guard.object, "read")] if under else [])]
    for object_key, act in rights:
        width = actor.scope_for(object_key, act)
        if width == "none" or (width != "all" and actor.user_id is None):
            return rows.none()
        if width != "all":
            rows = rows.filter(_within(actor, guard, width, shared_with(actor, guard, object_key, act)))
    return rows


def shared_with(actor: Actor, guard: Guard, object_key: str, act: str) -> frozenset[int]:
    """The records on which a share lets the actor do this, by the id that the guard names."""
    level = SHARED_ACTS.get((object_key, act)) or (SHARED_ACTS.get(("", act)) if object_key == guard.object else None)
    return actor.shared(guard.shared[0], level) if guard.shared and level else frozenset()


def _within(actor: Actor, guard: Guard, width: str, shared: frozenset[int]) -> Q:
    """The ids of shares are known before the query: each is looked up by its key, and the plan never reads the base for them."""
    mine = Q((guard.owner, actor.user_id)) if guard.owner else Q(pk__in=[])
    if width == "team" and guard.team:
        mine |= Q((f"{guard.team}__in", sorted(actor.team_ids)))
    return mine | Q(OneOf(F(guard.shared[1]), sorted(shared))) if guard.shared and shared else mine


def get[M: models.Model](actor: Actor, model: type[M], action: str, pk: int, *, lock: bool = True, under: str = "") -> M:
    """One row for `action`, locked until commit. NotFound where unseen, NotAllowed where only seen. `under`: as `scope`."""
    rows = scope(actor, model, action, under=under).filter(pk=pk)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        if scope(actor, model, "read").filter(pk=pk).exists():
            raise NotAllowed.of(guard_of(model).object, pk)
        raise NotFound.of(guard_of(model).object, pk)
    permits = open_permits.get()
    if permits is not None and not actor.is_system:
        permits.append(Permit(actor, model, action, pk, under))
    return row


def recheck(permits: Sequence[Permit]) -> None:
    """Before commit: every row an action was allowed to touch must still be inside the actor's scope.

    `assign` and `archive` may carry a row out of reach on purpose; the right to do so was checked before.
    """
    for permit in dict.fromkeys(permits):
        if permit.action in ("assign", "archive", "merge"):
            continue
        if not scope(permit.actor, permit.model, permit.action, under=permit.under).filter(pk=permit.pk).exists():
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


def shown(path: str, *, format: Callable[[Any], Any] | None = None, author: str = "") -> Any:  # noqa: A002 — the word that reads best at the call
    """A dataclass field read from the column `path` (`email`, `owner__display_name`), masked, then formatted. What somebody wrote
    themselves is not masked to them: `author` is the column that says who wrote it."""
    return dataclasses.field(metadata={"path": path, "format": format, "author": author})


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    path: str
    privacy: Privacy
    column: str
    right: str
    format: Callable[[Any], Any] | None = None
    classes: Callable[[], Mapping[str, Privacy]] | None = None
    author: str = ""


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


def right_of(model: type[models.Model], path: str) -> str:
    """Under which key roles speak of a column reached over forward keys; "" where they speak of its class alone."""
    *way, column = path.split("__")
    right = ""
    for part in (*way, column):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        fields: Mapping[str, str] = getattr(model, "field_rights", {})
        right = fields.get(field.name, "") or right  # the name of an owner is known with the owner
        model = field.related_model or model
    return right


@cache
def _columns(record: type, model: type[models.Model]) -> tuple[_Column, ...]:
    result = []
    for field in dataclasses.fields(record):
        told = {"path": field.name, **field.metadata}
        column = _column(field.name, model, told.pop("path"))
        result.append(dataclasses.replace(column, **told))
    return tuple(result)


def _column(name: str, model: type[models.Model], path: str) -> _Column:
    return _Column(name, path, privacy_of(model, path), path.rpartition("__")[2], right_of(model, path))


def watched(actor: Actor, model: type[models.Model], ids: Sequence[int], *, columns: Collection[str] = (), reason: str = "") -> Actor:
    """The actor as they look at personal columns of these rows: one row in the view log, and while that cannot be written
    such columns are masked."""
    if not ids or views_log.record(actor, model, ids, columns=columns, reason=reason):
        return actor
    return actor.at_most(Level.MASKED, *PERSONAL)


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
    authors = list(dict.fromkeys(column.author for column in columns if column.author))
    values = list(rows.values_list("pk", *[column.path for column in columns], *authors))
    clear = {column.path for column in columns if column.privacy in PERSONAL and _reads_any(actor, column)}
    if log and clear:
        actor = watched(actor, rows.model, [value[0] for value in values], columns=clear)
    plan = [
        (index + 1, column, actor.level(column.privacy, column.right), _key_levels(actor, column) if column.classes else None)
        for index, column in enumerate(columns)
    ]
    wrote = {author: len(columns) + 1 + place for place, author in enumerate(authors)}
    return [
        record(
            **{
                c.name: _shown_keys(value[i], keys)
                if keys is not None
                else _shown_value(value[i], c, _to_author(level) if c.author and value[wrote[c.author]] == actor.user_id else level)
                for i, c, level, keys in plan
            }
        )
        for value in values
    ]


def _reads_any(actor: Actor, column: _Column) -> bool:
    """Whether something in it is shown in clear."""
    keys = _key_levels(actor, column).values() if column.classes else ()
    return actor.reads(column.privacy, column.right) or any(level >= Level.READ for privacy, level in keys if privacy in PERSONAL)


def present_values(actor: Actor, rows: QuerySet[Any], paths: Sequence[str]) -> list[tuple[Any, ...]]:
    """The id and the columns `paths` (literals of the caller) of each row, masked for the actor, in the order of the query.
    One query; who shows them to a person says so first (`watched`)."""
    columns = [_column(path, rows.model, path) for path in paths]
    plan = [(index + 1, column, actor.level(column.privacy, column.right)) for index, column in enumerate(columns)]
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


def _to_author(level: Level) -> Level:
    return Level.READ if level == Level.MASKED else level


def _shown_value(value: Any, column: _Column, level: Level) -> Any:
    if level == Level.HIDDEN:
        return None
    if level == Level.MASKED and column.privacy in PERSONAL:
        return mask(column.column, value)
    return column.format(value) if column.format else value


def _key_levels(actor: Actor, column: _Column) -> Mapping[str, tuple[Privacy, Level]]:
    """What the actor may do with each key of a column that holds many."""
    classes = column.classes() if column.classes else {}
    return {key: (privacy, actor.level(privacy, f"{column.right}{key}" if column.right else "")) for key, privacy in classes.items()}


def _shown_keys(value: Any, keys: Mapping[str, tuple[Privacy, Level]]) -> Keyed:
    held = value if isinstance(value, dict) else {}
    clear, masked = {}, set()
    for key, one in held.items():
        privacy, level = keys.get(key, (Privacy.SECRET, Level.HIDDEN))
        if level == Level.MASKED and privacy in PERSONAL:
            masked.add(key)
        elif level != Level.HIDDEN:
            clear[key] = one
    return Keyed(clear, frozenset(masked))


def ids_in_scope(actor: Actor, model: type[models.Model], ids: Iterable[int]) -> set[int]:
    """Of these ids, those that the actor may read. One query."""
    return set(scope(actor, model, "read").filter(pk__in=list(ids)).values_list("pk", flat=True))
