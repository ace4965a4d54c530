"""Fields that a company adds: what they hold, where they are asked for, who sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from enishi.customers.actions.customers import change_customer, create_customer, update_customer
from enishi.customers.actions.fields import Definition, change_field, define_field, retire_field
from enishi.customers.details import Details, details_of, fingerprint
from enishi.customers.facts.customers import own_facts
from enishi.customers.fields import catalogue, layout, values
from enishi.customers.fields.field import Choice, Field
from enishi.customers.models import Customer, CustomField, Identity
from enishi.customers.queries.history import customer_history
from enishi.customers.queries.record import customer_record
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event, FieldChange
from enishi.platform.privacy import Privacy
from enishi.platform.rights import actor_of
from enishi.rules.facts import Registry
from enishi.rules.loading import load_for
from enishi.rules.python_eval import matches
from enishi.rules.readback import sentence
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import parse

GRADES = (Choice("c1", "一般"), Choice("c2", "上得意"), Choice("c3", "旧会員", retired=True))
YURIKO = Details(family_name="齋藤", given_name="百合子")


@pytest.fixture
def admin(make_user):
    """Configures, and sees everybody."""
    return actor_of(make_user("boss", "admin", "all_customers"))


def field(kind: str, **said: object) -> Field:
    return Field(**{"id": 1, "kind": kind, "label": "項目"} | said)  # type: ignore[arg-type]


def defined(admin, now, kind="text", label="屋号", **said):
    return define_field(definition=Definition(kind=kind, label=label, **said), actor=admin, now=now)


# ---- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made_of", "typed", "stored", "shown"),
    [
        ({"kind": "text"}, "  𠮷野家　﨑 ", "𠮷野家　﨑", "𠮷野家　﨑"),
        ({"kind": "long_text"}, "一行目\n二行目", "一行目\n二行目", "一行目\n二行目"),
        ({"kind": "number", "options": {"unit": "坪"}}, "１，２３４．５", 1234.5, "1,234.5坪"),
        ({"kind": "money"}, "￥12,800円", 12800, "¥12,800"),
        ({"kind": "percent"}, "12.5％", 12.5, "12.5%"),
        ({"kind": "date"}, "令和8年4月1日", "2026-04-01", "2026/04/01(水)"),
        ({"kind": "moment"}, "2026/4/1 9:30", "2026-04-01T00:30:00+00:00", "2026/04/01 09:30"),
        ({"kind": "duration"}, "1:30", 90, "1時間30分"),
        ({"kind": "duration"}, "２時間", 120, "2時間"),
        ({"kind": "duration"}, "45分", 45, "45分"),
        ({"kind": "choice", "choices": GRADES}, "上得意", "c2", "上得意"),
        ({"kind": "choices", "choices": GRADES}, "上得意、一般", ["c1", "c2"], "一般、上得意"),
        ({"kind": "flag"}, "○", True, "はい"),
        ({"kind": "flag"}, "いいえ", False, "いいえ"),
        ({"kind": "rating", "options": {"most": 5}}, "4", 4, "★★★★☆"),
        ({"kind": "email"}, "Hanako@Example.JP", "hanako@example.jp", "hanako@example.jp"),
        ({"kind": "phone"}, "０９０ー１２３４ー５６７８", "090-1234-5678", "090-1234-5678"),
        ({"kind": "url"}, "https://例え.jp/茶?x=1", "https://例え.jp/茶?x=1", "https://例え.jp/茶?x=1"),
        ({"kind": "link"}, "ｃ-000042", "C-000042", "C-000042"),
        ({"kind": "auto_number", "options": {"prefix": "K", "digits": 5}}, "K00042", 42, "K00042"),
        ({"kind": "json"}, '{"席": [1, null]}', {"席": [1, None]}, '{"席": [1, null]}'),
        ({"kind": "text"}, "   ", None, ""),
    ],
)
def test_a_value_is_read_as_people_write_it_and_shown_in_one_way(made_of, typed, stored, shown):
    about = field(**made_of)
    assert values.read(about, typed) == stored
    assert values.words(about, stored) == shown
    assert values.read(about, values.text(about, stored)) == stored, "what a form or a file says is read again"
    assert values.take(about, stored) == stored, "what is stored is taken as it is"


@pytest.mark.parametrize(
    ("made_of", "typed"),
    [
        ({"kind": "number", "options": {"most": 10}}, "11"),
        ({"kind": "number", "options": {"decimals": 1}}, "1.25"),
        ({"kind": "number"}, "1234567890123456"),
        ({"kind": "money"}, "12.5"),
        ({"kind": "date"}, "2026/2/30"),
        ({"kind": "duration"}, "しばらく"),
        ({"kind": "choice", "choices": GRADES}, "旧会員"),
        ({"kind": "choice", "choices": GRADES}, "特別"),
        ({"kind": "rating"}, "6"),
        ({"kind": "email"}, "hanako@@example.jp"),
        ({"kind": "url"}, "javascript:alert(1)"),
        ({"kind": "url"}, "https://"),
        ({"kind": "link"}, "山田さん"),
        ({"kind": "json"}, '{"a": NaN}'),
        ({"kind": "json"}, "[" * 5_000),
        ({"kind": "json"}, '"\\u0000"'),
        ({"kind": "text"}, "長" * 256),
    ],
)
def test_what_does_not_fit_is_refused_with_words(made_of, typed):
    with pytest.raises(values.Refused) as refusal:
        values.read(field(**made_of), typed)
    assert str(refusal.value)


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, 1.5, object])
def test_a_program_cannot_send_another_type(value):
    with pytest.raises(values.Refused):
        values.take(field("date"), value)


# ---- defining -------------------------------------------------------------------------------------------------------


def test_a_field_is_at_once_on_the_form_and_in_rules(admin, now):
    key = defined(admin, now, kind="choice", label="会員区分", choices=[Choice("", "一般"), Choice("", "上得意")])

    assert [item.field for item in layout.items(layout.current())][-1] == key
    assert [(fact.key, fact.label) for fact in own_facts()] == [(f"own.{key}", "会員区分")]
    assert catalogue.all_fields()[key].choices == (Choice("c1", "一般"), Choice("c2", "上得意"))
    assert Event.rows.filter(kind="field.defined").count() == 1


def test_only_who_configures_defines(misaki, now):
    with pytest.raises(NotAllowed):
        defined(misaki, now)


def test_names_are_told_apart_and_personal_data_say_what_for(admin, now):
    defined(admin, now, label="屋号")
    for said, name in (
        ({"label": " 屋号 "}, "label"),
        ({"label": "生年月日"}, "label"),
        ({"label": "趣味", "privacy": "personal"}, "purpose"),
    ):
        with pytest.raises(Invalid) as refusal:
            defined(admin, now, **said)
        assert list(refusal.value.fields) == [name]


def test_a_choice_that_is_taken_off_the_list_stays_with_whoever_has_it(admin, now):
    key = defined(admin, now, kind="choice", label="会員区分", choices=[Choice("", "一般"), Choice("", "上得意")])
    made = create_customer(details=replace(YURIKO, custom={key: "c2"}), actor=admin, now=now)
    only_one = Definition(kind="choice", label="会員区分", choices=[Choice("c1", "一般")])
    change_field(key=key, definition=only_one, actor=admin, now=now)

    assert catalogue.all_fields()[key].choices == (Choice("c1", "一般"), Choice("c2", "上得意", retired=True))
    change_customer(customer_id=made.id, given={"given_name": "百合"}, seen=None, actor=admin, now=now)
    assert Customer.rows.get(pk=made.id).custom == {key: "c2"}
    with pytest.raises(Invalid):
        create_customer(details=replace(YURIKO, custom={key: "c2"}), actor=admin, now=now)


def test_choices_are_narrowed_by_another_field(admin, now):
    area = defined(admin, now, kind="choice", label="地域", choices=[Choice("", "関東"), Choice("", "関西")])
    shop = defined(
        admin,
        now,
        kind="choice",
        label="最寄り店",
        depends_on=area,
        choices=[Choice("", "谷中", parents=("c1",)), Choice("", "京都", parents=("c2",)), Choice("", "通販")],
    )
    create_customer(details=replace(YURIKO, custom={area: "c1", shop: "c1"}), actor=admin, now=now)
    create_customer(details=replace(YURIKO, custom={area: "c1", shop: "c3"}), actor=admin, now=now)
    with pytest.raises(Invalid) as refusal:
        create_customer(details=replace(YURIKO, custom={area: "c1", shop: "c2"}), actor=admin, now=now)
    assert list(refusal.value.fields) == [shop]


def test_a_retired_field_keeps_its_values_and_takes_no_new_ones(admin, now):
    key = defined(admin, now)
    made = create_customer(details=replace(YURIKO, custom={key: "山月堂"}), actor=admin, now=now)
    retire_field(key=key, retired=True, actor=admin, now=now)

    assert own_facts() == []
    change_customer(customer_id=made.id, given={"given_name": "百合"}, seen=None, actor=admin, now=now)
    assert Customer.rows.get(pk=made.id).custom == {key: "山月堂"}
    with pytest.raises(Invalid):
        change_customer(customer_id=made.id, given={"custom": {key: "別の屋号"}}, seen=None, actor=admin, now=now)
    groups = customer_record(admin, made.id, now=now).groups
    assert any(p.label == "屋号" and p.lines == ("山月堂",) for group in groups for p in group.properties)
    retire_field(key=key, retired=False, actor=admin, now=now)
    assert len(own_facts()) == 1


# ---- writing --------------------------------------------------------------------------------------------------------


def test_a_change_is_in_the_history_with_the_field_s_own_class(admin, now):
    key = defined(admin, now, privacy="personal", purpose="商品の提案のため", label="好きなお茶")
    made = create_customer(details=YURIKO, actor=admin, now=now)
    before = details_of(Customer.rows.get(pk=made.id))
    typed = replace(before, custom={key: "ほうじ茶"})
    assert update_customer(customer_id=made.id, details=typed, seen=fingerprint(before), actor=admin, now=now).names == (key,)

    change = FieldChange.rows.get(field=key)
    assert (change.before, change.after, change.privacy_class) == (None, "ほうじ茶", Privacy.PERSONAL)
    line = customer_history(admin, made.id).lines[0]
    assert (line.field, line.before, line.after) == ("好きなお茶", "", "ほうじ茶")
    assert CustomField.rows.get().last_used_on == date(2026, 11, 22)


def test_an_empty_value_leaves_nothing_behind(admin, now):
    key = defined(admin, now)
    made = create_customer(details=replace(YURIKO, custom={key: "山月堂"}), actor=admin, now=now)
    change_customer(customer_id=made.id, given={"custom": {key: None}}, seen=None, actor=admin, now=now)
    assert Customer.rows.get(pk=made.id).custom == {}


def test_an_unknown_field_is_refused(admin, now):
    with pytest.raises(Invalid) as refusal:
        create_customer(details=replace(YURIKO, custom={"cf_99": "x"}), actor=admin, now=now)
    assert "cf_99" in refusal.value.fields


def test_nobody_shares_a_unique_value(admin, now):
    key = defined(admin, now, label="免許番号", is_unique=True)
    made = create_customer(details=replace(YURIKO, custom={key: "ab-12"}), actor=admin, now=now)
    assert Identity.rows.get(kind=key).customer_id == made.id
    with pytest.raises(Invalid) as refusal:
        create_customer(details=replace(YURIKO, custom={key: "ＡＢ-12".lower()}), actor=admin, now=now)
    assert key in refusal.value.fields
    change_customer(customer_id=made.id, given={"custom": {key: None}}, seen=None, actor=admin, now=now)
    create_customer(details=replace(YURIKO, custom={key: "ab-12"}), actor=admin, now=now)


def test_numbers_count_themselves(admin, now):
    key = defined(admin, now, kind="auto_number", label="カルテ番号", options={"prefix": "K-", "digits": 4})
    made = [create_customer(details=YURIKO, actor=admin, now=now) for _ in range(2)]
    assert [Customer.rows.get(pk=one.id).custom[key] for one in made] == [1, 2]
    assert set(Identity.rows.filter(kind=key).values_list("value", flat=True)) == {"K-0001", "K-0002"}


def test_what_must_be_filled_is_asked_at_every_door_but_stands_in_no_other_change_s_way(admin, now):
    made = create_customer(details=YURIKO, actor=admin, now=now)
    key = defined(admin, now)
    from enishi.customers.actions.layouts import change_draft, publish_draft

    sections = layout.stored(layout.current())
    sections[-1]["items"][-1]["required"] = True  # type: ignore[index]
    change_draft(sections=sections, actor=admin, now=now)
    publish_draft(note="", actor=admin, now=now)

    with pytest.raises(Invalid) as refusal:
        create_customer(details=YURIKO, actor=admin, now=now)
    assert list(refusal.value.fields) == [key]
    change_customer(customer_id=made.id, given={"given_name": "百合"}, seen=None, actor=admin, now=now)
    change_customer(customer_id=made.id, given={"custom": {key: "山月堂"}}, seen=None, actor=admin, now=now)
    with pytest.raises(Invalid):
        change_customer(customer_id=made.id, given={"custom": {key: None}}, seen=None, actor=admin, now=now)


def test_a_field_asks_only_where_its_condition_holds(admin, now):
    key = defined(admin, now, label="店舗数", kind="number")
    sections = layout.read(
        [
            section.model_dump()
            | {
                "items": [
                    i.model_dump() | ({"required": True, "show": [{"field": "kind", "values": ["company"]}]} if i.field == key else {})
                    for i in section.items
                ]
            }
            for section in layout.current()
        ]
    )
    said = {"kind": "person", "lifecycle": "prospect"}
    assert layout.missing(layout.required(sections), said) == {}
    assert list(layout.missing(layout.required(sections), said | {"kind": "company"})) == [key]
    assert layout.missing(layout.required(sections), said | {"kind": "company", key: 3}) == {}


# ---- who sees it ----------------------------------------------------------------------------------------------------


def test_each_field_is_seen_by_its_own_class(admin, hayashi, yanaka, now):
    shown = defined(admin, now, label="会員区分")
    hidden = defined(admin, now, label="好きなお茶", privacy="personal", purpose="提案のため")
    made = create_customer(details=replace(YURIKO, custom={shown: "A", hidden: "ほうじ茶"}, team_id=yanaka.pk), actor=admin, now=now)

    lines = {p.label: p.lines for group in customer_record(hayashi, made.id, now=now).groups for p in group.properties}
    assert lines["会員区分"] == ("A",)
    assert "ほうじ茶" not in str(lines)
    assert customer_record(admin, made.id, now=now).groups != ()


# ---- rules ----------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HELD = [
    {},
    {"cf_1": ["c1"], "cf_2": "2026-11-21T15:30:00+00:00"},
    {"cf_1": ["c1", "c2"], "cf_2": "2026-11-21T14:59:59+00:00"},
    {"cf_1": [], "cf_2": "gibberish"},
    {"cf_1": "c1", "cf_2": "2026-13-99T00:00:00+00:00"},
    {"cf_1": None, "cf_2": 7},
]


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(
    ("fact", "test"),
    [
        *(
            ("own.cf_1", {"type": "labels", "op": op, "values": list(keys)})
            for op in ("any_of", "all_of", "none_of")
            for keys in (("c1",), ("c1", "c2"), ("c9",))
        ),
        *(("own.cf_1", {"type": "labels", "op": op}) for op in ("is_empty", "is_filled")),
        *(("own.cf_2", {"type": "date", "op": op}) for op in ("is_empty", "is_filled")),
        ("own.cf_2", {"type": "date", "op": "on_or_after", "values": ["2026-11-22"]}),
        ("own.cf_2", {"type": "date", "op": "before", "values": ["2026-11-22"]}),
    ],
)
def test_rules_agree_on_lists_and_moments_whatever_stands_there(make_customer, fact, test, negated):
    from enishi.customers.facts.customers import _own_fact

    registry = Registry([_own_fact(replace(field("choices", choices=GRADES), id=1)), _own_fact(replace(field("moment"), id=2))])
    people = [make_customer(custom=custom) for custom in HELD]
    rule = parse({"type": "condition", "fact": fact, "test": test})
    if negated:
        rule = parse({"type": "not", "rule": rule.model_dump(mode="json", exclude_none=True)})
    loaded = load_for([rule], Customer.rows.all(), ids=[one.pk for one in people], now=NOW, registry=registry)
    by_python = {pk for pk, facts in loaded.items() if matches(rule, facts, now=NOW)}
    assert set(to_queryset(rule, Customer.rows.all(), now=NOW, registry=registry).values_list("pk", flat=True)) == by_python


def test_a_day_of_ones_own_is_asked_for_by_month_whatever_the_year(admin, make_customer, now):
    key = defined(admin, now, kind="date", label="契約更新日")
    december, july = make_customer(custom={key: "2019-12-24"}), make_customer(custom={key: "2026-07-01"})
    make_customer()
    registry = Registry(own_facts())
    for op, asked, found, japanese, english in (
        ("month_from_now", [1], {december.pk}, "契約更新日が来月（年を問わない）の人", "is next month (of any year)"),
        ("month_is", [7, 12], {december.pk, july.pk}, "契約更新日が7月・12月（年を問わない）の人", "is in July, December (of any year)"),
    ):
        rule = parse({"type": "condition", "fact": f"own.{key}", "test": {"type": "date", "op": op, "values": asked}})
        assert set(to_queryset(rule, Customer.rows.all(), now=now, registry=registry).values_list("pk", flat=True)) == found
        assert str(sentence(rule, registry)) == japanese
        with translation.override("en"):
            assert str(sentence(rule, registry)).endswith(english)
