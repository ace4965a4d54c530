"""Products and their categories: what may be written, what is refused, and what the pages tell of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from enishi.commerce.actions import categories
from enishi.commerce.actions.products import ProductSheet, change_product, create_product
from enishi.commerce.models import Product, ProductCategory
from enishi.commerce.queries.categories import category_tree
from enishi.commerce.queries.products import product_card, product_page
from enishi.commerce.tests import factories
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.listing import FROM_THE_TOP
from enishi.platform.models import Event

pytestmark = pytest.mark.django_db
TEA = ProductSheet(code="A1", name="煎茶", kana="せんちゃ", unit="袋", price_jpy=1_000, tax_rate_bp=800, margin_bp=4_550)


@pytest.fixture
def make(now, organisation):
    def category(name, parent=None):
        return categories.create_category(name=name, parent_id=parent, actor=SYSTEM, now=now)

    return category


def saved(sheet, now, product_id=None, actor=SYSTEM):
    if product_id is None:
        return create_product(sheet=sheet, actor=actor, now=now)
    change_product(product_id=product_id, sheet=sheet, actor=actor, now=now)
    return product_id


def codes(**asked):
    return [row.code for row in product_page(window=FROM_THE_TOP, **asked).rows]


# ---- categories -------------------------------------------------------------------------------------------


def test_a_category_moves_with_all_below_it(make, now):
    food, zakka = make("食品"), make("雑貨")
    tea = make("お茶", food)
    leaf = make("煎茶", tea)
    assert [(row.name, row.depth) for row in category_tree()] == [("雑貨", 0), ("食品", 0), ("お茶", 1), ("煎茶", 2)]
    categories.change_category(category_id=tea, name="お茶", parent_id=zakka, actor=SYSTEM, now=now)
    assert ProductCategory.rows.get(pk=leaf).top_id == zakka
    assert next(row.path for row in category_tree() if row.id == leaf) == "雑貨 › お茶 › 煎茶"
    categories.change_category(category_id=tea, name="お茶", parent_id=None, actor=SYSTEM, now=now)
    assert set(ProductCategory.rows.filter(pk__in=[tea, leaf]).values_list("top_id", flat=True)) == {tea}


def test_a_category_never_comes_below_itself(make, now):
    food = make("食品")
    leaf = make("煎茶", make("お茶", food))
    for parent in (food, leaf):
        with pytest.raises(Invalid) as refusal:
            categories.change_category(category_id=food, name="食品", parent_id=parent, actor=SYSTEM, now=now)
        assert refusal.value.fields == {"parent_id": ["自分自身や、自分の下のカテゴリの下には移せません。"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductCategory.rows.filter(pk=food).update(parent=food)


def test_a_tree_is_five_deep_and_a_move_counts_what_hangs_below(make, now):
    line = [None]
    for name in "あいうえお":
        line.append(make(name, line[-1]))
    with pytest.raises(Invalid):
        make("か", line[-1])
    branch = make("枝")
    make("葉", branch)
    with pytest.raises(Invalid) as refusal:
        categories.change_category(category_id=branch, name="枝", parent_id=line[4], actor=SYSTEM, now=now)
    assert refusal.value.fields == {"parent_id": ["カテゴリは5段までです。"]}


def test_a_name_stands_once_in_the_tree(make):
    make("お茶", make("食品"))
    with pytest.raises(Invalid) as refusal:
        make("お茶")
    assert "name" in refusal.value.fields


def test_only_an_empty_category_is_removed(make, now):
    food = make("食品")
    tea = make("お茶", food)
    factories.product("煎茶", category_id=tea)
    for pk in (food, tea):
        with pytest.raises(categories.CategoryInUse):
            categories.remove_category(category_id=pk, actor=SYSTEM, now=now)
    Product.rows.update(category=None)
    categories.remove_category(category_id=tea, actor=SYSTEM, now=now)
    assert Event.rows.get(kind="category.removed").subject_id == tea


# ---- products ---------------------------------------------------------------------------------------------


def test_a_product_is_written_tidily_and_its_changes_are_told(now, make):
    pk = saved(replace(TEA, category_id=make("お茶")), now)
    product = Product.rows.get(pk=pk)
    assert (product.kana, product.unit, product.margin_bp, product.tax_rate_bp) == ("センチャ", "袋", 4_550, 800)
    saved(replace(TEA, price_jpy=1_200, discontinued=True), now, pk)
    card = product_card(pk, tree=category_tree())
    told = {line.field: (line.before, line.after) for line in card.history}
    assert told["価格（税抜）"] == ("¥1,000", "¥1,200")
    assert told["終売"] == ("販売中", "終売")
    assert told["カテゴリ"] == ("お茶", "")
    assert told["登録"] == ("", "A1")
    assert {line.by for line in card.history} == {"システム"}


def test_nothing_new_records_nothing(now, organisation):
    pk = saved(TEA, now)
    saved(TEA, now, pk)
    assert not Event.rows.filter(kind="product.changed").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": " "}, "code"),
        ({"name": ""}, "name"),
        ({"name": "茶" * 161}, "name"),
        ({"kana": "茶"}, "kana"),
        ({"tax_rate_bp": 500}, "tax_rate_bp"),
        ({"price_jpy": -1}, "price_jpy"),
        ({"margin_bp": 10_001}, "margin_bp"),
        ({"category_id": 10**9}, "category_id"),
        ({"replaced_by_id": 10**9}, "replaced_by_id"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(now, organisation, change, field):
    with pytest.raises(Invalid) as refusal:
        saved(replace(TEA, **change), now)
    assert set(refusal.value.fields) == {field}


def test_a_code_is_given_once(now, organisation):
    saved(TEA, now)
    with pytest.raises(Invalid) as refusal:
        saved(TEA, now)
    assert refusal.value.fields == {"code": ["同じ商品コードの商品があります。"]}


def test_successors_never_make_a_circle(now, organisation):
    first = saved(TEA, now)
    second = saved(replace(TEA, code="A2", replaced_by_id=first), now)
    third = saved(replace(TEA, code="A3", replaced_by_id=second), now)
    for successor in (third, first):
        with pytest.raises(Invalid) as refusal:
            saved(replace(TEA, replaced_by_id=successor), now, first)
        assert "後継商品をたどると" in refusal.value.fields["replaced_by_id"][0]
    assert product_card(first, tree=[]).replaces[0].code == "A2"


def test_a_former_rate_may_stay_where_it_stands(now, organisation):
    pk = saved(TEA, now)
    Product.rows.filter(pk=pk).update(tax_rate_bp=500)
    saved(replace(TEA, tax_rate_bp=500, name="煎茶（旧）"), now, pk)
    assert Product.rows.get(pk=pk).name == "煎茶（旧）"


def test_who_may_not_change_products_is_refused(now, yoshida):
    with pytest.raises(NotAllowed):
        saved(TEA, now, actor=yoshida)


# ---- pages ------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_by_words_view_and_category_with_all_below(now, make):
    food = make("食品")
    saved(replace(TEA, category_id=make("お茶", food)), now)
    saved(replace(TEA, code="B1", name="手ぬぐい", kana="", category_id=make("雑貨"), margin_bp=None), now)
    saved(replace(TEA, code="C1", name="梅昆布茶", kana="", discontinued=True), now)
    assert codes(text="せんちゃ") == ["A1"]
    assert codes(text="お茶 煎") == ["A1"]
    assert codes(view="sold") == ["A1", "B1"]
    assert codes(view="ended") == ["C1"]
    assert codes(view="bare") == ["B1"]
    assert codes(category=next(row for row in category_tree() if row.id == food)) == ["A1"]
    with pytest.raises(Invalid):
        codes(view="nothing")


def test_from_the_form_to_the_page_and_back(misaki_client, organisation):
    new = reverse("commerce:product-new")
    said = {"code": "A1", "name": "煎茶", "tax_rate_bp": "800", "margin": "45.5", "price_jpy": "1000"}
    refused = misaki_client.post(new, said | {"replaced_by": "Z9", "name": ""})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "商品コード「Z9」の商品はありません。" in text
    assert 'value="45.5"' in text  # nothing that was typed is lost
    answer = misaki_client.post(new, said, follow=True)
    assert "煎茶" in answer.content.decode()
    product = Product.rows.get()
    assert (product.margin_bp, product.tax_rate_bp, product.price_jpy) == (4_550, 800, 1_000)
    edit = reverse("commerce:product-edit", args=[product.pk])
    assert 'value="45.5"' in misaki_client.get(edit).content.decode()
    misaki_client.post(edit, said | {"margin": ""})
    product.refresh_from_db()
    assert product.margin_bp is None


def test_categories_by_hand(misaki_client, organisation):
    url = reverse("commerce:categories")
    misaki_client.post(url, {"name": "食品"})
    food = ProductCategory.rows.get()
    assert misaki_client.post(url, {"name": "食品"}).status_code == 422
    misaki_client.post(url, {"name": "お茶", "parent_id": food.pk})
    tea = ProductCategory.rows.get(name="お茶")
    assert tea.top_id == food.pk
    answer = misaki_client.post(reverse("commerce:category-remove", args=[food.pk]), follow=True)
    assert "下にカテゴリがあります。" in answer.content.decode()
    misaki_client.post(reverse("commerce:category-remove", args=[tea.pk]))
    assert misaki_client.get(reverse("commerce:category", args=[tea.pk])).status_code == 404
