"""Templates of trades: what they say holds, they are used as one deed, and taken back without losing anything."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from enishi.customers.actions.fields import Definition, _checked, change_field, define_field, note_use, retire_field
from enishi.customers.actions.layouts import bring_back, change_draft, step_back
from enishi.customers.actions.trades import undo_trade, use_trade
from enishi.customers.actions.views import Named, change_view
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.field import Choice
from enishi.customers.filtering import list_registry
from enishi.customers.listing import column_sets, offered
from enishi.customers.models import Customer, CustomField, FormLayout, SavedView, TradeUse
from enishi.customers.queries.trades import trade_page
from enishi.customers.queries.views import saved_tabs
from enishi.customers.trades.catalogue import TRADES
from enishi.platform.actions.installation import rename_terms
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ChangeSet, Event, FieldChange, Organisation
from enishi.platform.privacy import Privacy
from enishi.platform.rights import actor_of
from enishi.platform.words import TERMS
from enishi.rules.facts import check
from enishi.rules.tree import parse

Left = TradeUse.Left


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers"))


@pytest.fixture
def client(sign_in, admin):
    return sign_in(admin)


def use(admin, now, key="ec-store"):
    return use_trade(key=key, actor=admin, now=now)


def undo(admin, now, use_id):
    undo_trade(use_id=use_id, actor=admin, now=now + timedelta(minutes=1))
    return [(one["what"], one["why"]) for one in TradeUse.rows.get(pk=use_id).left]


def named(label):
    return next(field for field in catalogue.all_fields().values() if field.label == label)


def heading(page):
    return re.search(r"<h1>\s*(.*?)\s*</h1>", page)[1]


def words():
    return Organisation.rows.get().words


# ---- what the templates say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("trade", TRADES.values(), ids=TRADES)
def test_every_field_of_a_template_can_be_defined(organisation, trade):
    names = [one.name for one in trade.fields]
    assert len(set(names)) == len(names)
    for one in trade.fields:
        said = Definition(
            kind=one.kind,
            label=one.label,
            for_kind=one.for_kind,
            privacy=one.privacy.value,
            options=one.options,
            choices=[Choice("", label) for label in one.choices],
            **{name: getattr(one, name) for name in ("help_text", "meaning", "example", "purpose")},
        )
        checked = _checked(said, before=None)
        assert dict(checked.options) == dict(one.options)
        assert one.meaning, f"{one.label}: people must know what it is for"
        assert (one.privacy is Privacy.INTERNAL) == (not one.purpose)
        assert set(one.stages) <= set(Customer.Lifecycle.values)


@pytest.mark.parametrize("trade", TRADES.values(), ids=TRADES)
def test_everything_that_a_template_names_is_in_it(trade):
    fields = {one.name: one for one in trade.fields}
    assert {one.section for one in trade.fields} == {section.name for section in trade.sections}
    for one in trade.fields:
        if one.show:
            assert set(one.show[1]) <= set(fields[one.show[0]].choices)
    for term in trade.terms:
        assert term.term in TERMS
        assert all(0 < len(word) <= 20 for word in term.words().values())
    for view in trade.views:
        for ask in view.asks:
            assert not ask.field or set(ask.choices) <= set(fields[ask.field].choices)
        assert {column[1:] for column in view.columns if column.startswith("@")} <= set(fields)


@pytest.mark.parametrize("key", TRADES)
def test_a_template_is_used_whole(admin, now, key):
    trade = TRADES[key]
    use(admin, now, key)
    assert {field.label for field in catalogue.fields_in_use().values()} == {one.label for one in trade.fields}
    placed = {section.label: [item.field for item in section.items] for section in layout.current()}
    for section in trade.sections:
        assert placed[section.label] == [named(one.label).key for one in trade.fields if one.section == section.name]
    assert words() == {one.term: one.words() for one in trade.terms}
    columns, known = offered(column_sets(admin)), list_registry(admin)
    for view in SavedView.rows.all():
        check(parse(view.rule), known)
        assert set(view.columns) <= set(columns)
    assert [tab.name for tab in saved_tabs(admin)] == [view.name for view in trade.views]


# ---- using ----------------------------------------------------------------------------------------------------------


def test_what_a_template_adds_is_one_deed(admin, now):
    use_id = use(admin, now)
    deed = ChangeSet.rows.get()
    assert deed.reason == "ec-store"
    assert set(FieldChange.rows.values_list("object", flat=True)) == {
        "customers.customfield",
        "customers.formlayout",
        "customers.savedview",
        "platform.organisation",
    }
    assert TradeUse.rows.get(pk=use_id).change_set_id == deed.pk
    assert Event.rows.filter(kind="trade.used").count() == 1


def test_a_second_use_adds_nothing(admin, now):
    use(admin, now)
    before = CustomField.rows.count(), FormLayout.rows.count(), SavedView.rows.count(), ChangeSet.rows.count()
    assert use(admin, now) is None
    assert (CustomField.rows.count(), FormLayout.rows.count(), SavedView.rows.count(), ChangeSet.rows.count()) == before


def test_a_field_of_the_same_name_is_kept_and_said_so(admin, now):
    mine = define_field(definition=Definition(kind="text", label="会員ランク"), actor=admin, now=now)
    page = trade_page(admin, "ec-store")
    line = page.sections[0].fields[0]
    assert (line.label, line.is_new, line.fate) == ("会員ランク", False, "同じ名前の項目があるので、そのまま使います")
    use(admin, now)
    assert [key for key, field in catalogue.all_fields().items() if field.label == "会員ランク"] == [mine]
    assert named("会員ランクの有効期限").key in {item.field for item in layout.items(layout.current())}
    asked = {view.name for view in SavedView.rows.all()}
    assert "上位ランク" not in asked, "a text has no choices to ask about"
    assert "2回目がまだ" in asked


def test_a_field_of_the_same_name_and_kind_answers_the_views(admin, now):
    grades = [Choice("", one) for one in ("一般", "プラチナ", "ゴールド")]
    mine = define_field(definition=Definition(kind="choice", label="会員ランク", choices=grades), actor=admin, now=now)
    use(admin, now)
    rule = SavedView.rows.get(name="上位ランク").rule["rules"][0]
    assert (rule["fact"], rule["test"]["values"]) == (f"own.{mine}", ["c2", "c3"])


def test_a_field_that_was_taken_out_of_use_comes_back_with_what_it_holds(admin, now, make_customer):
    mine = define_field(definition=Definition(kind="choice", label="主な買い方", choices=[Choice("", "ネットだけ")]), actor=admin, now=now)
    retire_field(key=mine, retired=True, actor=admin, now=now)
    use_id = use(admin, now)
    assert not catalogue.all_fields()[mine].retired
    undo(admin, now, use_id)
    assert catalogue.all_fields()[mine].retired


def test_words_that_the_company_chose_itself_stay(admin, now):
    mine = {"ja": "生徒", "en": "student", "en_plural": "students"}
    rename_terms(chosen={"customer": mine}, actor=admin, now=now)
    use_id = use(admin, now)
    assert words()["customer"] == mine
    assert words()["owner"]["ja"] == "担当スタッフ"
    undo(admin, now, use_id)
    assert words() == {"customer": mine}


def test_a_view_about_what_the_actor_may_not_read_is_left_out(make_user, now):
    boss = actor_of(make_user("boss", "admin"))
    use(boss, now)
    assert SavedView.rows.count() == 0
    assert named("会員ランク")


def test_too_many_fields_change_nothing(admin, now, monkeypatch):
    monkeypatch.setattr("enishi.customers.actions.fields.MOST_FIELDS", 5)
    with pytest.raises(Invalid):
        use(admin, now)
    catalogue.forget()
    assert (CustomField.rows.count(), TradeUse.rows.count(), words()) == (0, 0, {})


def test_only_those_who_configure_may(misaki, admin, now):
    with pytest.raises(NotAllowed):
        use(misaki, now)
    use_id = use(admin, now)
    with pytest.raises(NotAllowed):
        undo_trade(use_id=use_id, actor=misaki, now=now)
    with pytest.raises(NotFound):
        use(admin, now, "fishing")
    with pytest.raises(NotFound):
        undo_trade(use_id=use_id + 1, actor=admin, now=now)
    undo_trade(use_id=use_id, actor=admin, now=now)
    with pytest.raises(NotAllowed):  # also where nothing would change
        undo_trade(use_id=use_id, actor=misaki, now=now)


# ---- taking back ----------------------------------------------------------------------------------------------------


def test_taken_back_everything_is_as_before(admin, now):
    before = layout.current()
    use_id = use(admin, now)
    assert undo(admin, now, use_id) == []
    assert (CustomField.rows.count(), words(), layout.current()) == (0, {}, before)
    assert SavedView.rows.filter(archived_at=None).count() == 0
    assert Event.rows.filter(kind="field.removed").count() == len(TRADES["ec-store"].fields)
    undo(admin, now, use_id)
    assert Event.rows.filter(kind="trade.undone").count() == 1, "once"


def test_a_template_can_be_used_again_after_it_was_taken_back(admin, now):
    undo(admin, now, use(admin, now))
    assert use(admin, now + timedelta(minutes=2))
    assert len(catalogue.fields_in_use()) == len(TRADES["ec-store"].fields)
    assert len(saved_tabs(admin)) == len(TRADES["ec-store"].views)


def test_a_field_that_holds_something_is_retired_never_lost(admin, now, make_customer):
    use_id = use(admin, now)
    rank, shoes = named("会員ランク").key, named("靴のサイズ").key
    row = make_customer()
    Customer.rows.filter(pk=row.pk).update(custom={rank: "c3"}, archived_at=now)
    CustomField.rows.filter(label="靴のサイズ").update(last_used_on=now.date())
    assert undo(admin, now, use_id) == [("会員ランク", Left.HOLDS_DATA), ("靴のサイズ", Left.HOLDS_DATA)]
    assert {key: field.retired for key, field in catalogue.all_fields().items()} == {rank: True, shoes: True}
    row.refresh_from_db()
    assert row.custom == {rank: "c3"}


def test_what_was_changed_since_stays_and_is_said(admin, now):
    use_id = use(admin, now)
    rename_terms(chosen=words() | {"customer": {"ja": "会員さま", "en": "member", "en_plural": "members"}}, actor=admin, now=now)
    view = SavedView.rows.get(name="上位ランク")
    change_view(view_id=view.pk, named=Named("お得意さま", is_shared=True), actor=admin, now=now)
    other = define_field(definition=Definition(kind="text", label="屋号"), actor=admin, now=now, section="who")
    assert undo(admin, now, use_id) == [
        ("お得意さま", Left.VIEW_CHANGED),
        ("会員ランク", Left.ASKED),
        ("フォーム", Left.FORM_CHANGED),
        ("会員さま", Left.WORD_CHANGED),
    ]
    assert list(words()) == ["customer"]
    assert [tab.name for tab in saved_tabs(admin)] == [], "its question is out of use, as with any field that is"
    assert SavedView.rows.get(archived_at=None).name == "お得意さま"
    placed = [item.field for item in layout.items(layout.current())]
    assert other in placed
    assert [section.label for section in layout.current()][3:] == ["会員"], "the one with the field that stays"


def test_a_field_that_narrows_another_stays_in_use(admin, now):
    use_id = use(admin, now)
    rank = named("会員ランク").key
    define_field(
        definition=Definition(kind="choice", label="特典", choices=[Choice("", "送料無料")], depends_on=rank), actor=admin, now=now
    )
    assert ("会員ランク", Left.NARROWS) in undo(admin, now, use_id)
    assert not catalogue.all_fields()[rank].retired
    assert rank in {item.field for item in layout.items(layout.current())}


def test_neither_a_draft_nor_an_old_version_stumbles_over_what_is_gone(admin, now):
    use_id = use(admin, now)
    version = FormLayout.rows.get(published_at__isnull=False)
    shorter = layout.stored(layout.without(layout.current(), [named("記念日").key]))
    change_draft(sections=shorter, actor=admin, now=now)
    undo(admin, now, use_id)
    step_back(actor=admin, now=now)
    draft = layout.read(FormLayout.rows.get(published_at=None).sections)
    assert not [item for item in layout.items(draft) if item.field.startswith("cf_")]
    bring_back(version_id=version.pk, actor=admin, now=now + timedelta(minutes=2))
    assert not [item for item in layout.items(layout.current()) if item.field.startswith("cf_")]


def test_who_writes_while_a_field_goes_is_told_and_nothing_is_left_without_its_field(admin, now):
    use_id = use(admin, now)
    key = named("公式アプリ会員").key
    undo(admin, now, use_id)
    with pytest.raises(Invalid) as refused:
        note_use([key], now.date())
    assert list(refused.value.fields) == [key]


def test_a_changed_field_in_which_nobody_wrote_goes_too(admin, now):
    use_id = use(admin, now)
    key = named("DM可否の補足").key
    change_field(key=key, definition=Definition(kind="text", label="お便りの補足"), actor=admin, now=now)
    assert undo(admin, now, use_id) == []
    assert key not in catalogue.all_fields()


# ---- the screens ----------------------------------------------------------------------------------------------------


def test_a_template_is_looked_at_used_and_taken_back_on_its_page(client, admin):
    assert "/customers/fields/trades/wholesale/" in client.get("/customers/fields/").content.decode()
    page = client.get("/customers/fields/trades/wholesale/").content.decode()
    for text in (
        "与信限度額",
        "支払サイト",
        "営業担当",
        "与信の見直し待ち",
        "このテンプレートを使う",
        "ステージが初回・リピート・優良・復活のとき必須",
    ):
        assert text in page
    answer = client.post("/customers/fields/trades/wholesale/use/", follow=True)
    assert "このテンプレートの内容は、すべてそろっています。" in answer.content.decode()
    assert heading(client.get("/customers/").content.decode()) == "取引先"
    assert "支払サイト" in client.get("/customers/new/").content.decode()
    assert client.post("/customers/fields/trades/wholesale/use/", follow=True).status_code == 200
    (use_id,) = TradeUse.rows.values_list("pk", flat=True)
    CustomField.rows.filter(label="掛率").update(last_used_on="2026-11-01")
    page = client.post(f"/customers/fields/trades/wholesale/uses/{use_id}/undo/", follow=True).content.decode()
    assert "「掛率」：入力ずみの値があるため" in page
    assert heading(client.get("/customers/").content.decode()) == "顧客"


def test_what_stands_in_the_way_is_said(client, monkeypatch):
    monkeypatch.setattr("enishi.customers.actions.fields.MOST_FIELDS", 3)
    answer = client.post("/customers/fields/trades/ec-store/use/")
    assert answer.status_code == 422
    assert "項目は3個までです" in answer.content.decode()


def test_a_template_that_is_not_there_is_not_found(client):
    assert client.get("/customers/fields/trades/fishing/").status_code == 404
    assert client.post("/customers/fields/trades/fishing/use/").status_code == 404
