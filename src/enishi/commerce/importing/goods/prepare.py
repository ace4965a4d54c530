"""From the cells of a file of products to what is written. Runs in the preparing process; asks no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.commerce.actions.categories import DEEPEST, LONGEST_NAME
from enishi.commerce.models import Product
from enishi.customers.importing.cleaned import Cleaned, Value
from enishi.customers.importing.vocabulary import TargetField
from enishi.customers.importing.words import parse_number
from enishi.customers.imports.cells import RowReader, too_long
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.platform import money
from enishi.platform.japanese.normalise import clean, narrow

_LIMITS: Mapping[str, int] = {"code": 60, "name": 160, "brand": 60, "unit": 10, "replaced_by": 60}
_ABOVE: Final = re.compile(r"\s*[>＞›]\s*")

FIELDS: Final = (
    TargetField(
        "code",
        gettext_lazy("商品コード"),
        True,
        ("code",),
        ("商品番号", "商品No", "商品管理番号", "品番", "SKU", "商品ID", "handle"),
    ),
    TargetField("name", gettext_lazy("商品名"), False, ("text",), ("商品", "品名", "商品名称", "商品名漢字", "product_name", "title")),
    TargetField("kana", gettext_lazy("フリガナ"), False, ("kana",), ("商品名カナ", "商品カナ", "カナ", "商品名フリガナ")),
    TargetField("brand", gettext_lazy("ブランド"), False, ("text",), ("ブランド名", "メーカー", "メーカー名", "brand", "vendor")),
    TargetField(
        "category",
        gettext_lazy("カテゴリ"),
        False,
        ("text",),
        ("商品カテゴリ", "カテゴリ名", "商品分類", "分類", "部門", "category", "type"),
    ),
    TargetField("unit", gettext_lazy("単位"), False, ("text",), ("販売単位", "単位名", "unit")),
    TargetField(
        "price",
        gettext_lazy("価格"),
        False,
        ("amount",),
        (
            "販売価格",
            "単価",
            "売価",
            "定価",
            "本体価格",
            "税込価格",
            "税抜価格",
            "価格税抜",
            "価格税込",
            "販売価格税抜",
            "販売価格税込",
            "price",
        ),
    ),
    TargetField("tax_rate", gettext_lazy("税区分"), False, ("tax_rate",), ("税率", "消費税率", "消費税区分", "軽減税率", "tax_rate")),
    TargetField("margin", gettext_lazy("粗利率"), False, ("text",), ("粗利益率", "荒利率", "利益率", "margin")),
    TargetField(
        "cost", gettext_lazy("原価（税抜）"), False, ("amount",), ("原価", "仕入値", "仕入価格", "原単価", "cost", "cost_per_item")
    ),
    TargetField("discontinued", gettext_lazy("終売"), False, ("boolean",), ("販売終了", "廃番", "終売区分", "discontinued")),
    TargetField("replaced_by", gettext_lazy("後継商品の商品コード"), False, ("code",), ("後継商品", "後継品番", "後継商品コード")),
)


@dataclass(slots=True)
class ProductRow:
    """A row of the file: the columns that it fills, or what is wrong with it. `category` is the line from above down."""

    position: int
    code: str = ""
    said: dict[str, str | int | bool] = field(default_factory=dict)
    category: tuple[str, ...] = ()
    replaced_by: str = ""
    messages: list[Message] = field(default_factory=list)
    is_readable: bool = True
    skipped: bool = False


def prepare(recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
    """`ProductRow`s, one for each row."""
    reader = RowReader(recipe, FIELDS, {"margin": _margin})
    included = recipe.choices.get("tax_included", "0") == "1"
    found: list[object] = []
    for raw, read in zip(rows, reader.read(rows), strict=True):
        if read.skipped:
            found.append(ProductRow(raw.position, is_readable=False, skipped=True))
            continue
        errors = [*read.errors, *too_long(read.values, _LIMITS)]
        if "code" not in read.values:
            errors.append(Message("code", _("商品コードがありません。")))
        line = tuple(part for part in _ABOVE.split(clean(str(read.values.get("category", "")))) if part)
        if len(line) > DEEPEST or any(len(part) > LONGEST_NAME for part in line):
            errors.append(Message("category", _("カテゴリは%(n)d段まで、名前は60文字までです。") % {"n": DEEPEST}))
        if errors:
            found.append(ProductRow(raw.position, messages=errors, is_readable=False))
        else:
            found.append(_row(raw.position, read.values, line, read.notes, included=included))
    return found


def _row(position: int, values: Mapping[str, Value], line: tuple[str, ...], notes: Sequence[Message], *, included: bool) -> ProductRow:
    row = ProductRow(position, str(values["code"]), category=line, replaced_by=str(values.get("replaced_by", "")), messages=list(notes))
    row.said |= {key: str(values[key]) for key in ("name", "kana", "brand", "unit") if key in values}
    if "tax_rate" in values:
        row.said["tax_rate_bp"] = cast("int", values["tax_rate"])
    if "discontinued" in values:
        row.said["discontinued"] = bool(values["discontinued"])
    price = cast("Decimal | None", values.get("price"))
    if price is not None and price < 0:
        row.messages.append(Message("price", _("価格が0より小さいため、取り込みません（%(text)s）。") % {"text": price}))
    elif price is not None:
        whole = int(price.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        rate = int(row.said.get("tax_rate_bp", Product.TaxClass.STANDARD))
        row.said["price_jpy"] = money.net_of_tax(whole, rate) if included else whole
    if "margin" in values:
        row.said["margin_bp"] = cast("int", values["margin"])
    elif "cost" in values and row.said.get("price_jpy"):
        net, cost = Decimal(int(row.said["price_jpy"])), cast("Decimal", values["cost"])
        if not 0 <= cost <= net:
            row.messages.append(
                Message("cost", _("原価が0から価格までの間にないため、粗利率は取り込みません（%(text)s）。") % {"text": cost})
            )
        else:
            row.said["margin_bp"] = int(((net - cost) / net * 10_000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return row


def _margin(_kind: str, text: str) -> Cleaned:
    """A share in basis points: 45%, 45 or 0.45."""
    plain = narrow(text)
    number = parse_number(plain.rstrip("%"))
    if number is not None:
        share = number if "%" in plain or number > 1 else number * 100
        if 0 <= share <= 100:
            return Cleaned(int((share * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)))
    return Cleaned(error=_("粗利率として読めません（%(text)s）。0%%から100%%までで入れてください。") % {"text": text.strip()[:40]})
