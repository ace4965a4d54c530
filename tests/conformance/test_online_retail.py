"""The UCI Online Retail file (CC BY 4.0), whole, through the doors that people use, reconciled with a plain reading of it.

209,029 real lines of a gift shop: returns, lines without a customer, duplicates, goods without a name, prices of nothing.

Its money is pounds with pence, ours whole yen, and a second currency there is not. So a pound counts as a yen: unit prices
keep their pence (they are decimals), and what an order comes to is rounded once per order, half up, as everywhere. Both are
checked to the last unit: the pence by quantity × unit price over all lines, the whole units order by order.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.db.models import Count, F, Sum

from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary
from enishi.customers.models import Customer, ImportResult
from enishi.customers.tests.import_files import imported
from enishi.platform.time import business_zone

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail" / "online-retail-2010-12_2011-05.csv.gz"
PENNY = Decimal("0.01")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not FILE.exists(), reason=f"the Online Retail file is not here ({FILE})"),
]


@dataclass
class Invoice:
    """What a reader with a pencil notes of one invoice."""

    member: str
    at: datetime
    lines: int = 0
    pieces: Decimal = Decimal(0)
    pounds: Decimal = Decimal(0)

    @property
    def whole(self) -> int:
        """Rounded once, half up by amount: what is taken back is rounded like what was sold."""
        return int(self.pounds.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @property
    def is_purchase(self) -> bool:
        return self.pieces > 0


@dataclass
class Notes:
    """The whole file, read line by line and added up. Knows nothing of the product."""

    lines: int = 0
    without_customer: int = 0
    returned: int = 0
    pieces: Decimal = Decimal(0)
    pounds: Decimal = Decimal(0)  # in pence: prices as a till has them
    codes: set[str] = field(default_factory=set)
    invoices: dict[str, Invoice] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, list[Invoice]]:
        found: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in self.invoices.values():
            if invoice.member:
                found[invoice.member].append(invoice)
        return found


def read(path: Path) -> Notes:
    notes = Notes()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at, quantity, price = datetime.fromisoformat(row["InvoiceDate"]), Decimal(row["Quantity"]), Decimal(row["UnitPrice"])
            invoice = notes.invoices.setdefault(row["InvoiceNo"], Invoice(row["CustomerID"], at))
            invoice.at = min(invoice.at, at)
            invoice.lines += 1
            invoice.pieces += quantity
            invoice.pounds += quantity * price
            notes.lines += 1
            notes.without_customer += not row["CustomerID"]
            notes.returned += quantity < 0
            notes.pieces += quantity
            notes.pounds += quantity * price.quantize(PENNY, rounding=ROUND_HALF_UP)
            notes.codes.add(row["StockCode"])
    return notes


def members_file(notes: Notes) -> bytes:
    """The shop's customers, as far as the file knows them: a number each."""
    return "\r\n".join(["会員番号,氏名", *(f"{member},会員 {member}" for member in sorted(notes.members))]).encode()


def test_the_whole_file_is_imported_and_every_figure_agrees(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path
    notes = read(FILE)
    imported(members_file(notes), name="members.csv", consent="unknown")

    run = imported(gzip.decompress(FILE.read_bytes()), target="orders", name=FILE.stem, tax_included="0", tax_rate_bp="0")

    assert (run.state, run.total, run.rejected_count, run.report["counters"].get("skipped", 0)) == ("done", notes.lines, 0, 0)
    assert set(ImportResult.rows.filter(run=run).values_list("outcome", flat=True)) == {"created"}
    assert ImportResult.rows.filter(run=run).count() == notes.lines
    compare_lines(notes)
    compare_orders(notes)
    compare_customers(notes)


def compare_lines(notes: Notes) -> None:
    """Lines, pieces and pence; lines without a customer are lines like the others; duplicates are lines, too."""
    lines = OrderLine.rows.all()
    sums = lines.aggregate(lines=Count("id"), pieces=Sum("quantity"), pounds=Sum(F("quantity") * F("unit_price")))
    assert (sums["lines"], sums["pieces"], sums["pounds"]) == (notes.lines, notes.pieces, notes.pounds)
    assert lines.filter(quantity__lt=0).count() == notes.returned
    ownerless = set(Order.rows.filter(customer=None).values_list("pk", flat=True))
    assert sum(order in ownerless for order in lines.values_list("order_id", flat=True)) == notes.without_customer
    assert set(Product.rows.values_list("code", flat=True)) == notes.codes


def compare_orders(notes: Notes) -> None:
    """Order by order: its day, its lines, its pieces, its money, whether it is a purchase; and lines add up to their order."""
    lines = OrderLine.rows.values_list("order_id").annotate(lines=Count("id"), pieces=Sum("quantity"), jpy=Sum("amount_jpy"))
    of_lines = {pk: tuple(sums) for pk, *sums in lines}
    orders = Order.rows.values_list("pk", "external_id", "ordered_at", "counts", "goods_jpy", "tax_jpy")
    got = {
        number: (at.astimezone(business_zone()).replace(tzinfo=None), counts, goods, tax, *of_lines[pk])
        for pk, number, at, counts, goods, tax in orders
    }
    assert got == {
        number: (invoice.at, invoice.is_purchase, invoice.whole, 0, invoice.lines, invoice.pieces, invoice.whole)
        for number, invoice in notes.invoices.items()
    }


def compare_customers(notes: Notes) -> None:
    """Purchases are days on which somebody bought; revenue is net of returns, also of those that stand alone."""
    numbers = dict(Customer.rows.values_list("pk", "name"))
    fields = ("customer_id", "purchase_count", "first_on", "last_on", "revenue_jpy")
    got = {numbers[pk].removeprefix("会員 "): tuple(others) for pk, *others in PurchaseSummary.rows.values_list(*fields)}
    wanted: dict[str, tuple[int, date, date, int]] = {}
    for member, invoices in notes.members.items():
        days = {invoice.at.date() for invoice in invoices if invoice.is_purchase}
        if days:
            wanted[member] = (len(days), min(days), max(days), sum(invoice.whole for invoice in invoices))
    assert got == wanted
