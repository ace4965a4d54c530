"""The import target "orders": one row of the file is one item; rows of one order number are one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, npgettext
from django.utils.translation import gettext_lazy as _

from enishi.commerce import access
from enishi.commerce.actions.claims import claim_orders_of_run
from enishi.commerce.importing import undo
from enishi.commerce.importing.known import OrderKey, World, load_world, returned_number
from enishi.commerce.importing.merging import OrderWork
from enishi.commerce.importing.plan import Plan, Rules, plan_rows
from enishi.commerce.importing.prepare import OrderRow, prepare
from enishi.commerce.importing.profiles import mapping_of, profile_of
from enishi.commerce.importing.tax import recognise_tax
from enishi.commerce.importing.write import write_plan
from enishi.commerce.models import Order
from enishi.customers.importing.vocabulary import ORDER_FIELDS
from enishi.customers.imports.target import ChunkResult, Figure, Named, Option, RawRow, Recipe, RunContext, UndoContext
from enishi.customers.models import ImportRun
from enishi.platform import jobs, policy
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange
from enishi.platform.money import STANDARD_RATE_BP, yen
from enishi.platform.sql.one_of import OneOf

_RATES = (("1000", _("10%")), ("800", _("8%（軽減）")), ("0", _("0%（輸出免税・非課税）")))


class OrderMemory:
    """What a check has seen: order numbers, so that a return finds its order, and products, so that each counts once."""

    def __init__(self) -> None:
        self.orders: set[int] = set()
        self.codes: set[str] = set()

    def close(self) -> None:
        self.orders.clear()
        self.codes.clear()


class OrderTarget:
    key = "orders"
    label = _("注文")
    counter = _("%(count)s行")
    fields = ORDER_FIELDS
    asks_consent = False
    group_by = "order_number"

    def extras(self, keys: Collection[str]) -> Mapping[str, Any]:
        return {}

    def naming(self, mapping: Mapping[int, str]) -> None:
        """Orders name no orders."""

    def recognised(self, headings: Sequence[str]) -> tuple[str, Mapping[int, str]] | None:
        """Files of the shop systems whose columns we know."""
        profile = profile_of(headings)
        return (str(profile.label), mapping_of(profile, headings)) if profile is not None else None

    def prepare(self, recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
        return prepare(recipe, rows)

    def require(self, actor: Actor) -> None:
        policy.require(actor, "order", "create")

    def options(self, run: ImportRun) -> list[Option]:
        profile = profile_of([str(column["name"]) for column in run.columns])
        if profile is not None:
            told = gettext("見出しから、%(system)sのファイルと見分けました。") % {"system": profile.label}
            channel, channel_reason, included, reason = profile.channel, told, True, told
        else:
            channel, channel_reason = Order.Channel.EC.value, gettext("チャネルの列がある行は、その値に従います。")
            included, reason = recognise_tax(run)
        return [
            Option("channel", _("販売チャネル"), Order.Channel.choices, channel, channel_reason),
            Option("tax_included", _("金額"), (("1", _("税込")), ("0", _("税抜"))), "1" if included else "0", reason),
            Option("tax_rate_bp", _("税率の列も商品の登録もない行の税率"), _RATES, "1000"),
        ]

    def mapping_problems(self, fields: Collection[str]) -> list[str]:
        return [] if {"unit_price", "amount"} & set(fields) else [gettext("単価か金額の列を選んでください。")]

    def apply(self, context: RunContext, rows: Sequence[object]) -> ChunkResult:
        """About twenty queries a chunk."""
        plan, world = _planned(context, cast("Sequence[OrderRow]", rows), None)
        counters = _counted(plan)
        write_plan(context, plan, world)
        return ChunkResult([result for result, _order in plan.results], counters)

    def open_memory(self) -> OrderMemory:
        return OrderMemory()

    def check(self, context: RunContext, rows: Sequence[object], memory: OrderMemory) -> ChunkResult:
        plan, _world = _planned(context, cast("Sequence[OrderRow]", rows), memory)
        counters = _counted(plan)
        memory.orders.update(hash((order.channel, order.order_no)) for order in plan.orders)
        memory.codes.update(plan.new_products)
        return ChunkResult([result for result, _order in plan.results], counters)

    def figures(self, counters: Mapping[str, int]) -> list[Figure]:
        found = [
            Figure(gettext("新しい注文"), f"{counters.get('orders_created', 0):,}", gettext("件")),
            Figure(gettext("追加・変更のあった注文"), f"{counters.get('orders_changed', 0):,}", gettext("件")),
            Figure(
                gettext("顧客に結び付いた注文"), f"{counters.get('joined', 0) + counters.get('claimed', 0):,}", gettext("件"), tone="good"
            ),
        ]
        unclaimed = counters.get("unclaimed", 0) - counters.get("claimed", 0)
        if unclaimed > 0:
            note = gettext("会員番号・メール・電話が合う顧客が登録されると、自動で結び付きます。")
            found.append(Figure(gettext("注文者がまだ登録されていない注文"), f"{unclaimed:,}", gettext("件"), note, "wait"))
        if counters.get("nobody"):
            note = gettext("会員番号もメールも電話もない注文です。売上には入ります。")
            found.append(Figure(gettext("注文者の分からない注文"), f"{counters['nobody']:,}", gettext("件"), note))
        if counters.get("products"):
            note = gettext(
                "登録のない商品コードです。商品として登録します。カテゴリ・価格・粗利率は、商品の一覧の「未整備」から入れてください。"
            )
            unit = npgettext("counter", "点", "点", counters["products"])
            found.append(Figure(gettext("新しい商品"), f"{counters['products']:,}", unit, note))
        if counters.get("no_code"):
            note = gettext("商品コードのない明細です。売上には入りますが、商品ごとの分析には入りません。")
            unit = npgettext("counter", "行", "行", counters["no_code"])
            found.append(Figure(gettext("商品の分からない明細"), f"{counters['no_code']:,}", unit, note, "wait"))
        if counters.get("lone_returns"):
            note = gettext("もとの注文が見つからない返品です。売上からは引きます。もとの注文を先に取り込むと、その注文の返品になります。")
            found.append(Figure(gettext("もとの注文のない返品"), f"{counters['lone_returns']:,}", gettext("件"), note, "wait"))
        if counters.get("orders_unchanged"):
            note = gettext("前に取り込んだ注文と同じ内容のため、変えません。期間の重なったファイルでも、二重には数えません。")
            found.append(Figure(gettext("取り込み済みの注文"), f"{counters['orders_unchanged']:,}", gettext("件"), note))
        if "goods_jpy" in counters:
            found.append(Figure(gettext("商品代（税抜・返品を引いた額）"), yen(counters["goods_jpy"])))
        if counters.get("skipped"):
            found.append(
                Figure(
                    gettext("読み飛ばした行"),
                    f"{counters['skipped']:,}",
                    npgettext("counter", "行", "行", counters["skipped"]),
                    gettext("合計や見出しの行です。"),
                )
            )
        return found

    def reach(self, counters: Mapping[str, int]) -> list[Figure]:
        return []

    def take_back(self, context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
        return undo.take_back(context, made, changed)

    def finish_undo(self, context: UndoContext) -> None:
        undo.finish(context)

    def touched_beside(self, context: UndoContext) -> QuerySet[FieldChange]:
        """None: a row that adds anything to an order says so."""
        return FieldChange.rows.none()

    def named(self, actor: Actor, ids: Collection[int]) -> dict[int, Named]:
        """One query."""
        rows = access.visible_orders(actor).filter(OneOf(F("pk"), ids)).values_list("pk", "number", "external_id") if ids else ()
        base = reverse("commerce:orders")
        return {pk: Named(pk, number, external_id, f"{base}{number}/") for pk, number, external_id in rows}

    def finish(self, context: RunContext) -> dict[str, int]:
        """Stages hang on everybody's purchases: they are looked at again behind the import."""
        claimed = claim_orders_of_run(run_id=context.run.pk, now=context.now)
        jobs.enqueue("commerce.refresh_lifecycles")
        return {"claimed": claimed}


