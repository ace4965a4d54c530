"""商品カテゴリ: making, calling otherwise, moving and removing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.commerce.models import Product, ProductCategory
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import ChangeSet, FieldChange, Organisation
from enishi.platform.numbers import reserve_ids

LONGEST_NAME, DEEPEST, MOST = 60, 5, 2_000


class CategoryInUse(ActionError):
    """It has categories below it or products; the message says which."""

    code = "category.in_use"


@action
def create_category(*, name: str, parent_id: int | None, actor: Actor, now: datetime) -> int:
    """Records `category.created`. Raises NotAllowed, Invalid."""
    tree = _begin(actor)
    if len(tree) >= MOST:
        raise Invalid(_("カテゴリは%(n)d個までです。") % {"n": MOST})
    name = _checked(name, parent_id, tree, itself=0)
    [category_id] = reserve_ids(ProductCategory, 1)
    top = _line(parent_id, tree)[-1] if parent_id is not None else category_id
    ProductCategory(pk=category_id, name=name, parent_id=parent_id, top_id=top).save(force_insert=True)
    _tell(category_id, "category.created", {"name": (None, name), "parent": (None, parent_id)}, actor, now)
    return category_id


@action
def change_category(*, category_id: int, name: str, parent_id: int | None, actor: Actor, now: datetime) -> None:
    """Call it otherwise, or move it with all below it. Records `category.changed` where anything is new. Raises NotAllowed,
    NotFound, Invalid (also for a category below itself)."""
    tree = _begin(actor)
    category = _category(category_id)
    said = {"name": _checked(name, parent_id, tree, itself=category.pk), "parent_id": parent_id}
    pairs: dict[str, changes.Change] = {
        key.removesuffix("_id"): (getattr(category, key), value) for key, value in said.items() if getattr(category, key) != value
    }
    if pairs:
        tree[category.pk] = parent_id
        ProductCategory.rows.filter(pk=category.pk).update(**said, top_id=_line(category.pk, tree)[-1])
        for pk in _below(category.pk, tree):
            ProductCategory.rows.filter(pk=pk).update(top_id=_line(pk, tree)[-1])
        _tell(category.pk, "category.changed", pairs, actor, now)


@action
def remove_category(*, category_id: int, actor: Actor, now: datetime) -> None:
    """Remove one under which nothing stands. Records `category.removed`. Raises NotAllowed, NotFound, CategoryInUse."""
    _begin(actor)
    category = _category(category_id)
    if ProductCategory.rows.filter(parent=category).exists():
        raise CategoryInUse(_("下にカテゴリがあります。先に、移すか、削除してください。"))
    if Product.rows.filter(category=category).exists():
        raise CategoryInUse(_("このカテゴリの商品があります。先に、ほかのカテゴリへ移してください。"))
    category.delete()
    _tell(category_id, "category.removed", {"name": (category.name, None)}, actor, now)


def place_categories(lines: Collection[tuple[str, ...]], *, deed: ChangeSet | None = None) -> dict[tuple[str, ...], int]:
    """Line of names from above down → id of its last. One that is there already is taken where it stands, others are made below the
    one before them, and noted under `deed`. For doors that have judged. Four queries."""
    words = {name for line in lines for name in line}
    there = {name: (pk, top) for pk, name, top in ProductCategory.rows.filter(name__in=words).values_list("pk", "name", "top_id")}
    above: dict[str, str] = {}  # what is to be made → what it stands below, which comes before it
    for line in sorted(lines, key=lambda line: (-len(line), line)):  # the longest tells most of where a name stands
        for parent, name in zip(("", *line), line, strict=False):
            if name not in there:
                above.setdefault(name, parent)
    rows = []
    for pk, (name, parent) in zip(reserve_ids(ProductCategory, len(above)) if above else (), above.items(), strict=True):
        parent_id, top = there.get(parent, (None, pk))
        there[name] = pk, top
        rows.append(ProductCategory(pk=pk, name=name, parent_id=parent_id, top_id=top))
    ProductCategory.rows.bulk_create(rows)
    if deed is not None:
        changes.record_changes(deed, ProductCategory, [(row.pk, {"name": (None, row.name)}) for row in rows])
    return {line: there[line[-1]][0] for line in lines}


def drop_unused(change_set_id: int) -> None:
    """Categories that an import made and nothing is in go, from the deepest on. For doors that have judged. Two queries a level."""
    made = FieldChange.rows.filter(change_set_id=change_set_id, object=ProductCategory._meta.label_lower, before__isnull=True)
    ids = set(made.values_list("object_id", flat=True))
    while ids:
        below = ProductCategory.rows.filter(parent__isnull=False).values("parent")
        filled = Product.rows.filter(category__isnull=False).values("category")
        idle = ProductCategory.rows.filter(pk__in=ids).exclude(pk__in=below).exclude(pk__in=filled)
        going = set(idle.values_list("pk", flat=True))
        if not going:
            return
        ProductCategory.rows.filter(pk__in=going).delete()
        ids -= going


def _begin(actor: Actor) -> dict[int, int | None]:
    """The tree: id → id of the one above; nobody else moves anything in it until the end."""
    policy.require(actor, "product", "update")
    Organisation.rows.select_for_update().get()  # two moves at once could make a circle
    return dict(ProductCategory.rows.values_list("pk", "parent_id"))


def _category(category_id: int) -> ProductCategory:
    category = ProductCategory.rows.filter(pk=category_id).first()
    if category is None:
        raise NotFound
    return category


def _checked(name: str, parent_id: int | None, tree: Mapping[int, int | None], *, itself: int) -> str:
    name = clean(name)
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = [_("名前を入力してください。")]
    elif len(name) > LONGEST_NAME:
        problems["name"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_NAME}]
    elif ProductCategory.rows.filter(name=name).exclude(pk=itself).exists():
        problems["name"] = [_("同じ名前のカテゴリがあります。ファイルの取り込みで迷わないよう、別の名前にしてください。")]
    if parent_id is not None and (word := _refused_parent(parent_id, tree, itself)):
        problems["parent_id"] = [word]
    if problems:
        raise Invalid(fields=problems)
    return name


def _refused_parent(parent_id: int, tree: Mapping[int, int | None], itself: int) -> str:
    if parent_id not in tree:
        return _("一覧から選んでください。")
    line = _line(parent_id, tree)
    if itself in line:
        return _("自分自身や、自分の下のカテゴリの下には移せません。")
    below = max((len(_line(pk, tree)) - len(_line(itself, tree)) for pk in _below(itself, tree)), default=0) if itself else 0
    return _("カテゴリは%(n)d段までです。") % {"n": DEEPEST} if len(line) + 1 + below > DEEPEST else ""


def _line(category_id: int, tree: Mapping[int, int | None]) -> list[int]:
    """The category and those above it, the first of the line last."""
    line, above = [category_id], tree.get(category_id)
    while above is not None and above not in line:
        line.append(above)
        above = tree.get(above)
    return line


def _below(category_id: int, tree: Mapping[int, int | None]) -> list[int]:
    return [pk for pk in tree if pk != category_id and category_id in _line(pk, tree)]


def _tell(category_id: int, kind: str, pairs: dict[str, changes.Change], actor: Actor, now: datetime) -> None:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, ProductCategory, [(category_id, pairs)])
    events.record(kind, subject=category_id, customer=None, actor=actor, at=now, data={"change_set": deed.pk})
