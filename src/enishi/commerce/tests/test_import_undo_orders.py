"""An import of orders taken back: orders, lines, goods, summaries and stages are as before it, to the yen."""

from __future__ import annotations

import random

import pytest

from enishi.commerce.actions.lifecycles import refresh_all
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary
from enishi.commerce.subscribers import claim_waiting_orders
from enishi.commerce.tests.order_files import HEADINGS, imported, order_no
from enishi.customers.actions import import_undo
from enishi.customers.imports import staged as staged_rows
from enishi.customers.imports import undoing
from enishi.customers.models import Customer, Identity, ImportUndo
from enishi.customers.tests import import_files
from enishi.customers.tests.import_files import base, undone
from enishi.platform import time
from enishi.platform.actor import SYSTEM
from enishi.platform.models import Event

TABLES = (Customer, Identity, Order, OrderLine, Product, PurchaseSummary)
WITH_STATE = f"{HEADINGS},状態"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setitem(staged_rows.read_chunk.__kwdefaults__, "size", 6)
    monkeypatch.setattr(undoing, "CHUNK", 3)


@pytest.fixture
def members(make_customer):
    made = [make_customer(name=f"顧客{n}", number=f"C-{9000 + n:06d}") for n in range(4)]
    for n, person in enumerate(made):
        Identity.rows.create(customer=person, kind="member", value=f"M00{n}", created_at=person.created_at)
    return made


def people(*lines):
    return import_files.imported(import_files.csv(*lines, headings="会員番号,氏名,メール"))


def told(kind="customer.imported"):
    """What the subscribers do behind an import."""
    claim_waiting_orders(list(Event.rows.filter(kind=kind)))


def _lines(dice, count):
    for _ in range(count):
        number = 1000 + dice.randrange(9)
        quantity = dice.choice([1, 1, 2, 3, -1])
        code = dice.choice(["A1", "B1", "C1", f"D{dice.randrange(4)}"])
        member = f"M00{number % 6}"
        state = dice.choice(["完了", "完了", "キャンセル", "出荷済み", ""])
        yield f"{dice.choice(['', '', 'R-'])}{number},2026/10/{1 + number % 20:02},{member},{code},品{code},{quantity},{dice.choice([1080, 3300])},{state}"


@pytest.mark.parametrize("seed", range(10))
def test_undo_of_an_untouched_import_gives_back_the_first_rows_of_every_table(members, seed):
    dice = random.Random(seed)
    imported(*_lines(dice, 14), headings=WITH_STATE)
    refresh_all(now=time.now())
    first = base(*TABLES)
    run = imported(*_lines(dice, 25), headings=WITH_STATE)
    refresh_all(now=time.now())
    assert base(*TABLES) != first
    undo = undone(run)
    refresh_all(now=time.now())
    assert (undo.state, undo.kept_count) == ("done", 0)
    assert base(*TABLES) == first


def test_what_another_import_changed_since_stays_and_all_of_it_goes_with_that_one(members):
    first = base(*TABLES)
    run = imported("1001,2026/10/01,M001,A1,煎茶,1,1080", "1002,2026/10/02,M002,A1,煎茶,1,1080")
    then = imported("1001,2026/10/01,M001,B1,急須,1,3300")
    kept = base(Order, OrderLine)
    undo = undone(run)
    assert (undo.removed_count, undo.kept_count) == (1, 1)
    assert Order.rows.get().external_id == "1001"
    assert all(set(rows) <= set(kept[table]) for table, rows in base(Order, OrderLine).items())
    assert undone(then).restored_count == 1
    assert [line.name for line in OrderLine.rows.all()] == ["煎茶"]
    assert base(PurchaseSummary) != first


def test_imports_undone_one_after_the_other_give_back_the_first_rows(members):
    first = base(*TABLES)
    dice = random.Random(7)
    runs = [imported(*_lines(dice, 12), headings=WITH_STATE) for _ in range(3)]
    for run in reversed(runs):
        assert undone(run).kept_count == 0
    refresh_all(now=time.now())
    assert base(*TABLES) == first


def test_goods_that_somebody_has_priced_since_stay(members):
    run = imported("1001,2026/10/01,M001,A1,煎茶,1,1080", "1001,2026/10/01,M001,B1,急須,1,3300")
    Product.rows.filter(code="A1").update(margin_bp=4000)
    undone(run)
    assert list(Product.rows.values_list("code", flat=True)) == ["A1"]


def test_an_undo_of_orders_killed_in_a_chunk_goes_on_behind_the_last_one(members, monkeypatch):
    dice = random.Random(2)
    imported(*_lines(dice, 10), headings=WITH_STATE)
    refresh_all(now=time.now())
    first = base(*TABLES)
    run = imported(*_lines(dice, 30), headings=WITH_STATE)
    undo = import_files.looked_at(run)
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    assert undoing.run_stretch(undo.pk, seconds=-1)
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "_settle", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            undoing.run_stretch(undo.pk)
    assert ImportUndo.rows.get(pk=undo.pk).done == 3
    while undoing.run_stretch(undo.pk, seconds=600):
        pass
    refresh_all(now=time.now())
    assert base(*TABLES) == first


# ---- orders that waited for their buyers -----------------------------------------------------------------


def test_orders_that_a_new_customer_claimed_wait_again_with_all_they_said():
    imported("1001,2026/10/01,M001,A1,煎茶,1,1080", "1002,2026/10/02,M009,A1,煎茶,1,1080")
    first = base(*TABLES)
    run = people("M001,齋藤 百合子,y@example.jp", "M002,田中 健,k@example.jp")
    told()
    assert order_no("1001").customer_id is not None
    undo = undone(run)
    assert (undo.removed_count, undo.kept_count) == (2, 0)
    assert base(*TABLES) == first
    assert Event.rows.get(kind="order.released").subject_id == order_no("1001").pk
    people("M001,齋藤 百合子,y@example.jp")  # and they are claimed again
    told()
    assert order_no("1001").customer_id == Customer.rows.get().pk


def test_orders_claimed_by_an_address_that_a_known_customer_got_wait_again(members):
    headings = "注文番号,注文日時,メールアドレス,商品コード,商品名,数量,単価"
    imported("1001,2026/10/01,y@example.jp,A1,煎茶,1,1080", headings=headings)
    first = base(*TABLES)
    run = people("M001,顧客1,y@example.jp")
    told()
    assert PurchaseSummary.rows.get().customer_id == members[1].pk
    assert Customer.rows.get(pk=members[1].pk).lifecycle == "first"
    assert undone(run).restored_count == 1
    assert base(*TABLES) == first


def test_a_new_customer_with_an_order_of_their_own_stays():
    run = people("M001,齋藤 百合子,y@example.jp", "M002,田中 健,k@example.jp")
    imported("1001,2026/10/01,M001,A1,煎茶,1,1080")
    undo = undone(run)
    assert (undo.removed_count, undo.kept_count) == (1, 1)
    assert Customer.rows.get().name == "齋藤 百合子"