def _counted(plan: Plan) -> dict[str, int]:
    """The plan's counters, and by how much the revenue changes."""
    return dict(plan.counters) | {"goods_jpy": sum(order.goods_jpy - order.goods_before_jpy for order in plan.orders)}


def _planned(context: RunContext, rows: Sequence[OrderRow], memory: OrderMemory | None) -> tuple[Plan, World]:
    lines = [row.line for row in rows if row.line is not None]
    keys: list[OrderKey] = list(dict.fromkeys((line.channel, line.order_no) for line in lines))
    world = load_world(keys, {line.code for line in lines if line.code}, [line.buyer for line in lines], context.actor)
    if memory is not None:
        _remember(keys, world, memory)
    choices = context.run.choices
    rules = Rules(choices.get("tax_included", "1") == "1", int(choices.get("tax_rate_bp") or STANDARD_RATE_BP))
    return plan_rows(rows, world, rules), world


def _remember(keys: Sequence[OrderKey], world: World, memory: OrderMemory) -> None:
    """Let rows of a check meet what earlier chunks of it would have made."""
    for code in memory.codes:
        world.products.setdefault(code, None)
    for channel, number in keys:
        named = (channel, returned_number(number))
        if named not in world.orders and hash(named) in memory.orders:
            world.orders[named] = OrderWork(1, *named, state="done", counts=True)


TARGET = OrderTarget()
