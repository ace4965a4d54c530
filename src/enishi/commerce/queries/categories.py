"""商品カテゴリ on screens: the tree, in the order in which it is read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count

from enishi.commerce.models import Product, ProductCategory
from enishi.platform.errors import NotFound


@dataclass(frozen=True, slots=True)
class CategoryRow:
    id: int
    name: str
    path: str  # 食品 › お茶
    depth: int
    parent_id: int | None
    products: int
    line: tuple[int, ...]  # it itself and those above it


def category_tree() -> list[CategoryRow]:
    """Every category, each followed by those below it, by name. Two queries."""
    counts = dict(Product.rows.filter(category__isnull=False).values_list("category_id").annotate(n=Count("pk")))
    below: dict[int | None, list[tuple[int, str]]] = defaultdict(list)
    for pk, name, parent_id in ProductCategory.rows.order_by("name").values_list("pk", "name", "parent_id"):
        below[parent_id].append((pk, name))
    found: list[CategoryRow] = []

    def walk(parent: CategoryRow | None) -> None:
        for pk, name in below[parent.id if parent else None]:
            path, line = (f"{parent.path} › {name}", (pk, *parent.line)) if parent else (name, (pk,))
            row = CategoryRow(pk, name, path, len(line) - 1, parent.id if parent else None, counts.get(pk, 0), line)
            found.append(row)
            walk(row)

    walk(None)
    return found


def category_named(category_id: int) -> CategoryRow:
    """Raises NotFound. Two queries."""
    row = next((row for row in category_tree() if row.id == category_id), None)
    if row is None:
        raise NotFound
    return row
