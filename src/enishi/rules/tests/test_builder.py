import re
from html import unescape

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation

from enishi.rules.builder.draft import Draft, draft_of, press, read, rule_of
from enishi.rules.builder.page import builder_page
from enishi.rules.tests.pretend import REGISTRY
from enishi.rules.tests.strategies import Rules
from enishi.rules.tests.test_operators import TODAY
from enishi.rules.tests.test_readback import LAST, MAILABLE, ONCE, is_
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, RuleTooLarge, Where


@pytest.fixture(autouse=True)
def _japanese():
    with translation.override("ja"):
        yield


def posted(**fields):
    form = QueryDict(mutable=True)
    for name, value in fields.items():
        form.setlist(name.replace("_", "-") if name[-1].isdigit() else name, value if isinstance(value, list) else [value])
    return form


def post_of(html):
    """The form that a browser would send for this page."""
    form = QueryDict(mutable=True)
    for tag in re.finditer(r"<input ([^>]*)>|<select ([^>]*)>(.*?)</select>", html, re.DOTALL):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag[1] or tag[2]))
        value = attributes.get("value", "")
        if tag[2]:
            chosen = re.search(r'<option value="([^"]*)" selected', tag[3]) or re.search(r'<option value="([^"]*)"', tag[3])
            value = chosen[1] if chosen else ""
        if "name" in attributes:
            form.appendlist(attributes["name"], unescape(value))
    return form


def html_of(draft, **options):
    return render_to_string("rules/builder.html#answer", {"builder": builder_page(draft, REGISTRY, url="/segments/edit/", **options)})


def focused(draft, pressed):
    return re.findall(r'id="([^"]*)" autofocus', html_of(press(draft, pressed, REGISTRY), pressed=pressed))


def test_one_goes_on_in_the_condition_that_was_just_added():
    draft = press(Draft(), "add:main:customer.prefecture", REGISTRY)
    assert focused(draft, "add:main:orders.count") == ["value-2-orders.count-gte-0"]
    assert focused(press(draft, "add:main:orders.count", REGISTRY), "filter:2:amount") == ["filter-value-2-0-gte-0"]
    assert focused(draft, "add:left_out:contact.mailable") == ["op-2-contact.mailable"]
    assert focused(draft, "join:main") == focused(draft, "filter:٣:x") == []


def test_three_clicks_make_the_first_segment():
    draft = Draft()
    for button in ("suggest:once", "suggest:30_90", "suggest:mailable"):
        draft = press(draft, button, REGISTRY)
    outcome = rule_of(draft, REGISTRY)
    assert outcome.rule == AllOf(rules=(ONCE, LAST, MAILABLE))
    assert outcome.complete
    page = builder_page(draft, REGISTRY, url="/")
    assert str(page.sentence) == "購入回数が1回で、最終購入が30〜90日前で、メールを送れる人"
    assert page.suggestions == []


def test_a_line_of_the_form_becomes_a_condition():
    form = posted(line=["3@main"], fact_3="purchase.count", was_3="purchase.count", op_3="between", value_3=["１，０００", " 2,000 回"[:6]])
    outcome = rule_of(read(form, REGISTRY), REGISTRY)
    assert outcome.rule == AllOf(rules=(is_("purchase.count", "number", "between", 1000, 2000),))


@pytest.mark.parametrize(("typed", "kept"), [(["30"], 0), ([], 0), (["1"], 1)])
def test_what_was_typed_for_another_operator_is_no_fiscal_year(typed, kept):
    form = posted(line=["1@main"], fact_1="purchase.last", was_1="purchase.last", op_1="fiscal_years_ago", value_1=typed)
    outcome = rule_of(read(form, REGISTRY), REGISTRY)
    assert outcome.rule == AllOf(rules=(is_("purchase.last", "date", "fiscal_years_ago", kept),))


def test_another_fact_begins_with_its_usual_question():
    form = posted(line=["1@main"], fact_1="orders.count", was_1="customer.city", op_1="contains", value_1=["台東"])
    assert rule_of(read(form, REGISTRY), REGISTRY).rule == AllOf(
        rules=(is_("orders.count", "number", "gte", 1, window={"type": "last_days", "days": 30}),)
    )


