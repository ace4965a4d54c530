"""Whether the prices of a file hold the consumption tax: by the headings, else by the totals of its first orders."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from enishi.customers.importing.words import parse_number
from enishi.customers.models import ImportRow, ImportRun

_LOOKED_AT = 500
_PRICES = ("unit_price", "amount")
_INCLUDED, _EXCLUDED = ("税込", "内税"), ("税抜", "税別", "外税", "本体")


def recognise_tax(run: ImportRun) -> tuple[bool, str]:
    """(tax included?, why we think so). One query where a total can be compared."""
    columns = {key: int(column) for column, key in run.mapping.items() if key}
    for key in _PRICES:
        if key in columns:
            heading = str(run.columns[columns[key]]["name"])
            if any(word in heading for word in _EXCLUDED):
                return False, _("見出し「%(heading)s」から。") % {"heading": heading}
            if any(word in heading for word in _INCLUDED):
                return True, _("見出し「%(heading)s」から。") % {"heading": heading}
    if "total" in columns and "order_number" in columns and (found := _by_totals(run, columns)) is not None:
        return found, _("明細の合計と注文の合計金額を比べました。")
    return True, _("小売の価格は税込の表示が原則のため、税込としています。違うときは選び直してください。")


def _by_totals(run: ImportRun, columns: dict[str, int]) -> bool | None:
    """Compare what the lines come to with the orders' totals; None where neither reading fits most of them."""
    cells = ImportRow.rows.filter(run=run, position__lt=_LOOKED_AT).order_by("position").values_list("cells", flat=True)
    orders: defaultdict[str, list[dict[str, Decimal]]] = defaultdict(list)
    for row in cells:
        values = {key: value for key, place in columns.items() if (value := parse_number(row[place])) is not None}
        orders[row[columns["order_number"]]].append(values)
    votes = [vote for lines in orders.values() if (vote := _fits(lines)) is not None]
    return sum(votes) * 2 > len(votes) if votes else None


def _fits(lines: list[dict[str, Decimal]]) -> bool | None:
    zero = Decimal(0)
    first = lines[0]
    total = first.get("total")
    goods = sum((line.get("amount", line.get("quantity", Decimal(1)) * line.get("unit_price", zero)) for line in lines), zero)
    if total is None or not goods:
        return None
    apart = sum((abs(first.get(key, zero)) for key in ("shipping", "fee")), zero)
    less = sum((abs(first.get(key, zero)) for key in ("discount", "points_used", "coupon_amount")), zero)
    if abs(goods + apart - less - total) <= 1:
        return True
    ratio = (total - apart + less) / goods
    return False if Decimal("1.07") < ratio < Decimal("1.11") else None
