"""User templates: what they can say, what they can never reach, and what they may cost."""

import datetime as dt
import time as clock
from decimal import Decimal

import pytest
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.builtin.expressions.primitive import RangeLiteral, StringLiteral
from liquid.builtin.output import OutputNode
from markupsafe import Markup, escape

from enishi.platform import liquid_engine
from enishi.platform.liquid import (
    LiquidError,
    MissingField,
    TemplateSyntax,
    attribute_from_text,
    compile_template,
    fields_used,
    html_from_text,
    is_literal,
)

YAMADA = {"customer": {"family_name": "山田", "given_name": "花子", "nickname": "", "points": 12800, "joined_on": dt.date(2026, 11, 22)}}


def render(source, data=YAMADA, output="text", **options):
    return compile_template(source, output, **options).render(data)


# --- what a mail needs -------------------------------------------------------------------------------------------------


def test_a_merge_field_is_filled_in():
    assert render("{{ customer.family_name }} {{ customer.given_name }}様") == "山田 花子様"


@pytest.mark.parametrize("name", ["customer.nickname", "customer.nothing_like_it", "nobody.at_all"])
def test_default_speaks_for_the_empty_and_for_the_unknown(name):
    assert render("{{ %s | default: 'お客様' }}" % name) == "お客様"  # noqa: UP031


@pytest.mark.parametrize(
    ("name", "written"),
    [("山田", "山田様"), ("お客様", "お客様"), ("縁商事 御中", "縁商事 御中"), ("", ""), ("山田　", "山田様")],
)
def test_the_honorific_is_put_once_and_never_on_nobody(name, written):
    assert render("{{ name | honorific }}", {"name": name}) == written


def test_an_honorific_can_be_chosen():
    assert render("{{ name | honorific: '御中' }}", {"name": "株式会社縁"}) == "株式会社縁御中"


def test_numbers_and_dates_are_written_the_japanese_way():
    assert render("{{ customer.points | number }}ポイント") == "12,800ポイント"
    assert render("{{ customer.joined_on | date: '%-m月%-d日(%a)' }}") == "11月22日(日)"
    assert render("{{ customer.joined_on | date: '%Y年 %A %%a' }}") == "2026年 日曜日 %a"


def test_an_instant_is_shown_on_the_business_clock():
    at = dt.datetime(2026, 11, 21, 15, 30, tzinfo=dt.UTC)
    assert render("{{ at | date: '%Y/%m/%d %H:%M' }}", {"at": at}) == "2026/11/22 00:30"


def test_decimals_keep_their_digits():
    assert render("{{ rate }}", {"rate": Decimal("1.250")}) == "1.250"


def test_a_field_nobody_has_is_refused_by_name_and_line():
    with pytest.raises(MissingField) as refusal:
        render("こんにちは\n{{ customer.famly_name }}様")
    assert (refusal.value.field, refusal.value.line) == ("customer.famly_name", 2)


def test_a_preview_may_leave_the_unknown_blank():
    assert render("[{{ customer.famly_name }}]", missing="blank") == "[]"


def test_an_unknown_field_may_be_asked_for():
    assert render("{% if customer.coupon %}券{% else %}なし{% endif %}") == "なし"


def test_fields_are_listed_once_in_order_and_without_own_variables():
    source = (
        "{{ customer.family_name }}{% assign x = order.total %}{{ x }}"
        "{% for p in order.items %}{{ p.name }}{% endfor %}{{ customer.family_name }}"
    )
    assert fields_used(source) == ["customer.family_name", "order.total", "order.items"]


def test_a_hole_in_the_text_is_found_before_it_is_mailed():
    template = compile_template(
        "{{ customer.nickname }}{{ customer.family_name | default: 'お客様' }}"
        "{% if customer.coupon %}{{ customer.coupon }}{% endif %}{{ customer.given_name | upcase }}",
        "text",
    )
    assert template.bare_fields == ("customer.nickname", "customer.given_name")
    assert template.empty_fields(YAMADA) == ["customer.nickname"]