def test_a_line_without_a_value_waits_without_complaint_until_it_is_to_be_saved():
    draft = press(Draft(), "add:main:customer.prefecture", REGISTRY)
    outcome = rule_of(draft, REGISTRY)
    assert (outcome.rule, outcome.complete) == (AllOf(), False)
    assert builder_page(draft, REGISTRY, url="/").errors == {}
    assert builder_page(draft, REGISTRY, url="/", strict=True).errors == {1: "1つ以上選んでください。"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fact_1": "purchase.count", "op_1": "eq", "value_1": ["many"]}, "数字で入れてください。"),
        ({"fact_1": "purchase.count", "op_1": "eq", "value_1": ["1.5"]}, "小数のない数字で入れてください。"),
        ({"fact_1": "purchase.count", "op_1": "between", "value_1": ["5", "2"]}, "範囲の小さいほうを先に入れてください。"),
        ({"fact_1": "purchase.last", "op_1": "on", "value_1": ["2026-02-30"]}, "日付を確認してください。"),
        ({"fact_1": "customer.prefecture", "op_1": "in", "value_1": ["江戸"]}, "選択肢を選び直してください。"),
        ({"fact_1": "orders.count", "op_1": "gte", "value_1": ["1"], "window_1": "sometime"}, "期間を選び直してください。"),
        (
            {"fact_1": "orders.count", "op_1": "gte", "value_1": ["1"], "window_1": "days_ago", "within_1": ["90", "30"]},
            "範囲の小さいほうを先に入れてください。",
        ),
    ],
)
def test_a_wrong_value_is_told_beside_its_line(fields, words):
    form = posted(line=["1@main"], was_1=fields["fact_1"], **fields)
    page = builder_page(read(form, REGISTRY), REGISTRY, url="/")
    assert page.errors == {1: words}
    assert not page.complete
    assert f'<p class="error" role="alert">{words}</p>' in html_of(read(form, REGISTRY))


def test_groups_and_exceptions():
    draft = Draft()
    for button in (
        "suggest:once",
        "group",
        "add:1:orders.any",
        "add:1:customer.vip",
        "add:left_out:contact.mailable",
        "add:left_out:customer.vip",
    ):
        draft = press(draft, button, REGISTRY)
    orders, vip = is_("orders.any", "flag", "yes"), is_("customer.vip", "flag", "yes")
    assert rule_of(draft, REGISTRY).rule == AllOf(rules=(ONCE, AnyOf(rules=(orders, vip)), Not(rule=AnyOf(rules=(MAILABLE, vip)))))

    draft = press(press(draft, "join:1", REGISTRY), "join:main", REGISTRY)
    assert rule_of(draft, REGISTRY).rule == AllOf(
        rules=(AnyOf(rules=(ONCE, AllOf(rules=(orders, vip)))), Not(rule=AnyOf(rules=(MAILABLE, vip))))
    )
    draft = press(press(draft, "ungroup:1", REGISTRY), "remove:1", REGISTRY)
    assert rule_of(draft, REGISTRY).rule == AllOf(rules=(Not(rule=AnyOf(rules=(MAILABLE, vip))),))


def test_choices_are_picked_one_after_the_other_and_taken_away():
    form = posted(line=["1@main"], fact_1="customer.prefecture", was_1="customer.prefecture", op_1="in", value_1=["東京都", "", "京都府"])
    draft = read(form, REGISTRY)
    assert rule_of(draft, REGISTRY).rule == AllOf(rules=(is_("customer.prefecture", "choice", "in", "東京都", "京都府"),))
    assert rule_of(press(draft, "unpick:1:東京都", REGISTRY), REGISTRY).rule == AllOf(
        rules=(is_("customer.prefecture", "choice", "in", "京都府"),)
    )


def test_a_choice_may_be_typed_by_its_name():
    form = posted(line=["1@main"], fact_1="customer.owner", was_1="customer.owner", op_1="in", value_1=["髙橋"])
    assert rule_of(read(form, REGISTRY), REGISTRY).rule == AllOf(rules=(is_("customer.owner", "choice", "in", "7"),))


