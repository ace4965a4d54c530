"""The import target "products": one row of the file is one product, known by its code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.commerce import access
from enishi.commerce.importing.goods import undo
from enishi.commerce.importing.goods.plan import Plan, plan_rows, write_plan
from enishi.commerce.importing.goods.prepare import FIELDS, ProductRow, prepare
from enishi.commerce.models import Product
from enishi.customers.imports.target import ChunkResult, Figure, Named, Naming, Option, RawRow, Recipe, RunContext, UndoContext
from enishi.customers.models import ImportRun
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange


class ProductMemory:
    """The codes that a check has seen."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    def close(self) -> None:
        self.codes.clear()


class ProductTarget:
    key = "products"
    label = _("商品")
    counter = _("%(count)s点")
    fields = FIELDS
    asks_consent = False
    group_by = "code"

    def extras(self, keys: Collection[str]) -> Mapping[str, Any]:
        return {}

    def naming(self, mapping: Mapping[int, str]) -> Naming | None:
        """A successor stands before what it follows."""
        named, known = ([place for place, key in mapping.items() if key == wanted] for wanted in ("replaced_by", "code"))
        return Naming(named, known) if named and known else None

    def recognised(self, headings: Sequence[str]) -> tuple[str, Mapping[int, str]] | None:
        """None is known better than by its headings one by one."""
        return None

    def prepare(self, recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
        return prepare(recipe, rows)

    def require(self, actor: Actor) -> None:
        policy.require(actor, "product", "update")

    def options(self, run: ImportRun) -> list[Option]:
        place = next((int(column) for column, key in run.mapping.items() if key == "price"), None)
        heading = str(run.columns[place]["name"]) if place is not None else ""
        included = any(word in heading for word in ("税込", "内税"))
        reason = gettext("見出し「%(heading)s」から。") % {"heading": heading} if included or "税抜" in heading else ""
        return [Option("tax_included", _("価格"), (("1", _("税込")), ("0", _("税抜"))), "1" if included else "0", reason)]

    def mapping_problems(self, fields: Collection[str]) -> list[str]:
        return []

    def apply(self, context: RunContext, rows: Sequence[object]) -> ChunkResult:
        """About ten queries a chunk, and some for new categories."""
        plan = plan_rows(cast("Sequence[ProductRow]", rows), lock=True)
        write_plan(context, plan)
        return ChunkResult(plan.results, _counted(rows))

    def open_memory(self) -> ProductMemory:
        return ProductMemory()

    def check(self, context: RunContext, rows: Sequence[object], memory: ProductMemory) -> ChunkResult:
        plan: Plan = plan_rows(cast("Sequence[ProductRow]", rows), seen=memory.codes, lock=False)
        memory.codes.update(plan.products)
        return ChunkResult(plan.results, _counted(rows))

    def figures(self, counters: Mapping[str, int]) -> list[Figure]:
        skipped = counters.get("skipped", 0)
        return [Figure(gettext("読み飛ばした行"), f"{skipped:,}", gettext("行"), gettext("合計や見出しの行です。"))] if skipped else []

    def reach(self, counters: Mapping[str, int]) -> list[Figure]:
        return []

    def finish(self, context: RunContext) -> dict[str, int]:
        return {}

    def take_back(self, context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
        return undo.take_back(context, made, changed)

    def finish_undo(self, context: UndoContext) -> None:
        undo.finish(context)

    def touched_beside(self, context: UndoContext) -> QuerySet[FieldChange]:
        """None: a row tells each product that it touches."""
        return FieldChange.rows.none()

    def named(self, actor: Actor, ids: Collection[int]) -> dict[int, Named]:
        """One query."""
        rows = Product.rows.filter(pk__in=ids).values_list("pk", "code", "name") if ids and access.may_read(actor) else ()
        base = reverse("commerce:products")
        return {pk: Named(pk, code, name, f"{base}{pk}/") for pk, code, name in rows}


def _counted(rows: Sequence[object]) -> dict[str, int]:
    return {"skipped": sum(row.skipped for row in cast("Sequence[ProductRow]", rows))}


TARGET = ProductTarget()