def test_a_syntax_error_says_where():
    with pytest.raises(TemplateSyntax) as refusal:
        compile_template("一行目\n{% if %}x{% endif %}")
    assert refusal.value.line == 2


def test_an_unknown_filter_is_found_when_the_text_is_written():
    with pytest.raises(TemplateSyntax, match="shout") as refusal:
        compile_template("一行目\n{% if customer.vip %}{{ customer.name | upcase | shout }}{% endif %}")
    assert refusal.value.line == 2


# --- escaping ---------------------------------------------------------------------------------------------------------

EVIL = "<img src=x onerror=\"alert('1')\">&"


def test_a_value_is_escaped_for_html_and_left_alone_in_text():
    assert render("<b>{{ x }}</b>", {"x": EVIL}, "html") == "<b>&lt;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&gt;&amp;</b>"
    assert render("{{ x }}", {"x": EVIL}) == EVIL


def test_a_value_in_a_url_is_one_component():
    assert render("https://shop.example/?c={{ x }}", {"x": "a&b=/c 縁"}, "url") == "https://shop.example/?c=a%26b%3D%2Fc%20%E7%B8%81"


@pytest.mark.parametrize(
    "source",
    [
        '{{ "<script>" }}',
        '{% assign x = "<script>" %}{{ x }}',
        '{{ nothing | default: "<script>" }}',
        '{{ "a" | append: "<script>" }}',
        '{{ "<x" | replace: "x", "script>" }}',
        '{{ "<script>,b" | split: "," | join: "<script>" }}',
        '{% cycle "<script>", "b" %}',
        '{% echo "<script>" %}',
        '{% capture x %}{{ "<script>" }}{% endcapture %}{{ x }}',
        '{{ "%3Cscript%3E" | url_decode }}',
        '{{ "PHNjcmlwdD4=" | base64_decode }}',
        '{{ "&lt;script&gt;" | escape_once }}',
        '{{ "<script>" | escape | escape_once }}',
        '{{ "&lt;script&gt;" | strip_html }}',
        "{{ x | url_encode | url_decode }}",
        "{{ x | escape | url_decode }}",
        "{{ x | newline_to_br | strip_newlines }}",
        '{{ x | date: "%Y" }}',
        '{{ "2026-01-01" | date: "<script>" }}',
        '{{ x | truncate: 4, "<script>" }}',
        '{% liquid\n assign y = "<script>"\n echo y\n%}',
        '{% case 1 %}{% when 1 %}{{ "<script>" }}{% endcase %}',
        "{% tablerow i in list %}{{ i }}{% endtablerow %}",
    ],
)
def test_no_road_leads_to_unescaped_markup(source):
    shown = render(source, {"x": "<script>", "list": ["<script>"]}, "html")
    assert "<script" not in shown


def test_text_becomes_markup_only_between_the_tags():
    source = 'A & B <b>\n{% if customer.points > 1 and "x" < "y" %}"{{ customer.family_name }}"{% endif %}'
    assert render(html_from_text(source), output="html") == "A &amp; B &lt;b&gt;<br>\n&quot;山田&quot;"
    assert render(attribute_from_text('"{{ customer.family_name }}"'), output="html") == "&quot;山田&quot;"


def test_a_raw_section_is_escaped_too():
    assert render(html_from_text("{% raw %}<script>{{ x }}{% endraw %}"), output="html") == "&lt;script&gt;{{ x }}"


def test_text_without_tags_is_known():
    assert is_literal("Wらくらく便")
    assert not is_literal("{{ x }}")
    assert not is_literal("{% x %}")


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["{{ secret }}", "{% assign x = secret %}{{ x }}", "{{unsubscribe_url}}", '"},{"type":"uri"'])
def test_a_value_is_never_expanded_again(value):
    data = {"name": value, "secret": "⟦canary⟧"}
    assert render("{{ name }}", data) == value
    assert render("{% capture n %}{{ name }}{% endcapture %}{{ n }}{% assign m = n | append: name %}{{ m }}", data) == value * 3
    assert "⟦canary⟧" not in render("{{ name }}", data, "html")