def test_rows_are_narrowed_by_their_properties():
    draft = press(press(Draft(), "add:main:orders.count", REGISTRY), "filter:1:amount", REGISTRY)
    where = (Where(property="amount", test={"type": "number", "op": "gte", "values": [10_000]}),)
    expected = is_("orders.count", "number", "gte", 1, window={"type": "last_days", "days": 30}, where=where)
    assert rule_of(draft, REGISTRY).rule == AllOf(rules=(expected,))
    assert press(draft, "unfilter:1:0", REGISTRY).lines[0].filters == ()


@pytest.mark.parametrize(
    "form",
    [
        posted(line=["1@main"], fact_1="customer.password", was_1="customer.password", op_1="startswith", value_1=["a"]),
        posted(line=["1@../x", "x@main", "1", "-1@main", "99999999@main", "1@7"]),
        posted(group=["x:any", "9999999:any"], join="xor"),
        posted(line=["1@main"], fact_1='a") OR 1=1--'),
    ],
)
def test_names_that_do_not_exist_are_dropped(form):
    assert rule_of(read(form, REGISTRY), REGISTRY).rule == AllOf()


@pytest.mark.parametrize(
    "button",
    [
        None,
        "",
        "drop",
        "add:main:customer.password",
        "add:9:customer.vip",
        "join:9",
        "remove:x",
        "filter:1:x",
        "unpick",
        "suggest:x",
        ":::",
    ],
)
def test_unknown_buttons_do_nothing(button):
    draft = press(Draft(), "suggest:once", REGISTRY)
    assert press(draft, button, REGISTRY) == draft


def test_an_operator_of_another_type_falls_back():
    form = posted(line=["1@main"], fact_1="purchase.count", was_1="purchase.count", op_1="contains", value_1=["3"])
    assert rule_of(read(form, REGISTRY), REGISTRY).rule == AllOf(rules=(is_("purchase.count", "number", "eq", 3),))


def test_too_many_lines_are_refused():
    with pytest.raises(RuleTooLarge):
        read(posted(line=[f"{number}@main" for number in range(100)]), REGISTRY)


def test_what_is_nested_otherwise_is_not_edited_here():
    assert draft_of(AllOf(rules=(AllOf(rules=(AnyOf(rules=(ONCE,)),)),)), REGISTRY) is None
    assert draft_of(AllOf(rules=(AnyOf(rules=(ONCE, Not(rule=ONCE))), ONCE)), REGISTRY) is None
    assert draft_of(Condition(fact="customer.password", test={"type": "flag", "op": "yes"}), REGISTRY) is None


def test_the_page_posts_back_the_rule_it_shows():
    """Whatever can be edited survives the way form → page → form."""
    from hypothesis import given, seed, settings

    keys = {trait.key: [choice.key for choice in trait.choice_list()] for fact in REGISTRY for trait in (fact, *fact.properties().values())}
    strategies = Rules(REGISTRY, keys=keys, texts=["台東", "<b>", '"quoted"', "a&b"], today=TODAY)
    seen = 0

    @seed(3)
    @settings(max_examples=120, deadline=None, database=None)
    @given(strategies.rules(most_conditions=6))
    def survives(rule):
        nonlocal seen
        draft = draft_of(rule, REGISTRY)
        if draft is None or any(value != value.strip() for line in draft.lines for value in line.values):
            return  # outer spaces are cut off what people type
        seen += 1
        outcome = rule_of(draft, REGISTRY)
        assert outcome.complete
        again = rule_of(read(post_of(html_of(draft)), REGISTRY), REGISTRY)
        assert again.rule == outcome.rule

    survives()
    assert seen > 50


def test_what_people_typed_is_escaped():
    draft = draft_of(is_("customer.city", "text", "is", '"><img src=x onerror=alert(1)>'), REGISTRY)
    html = html_of(draft)
    assert "<img" not in html
    assert "&lt;img" in html
