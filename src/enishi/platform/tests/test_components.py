"""The components escape what they are given, tie labels to controls, and draw figures that do not lie."""

from __future__ import annotations

import pytest
from django import forms
from django.template import engines
from django.test import Client, RequestFactory
from django_cotton.compiler_regex import CottonCompiler
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from enishi.platform.templatetags import ui

ATTACK = '"><img src=x onerror=alert(1)>'


def render(source: str, **context: object) -> HTMLParser:
    """A template source with components, as the loader compiles it."""
    compiled = CottonCompiler().process(source)
    html = engines["django"].from_string(compiled).render(context, RequestFactory().get("/"))
    return HTMLParser(html)


class Mail(forms.Form):
    address = forms.EmailField(label="メール", help_text="会社のアドレス")
    agrees = forms.BooleanField(label="受け取る", required=False)
    basis = forms.ChoiceField(label="根拠", widget=forms.RadioSelect, choices=[("a", "同意あり"), ("b", "取引関係")])


@pytest.mark.parametrize(
    "source",
    [
        '<c-badge tone="{{ x }}">{{ x }}</c-badge>',
        '<c-chip label="{{ x }}" value="{{ x }}" remove_url="{{ x }}" />',
        '<c-button href="{{ x }}" title="{{ x }}">{{ x }}</c-button>',
        '<c-input value="{{ x }}" placeholder="{{ x }}" />',
        '<c-textarea value="{{ x }}" name="note" />',
        '<c-fact label="{{ x }}" value="{{ x }}" note="{{ x }}" />',
        '<c-person name="{{ x }}" kana="{{ x }}" honorific="{{ x }}" href="{{ x }}" />',
        '<c-timeline-event title="{{ x }}" detail="{{ x }}" href="{{ x }}" kind="{{ x }}" />',
        '<c-stat label="{{ x }}" value="{{ x }}" note="{{ x }}" />',
        '<c-copy text="{{ x }}" />',
        '<c-chart label="{{ x }}" :labels="xs" :series="series" />',
        '<c-select :options="pairs" value="{{ x }}" />',
        '<c-page-head title="{{ x }}" sub="{{ x }}" :trail="pairs" />',
        '<c-tabs :items="tabs" />',
    ],
)
def test_a_component_never_lets_text_become_markup(source: str) -> None:
    tree = render(
        source,
        x=ATTACK,
        xs=[ATTACK],
        pairs=[(ATTACK, ATTACK)],
        series=[{"name": ATTACK, "values": [1]}],
        tabs=[{"label": ATTACK, "url": ATTACK, "count": ATTACK}],
    )
    assert tree.css("img") == []
    assert all("onerror" not in node.attributes for node in tree.css("*"))


def test_a_field_ties_its_label_help_and_error_to_the_control() -> None:
    tree = render('<c-field :field="form.address" />', form=Mail({"address": "misaki@ennichido,jp"}))
    control = tree.css_first("input")
    assert tree.css_first("label").attributes["for"] == control.attributes["id"]
    assert control.attributes["aria-invalid"] == "true"
    described = (control.attributes["aria-describedby"] or "").split()
    assert [tree.css_first(f"#{name}") is not None for name in described] == [True, True]
    assert "必須" in tree.css_first("label").text()


def test_radios_stand_in_a_named_group_and_a_check_box_beside_its_words() -> None:
    tree = render('<c-field :field="form.basis" /><c-field :field="form.agrees" />', form=Mail())
    assert tree.css_first("fieldset legend").text().startswith("根拠")
    assert [node.attributes["value"] for node in tree.css("fieldset input[type=radio].check")] == ["a", "b"]
    assert tree.css_first("label.choice input[type=checkbox]").attributes["name"] == "agrees"


def test_the_summary_of_a_form_leads_to_each_wrong_field() -> None:
    form = Mail({})
    tree = render('<c-form-errors :form="form" />', form=form)
    assert [link.attributes["href"] for link in tree.css("a")] == ["#id_address", "#id_basis"]
    assert render('<c-form-errors :form="form" />', form=Mail()).css_first(".form-errors") is None


def test_a_list_with_selection_posts_its_rows_and_one_without_has_no_form() -> None:
    chosen = render('<c-list label="顧客" selection="3"><tbody></tbody></c-list>')
    assert chosen.css_first("list-selection form input[name=csrfmiddlewaretoken]") is not None
    assert render('<c-list label="顧客"><tbody></tbody></c-list>').css_first("form") is None


@pytest.mark.parametrize(
    ("low", "high", "reading"), [(0.1, 3.0, "up"), (-3.0, -0.1, "down"), (-1.0, 1.0, "open"), (0.0, 2.0, "open"), (-2.0, 0.0, "open")]
)
def test_an_interval_is_filled_only_where_it_leaves_zero(low: float, high: float, reading: str) -> None:
    assert ui.interval_geometry(low, (low + high) / 2, high, -5, 5, 100).reading == reading


def test_an_interval_stops_at_the_ends_of_its_scale() -> None:
    geometry = ui.interval_geometry(-30, 4, 6.3, -2, 8, 440, "pt")
    assert (geometry.zero, geometry.low, geometry.point, geometry.high) == (88, 0, 264, 365.2)
    assert [words for _, words, _ in geometry.ticks] == ["−2", "0", "+2", "+4", "+6", "+8pt"]


def test_figures_carry_a_real_minus_and_differences_their_sign() -> None:
    assert (ui.figure(-1234), ui.figure(None), ui.figure(-0.04, 1), ui.figure(0)) == ("−1,234", "―", "0.0", "0")
    assert (ui.difference(1.94, 1), ui.difference(-0.8, 1), ui.difference(0), ui.difference(None)) == ("+1.9", "−0.8", "0", "―")
    assert (ui.capped(9_999), ui.capped(10_001), ui.share(62, 100), ui.share(1, 0)) == ("9,999", "10,000+", "62%", "―")


def test_the_story_page_shows_every_component(misaki_client: Client) -> None:
    answer = misaki_client.get("/_/components")
    assert answer.status_code == 200
    tree = HTMLParser(answer.content.decode())
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    assert len(tree.css(".story-side")) == 2


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"])
def test_the_doors_of_sign_in_open_in_our_look(client: Client, organisation: object, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert HTMLParser(answer.content.decode()).css_first("body.bare main h1") is not None


@pytest.mark.parametrize("path", ["/", "/settings/", "/settings/organisation/", "/settings/status/"])
def test_the_pages_of_the_platform_stand_in_the_frame(misaki_client: Client, path: str) -> None:
    answer = misaki_client.get(path)
    assert answer.status_code in {200, 403}
    if answer.status_code == 200:
        assert HTMLParser(answer.content.decode()).css_first(".frame nav.rail a[aria-current=page]") is not None
