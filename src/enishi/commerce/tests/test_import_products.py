"""Products from a file: what is made, what is changed, what is told, and that it can be taken back."""

from __future__ import annotations

import pytest

from enishi.commerce.actions.products import ProductSheet, change_product
from enishi.commerce.models import Product, ProductCategory
from enishi.commerce.queries.categories import category_tree
from enishi.commerce.tests import order_files
from enishi.customers.actions import imports
from enishi.customers.imports import staged as staged_rows
from enishi.customers.models import ImportRow, ImportUndo
from enishi.customers.tests.import_files import answered, checked, csv, imported, staged, undone
from enishi.platform import time
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotAllowed
from enishi.platform.models import Event

pytestmark = pytest.mark.django_db
HEADINGS = "商品コード,商品名,カテゴリ,単位,価格（税抜）,税率,粗利率,終売,後継商品の商品コード"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(staged_rows.read_chunk.__kwdefaults__, "size", 3)


def brought(*lines, headings=HEADINGS, **options):
    return imported(csv(*lines, headings=headings), target="products", name="商品.csv", **options)


def told(run):
    """Everything that was said about rows, taken or not."""
    return " ".join(message["text"] for row in ImportRow.rows.filter(run=run).order_by("position") for message in row.messages)


def test_a_file_makes_products_with_their_place_in_the_tree():
    run = brought("A1,煎茶,食品 > お茶,袋,1000,8%,45%,,", "B1,手ぬぐい,雑貨,本,1500,10%,0.4,,", "A2,煎茶 上,お茶,袋,1500,8%,50,,")
    assert (run.state, run.created_count, run.rejected_count) == ("done", 3, 0)
    tea = Product.rows.get(code="A1")
    assert (tea.name, tea.unit, tea.price_jpy, tea.tax_rate_bp, tea.margin_bp) == ("煎茶", "袋", 1_000, 800, 4_500)
    assert {row.path: row.products for row in category_tree()} == {"食品": 0, "食品 › お茶": 2, "雑貨": 1}
    assert [Product.rows.get(code=code).margin_bp for code in ("B1", "A2")] == [4_000, 5_000]


def test_filled_cells_replace_and_empty_ones_leave():
    Product.rows.create(code="A1", name="煎茶", unit="袋", price_jpy=900, tax_rate_bp=800)
    run = brought("A1,,,,1000,,,1,")
    product = Product.rows.get()
    assert (run.updated_count, product.name, product.unit, product.price_jpy, product.discontinued) == (1, "煎茶", "袋", 1_000, True)
    assert brought("A1,,,,1000,,,1,").unchanged_count == 1


def test_prices_with_tax_are_taken_back_and_costs_tell_the_margin():
    brought("A1,煎茶,1080,8%,600", "B1,手ぬぐい,1100,10%,2000", headings="商品コード,商品名,税込価格,税率,原価（税抜）")
    tea, towel = Product.rows.order_by("code")
    assert (tea.price_jpy, tea.margin_bp, towel.price_jpy, towel.margin_bp) == (1_000, 4_000, 1_000, None)


def test_a_successor_may_stand_below_and_one_that_is_missing_or_leads_back_is_told():
    run = brought("A1,煎茶,,,,,,1,A2", "A2,煎茶 上,,,,,,,", "A3,玉露,,,,,,1,Z9")
    assert Product.rows.get(code="A1").replaced_by.code == "A2"
    assert Product.rows.get(code="A3").replaced_by is None
    assert "後継商品「Z9」の登録がないため、後継なしで取り込みます。" in told(run)
    again = brought("A2,,,,,,,1,A1")
    assert Product.rows.get(code="A2").replaced_by is None
    assert "たどるとこの商品に戻るため" in told(again)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",煎茶,,,,,,,", "商品コードがありません。"),
        ("A9,,,,1000,,,,", "新しい商品には商品名が必要です。"),
        ("A9,煎茶,,,9999999999999999,,,,", "金額が大きすぎます"),
        ("A9,煎茶,,,1000,,150%,,", "粗利率として読めません"),
        ("A9,煎茶,a > b > c > d > e > f,,1000,,,,", "カテゴリは5段まで"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(line, words):
    run = brought(line)
    assert (run.rejected_count, Product.rows.count()) == (1, 0)
    assert words in told(run)


def test_the_last_of_two_rows_of_one_code_holds_and_is_told():
    run = brought("A1,煎茶,,,1000,,,,", "A1,煎茶,,,1200,,,,")
    assert Product.rows.get().price_jpy == 1_200
    assert "同じ商品コードの行が前にあります。" in told(run)


def test_a_dry_run_says_what_the_run_then_does():
    lines = ("A1,煎茶,お茶,,1000,,,,", "B1,手ぬぐい,,,1500,,,,", "C1,,,,1,,,,", "A1,,,,1200,,,,", "D1,急須,,,1,,,,")
    run = checked(answered(staged(csv(*lines, headings=HEADINGS), target="products", name="商品.csv")))
    assert (Product.rows.count(), ProductCategory.rows.count()) == (0, 0)
    said = run.report["check"]
    done = brought(*lines)
    assert [said[f"{key}_count"] for key in ("created", "rejected")] == [done.created_count, done.rejected_count] == [3, 1]


def test_an_import_is_taken_back_but_not_what_was_used_or_changed_since():
    Product.rows.create(code="OLD", name="古い", price_jpy=500)
    run = brought("OLD,新しい,食品 > お茶,,600,,,,", "A1,煎茶,お茶,,1000,,,,", "B1,急須,,,1000,,,,", "C1,玉露,,,1000,,,,")
    order_files.imported("1001,2026/10/01,M001,B1,急須,1,3300")
    jade = Product.rows.get(code="C1")
    change_product(product_id=jade.pk, sheet=ProductSheet(code="C1", name="玉露", price_jpy=9), actor=SYSTEM, now=time.now())
    undo = undone(run)
    assert undo.state == ImportUndo.State.DONE
    assert set(Product.rows.values_list("code", flat=True)) == {"OLD", "B1", "C1"}
    old = Product.rows.get(code="OLD")
    assert (old.name, old.price_jpy, old.category) == ("古い", 500, None)
    assert not ProductCategory.rows.exists()
    assert Event.rows.filter(kind="product.import_undone").count() == 2


def test_who_may_not_change_products_may_not_bring_a_file_of_them(yoshida):
    with pytest.raises(NotAllowed):
        imports.start_import(target="products", name="商品.csv", chunks=[b"a"], actor=yoshida, now=time.now(), foreground=True)


def test_an_order_file_tells_goods_that_are_not_registered():
    run = order_files.imported(
        "1001,2026/10/01,M001,A1,煎茶,1,1080", "1002,2026/10/01,M001,A1,煎茶,1,1080", "1003,2026/10/01,M001,,詰合せ,1,1080"
    )
    assert told(run).count("商品コード「A1」は登録がないため、新しい商品として登録します。") == 1
    assert order_files.counters(run)["no_code"] == 1