@pytest.mark.parametrize(
    "name",
    [
        "customer.__class__",
        "customer.__class__.__init__.__globals__",
        "customer.family_name.__class__",
        "customer['__class__']",
        "customer.keys",
        "customer.owner.password",
        "customer.points.real",
        "customer.joined_on.year",
        "now",
        "today",
        "self",
        "settings",
        "request.user",
    ],
)
def test_there_is_no_object_to_walk_through(name):
    with pytest.raises(MissingField):
        render("{{ %s }}" % name)  # noqa: UP031


@pytest.mark.parametrize(
    "source",
    [
        "{% load static %}",
        "{% include 'settings.py' %}",
        "{% include '/etc/passwd' %}",
        "{% render 'x' %}",
        "{% extends 'x' %}",
        "{% import os %}",
        "{{ x | safe }}",
        "{{ x | escapejs }}",
        "{{ x | script_tag }}",
        "{{ x | json }}",
        "{{ x | attr: '__class__' }}",
        "{{ 'x'.__class__ }}",
        "{{ x() }}",
        "{{",
        "{{ x",
        "{% if %}",
        "{% for %}",
        "{%",
        "{% raw %}",
        "{% doc %}",
    ],
)
def test_what_is_not_offered_is_refused(source):
    with pytest.raises(LiquidError):
        render(source, {"x": "1"})


@pytest.mark.parametrize(
    "source", ["{contact.__class__.__init__.__globals__}", "%(x)s", "${x}", "#{x}", "{}", "{0}", "<%= x %>", "{# x #}"]
)
def test_other_languages_are_just_text(source):
    assert render(source) == source


class Person:
    password = "⟦canary⟧"

    def __str__(self):
        return self.password


@pytest.mark.parametrize(
    "data",
    [
        {"x": Person()},
        {"x": [Person()]},
        {"x": {"y": [{"z": Person}]}},
        {"x": len},
        {"x": (1, 2)},
        {"x": {1, 2}},
        {"x": b"bytes"},
        {"x": 1.5},
        {"x": Markup("<b>")},
        {"x": mark_safe("<b>")},
        {"x": SafeString("<b>")},
        {1: "x"},
        {"x": {None: 1}},
        {"x": dt.timedelta(1)},
        {"x": range(3)},
    ],
)
def test_only_plain_data_enter(data):
    with pytest.raises(TypeError):
        render("plain", data)


LOOP = "{%% for a in (1..%d) %%}%s{%% endfor %%}"
HEAVY = {
    "nested loops": "{% for a in (1..900) %}{% for b in (1..900) %}{% for c in (1..900) %}x{% endfor %}{% endfor %}{% endfor %}",
    "loops one after another": LOOP % (900, "x") * 100,
    "a long range": "{% for a in (1..9999999999) %}x{% endfor %}",
    "a long range backwards": "{% for a in (1..9999999999) reversed %}x{% endfor %}",
    "a long range joined": "{{ (1..9999999999) | join: ',' }}",
    "a range by variables": "{% assign n = 999999999 %}{{ (1..n) | reverse | size }}",
    "a doubling string": "{% assign s = 'xxxxxxxxxx' %}" + "{% assign s = s | append: s %}" * 40 + "{{ s }}",
    "a doubling string in a loop": "{% assign s = 'x' %}" + LOOP % (900, "{% assign s = s | append: s %}"),
    "a doubling list": "{% assign s = 'a,b' | split: ',' %}" + "{% assign s = s | concat: s %}" * 40,
    "a growing number": "{% assign n = 9 %}" + LOOP % (900, "{% assign n = n | times: n %}") + "{{ n }}",
    "replacing everything": "{{ long | replace: 'a', long }}",
    "replacing nothing": "{{ long | replace: '', long }}",
    "joining with much": "{{ long | split: '' | join: long }}",
    "captured again and again": "{% capture s %}"
    + "x" * 1000
    + "{% endcapture %}"
    + LOOP % (900, "{% capture s %}{{ s }}{{ s }}{% endcapture %}"),
    "much output": LOOP % (900, "x" * 1000),
    "much kept": "".join(f"{{% capture v{n} %}}{'x' * 1000}{{% endcapture %}}" for n in range(500)),
    "deep blocks": "{% if true %}" * 400 + "{% endif %}" * 400,
    "deep loops": "{% for a in (1..2) %}" * 400 + "{% endfor %}" * 400,
    "deep brackets": "{{ a" + "[a" * 900 + "]" * 900 + " }}",
    "a huge decimal": "{% assign d = '1e99999999,1' | split: ',' | sum %}{{ 'abc' | slice: d }}",
    "a huge number in words": "{{ '" + "9" * 1900 + "' | plus: 1 | times: 9 }}",
    "many filters": LOOP % (900, "{{ long | upcase" + " | upcase" * 100 + " }}"),
    "many tags": "{{ long }}" * 5000,
    "unclosed tags": "{{ " * 3000,
    "unclosed tags with room": "{{" + " " * 200_000,
    "unclosed raw": "{% raw %}" * 2900 + "x" * 200_000,
    "unclosed comments": "{% comment %}" * 2900 + "x" * 200_000,
    "a long template": "x" * 2_000_000,
    "a cycle in loops": LOOP % (900, LOOP % (900, "{% cycle 1, 2 %}")),
    "a table": "{% tablerow a in (1..900) cols:1 %}" + LOOP % (900, "x") + "{% endtablerow %}",
    "liquid tags": "{% liquid\nfor a in (1..900)\nfor b in (1..900)\necho 'x'\nendfor\nendfor\n%}",
}


@pytest.mark.parametrize("source", HEAVY.values(), ids=HEAVY.keys())
@pytest.mark.parametrize("output", ["text", "html"])
def test_no_template_can_keep_the_machine_busy(source, output):
    started = clock.perf_counter()
    with pytest.raises(LiquidError):
        assert len(render(source, {"long": "a" * 19_000, "a": {"a": "b"}}, output)) < 0
    assert clock.perf_counter() - started < 2


def test_a_wide_date_is_not_written_out():
    assert len(render("{{ '2026-01-01' | date: '%999999999d' }}")) < 1000


def test_a_long_newsletter_is_within_the_limits():
    products = [{"name": f"商品{n}", "price": n * 100, "stock": n % 3} for n in range(60)]
    row = "<tr><td>{{ p.name }}</td><td>{{ p.price | number }}円</td>{% if p.stock > 0 %}<td>在庫あり</td>{% endif %}</tr>"
    shown = render("<p>季節の便り</p>" * 500 + "{% for p in products %}" + row + "{% endfor %}", {"products": products}, "html")
    assert "5,900円" in shown


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.decimals(allow_nan=False, places=2), st.lists(st.text(max_size=3))
)


@given(value=PLAIN, output=st.sampled_from(["text", "html"]))
@settings(max_examples=200, deadline=None)
def test_a_field_by_itself_is_written_as_the_library_writes_it(value, output):
    source = "{{ a.b }}{% assign c = a.b %}{{ c }}"
    ours, the_librarys = compile_template(source, output), compile_template(source, output)
    for node in the_librarys.parsed.nodes:
        if type(node) is liquid_engine.FieldNode:
            node.__class__ = OutputNode
    assert ours.render({"a": {"b": value}}) == the_librarys.render({"a": {"b": value}})


def test_every_node_of_a_tree_is_the_careful_kind():
    source = (
        "{% if 'a' == 'b' or 'c' contains 'd' %}{{ 'e' | default: 'f' | append: 'g' }}{% elsif x == 'h' %}i{% endif %}"
        "{% for a in (1..3) limit: 2 %}{{ 'j' }}{% else %}{{ (1..2) | join: 'k' }}{% endfor %}{% cycle 'l': 'm', 'n' %}"
        "{% case 'o' %}{% when 'p', 'q' %}{{ 'r' }}{% else %}{{ 's' }}{% endcase %}{% unless 't' %}{{ 'u' }}{% endunless %}"
        "{% capture v %}{{ 'w' }}{% endcapture %}{% tablerow a in (1..2) cols: 2 %}{{ 'x' }}{% endtablerow %}{% echo 'y' | upcase %}"
        "{% assign z = 'a' | split: 'b' %}{% liquid\nif 'c'\necho 'd'\nendif %}{{ a['e'] }}{% ifchanged %}{{ 'f' }}{% endifchanged %}"
        "{{ list | where: 'g', 'h' | map: 'i' }}{{ list | find: 'j', 'k' }}{{ x | date: 'l' }}"
    )
    found = []
    seen = set()

    def walk(thing):
        if id(thing) in seen or isinstance(thing, (str, int, type(None))):
            return
        seen.add(id(thing))
        found.append(type(thing))
        if isinstance(thing, (list, tuple)):
            for each in thing:
                walk(each)
        elif type(thing).__module__.startswith(("liquid.", "enishi.")) and not isinstance(thing, liquid_engine.PlainEnvironment):
            for name in {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())} | set(
                vars(thing) if hasattr(thing, "__dict__") else ()
            ):
                if name not in ("token", "template"):
                    walk(getattr(thing, name, None))

    walk(compile_template(source, "html").parsed.nodes)
    assert liquid_engine.PlainString in found
    assert liquid_engine.ShortRange in found
    assert liquid_engine.ChargedBlock in found
    assert StringLiteral not in found
    assert RangeLiteral not in found


# --- anything at all --------------------------------------------------------------------------------------------------

_WORDS = (
    "customer . family_name points list x | append default replace join split times date slice for in if endfor endif assign = (1..3) "
    "(1..999999) : , ' \" {{ }} {% %} {%- -%} raw endraw comment endcomment capture endcapture case when else [ ] 0 -1 1.5 nil blank empty "
    "liquid echo cycle tablerow endtablerow == < > contains and or not __class__ \n 縁 <b> & size first last"
)
_words = st.sampled_from(_WORDS.split(" "))
_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.decimals() | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=300, deadline=2000)
@given(st.lists(_words, max_size=40).map(" ".join) | st.text(max_size=60), _plain, st.sampled_from(["text", "html", "url"]), st.booleans())
def test_whatever_is_written_only_our_refusal_comes_out(source, value, output, blank):
    data = {"customer": {"family_name": value, "points": 3}, "list": [value, value], "x": value}
    try:
        shown = compile_template(source, output, missing="blank" if blank else "refuse").render(data)
    except LiquidError:
        return
    assert len(shown) <= liquid_engine.MAX_WRITTEN


@settings(max_examples=300, deadline=2000)
@given(
    st.sampled_from(sorted(liquid_engine.environment("text", blank=True).filters)),
    _plain,
    st.lists(_plain, max_size=3),
    st.sampled_from(["text", "html"]),
)
def test_every_filter_takes_whatever_it_is_given(name, value, args, output):
    listed = ", ".join(f"args[{n}]" for n in range(len(args)))
    try:
        shown = render("{{ value | %s%s }}" % (name, f": {listed}" if listed else ""), {"value": value, "args": args}, output)  # noqa: UP031
    except LiquidError:
        return
    assert len(shown) <= liquid_engine.MAX_WRITTEN


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_a_value_comes_out_as_it_went_in(value):
    assert render("{{ x }}", {"x": value}) == value
    assert render("{{ x }}", {"x": value}, "html") == str(escape(value))
