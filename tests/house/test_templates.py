"""What templates must not do: act as code, cost a row its speed, or let raw text into an attribute."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COTTON = ROOT / "src/enishi/platform/templates/cotton"
TEMPLATES = sorted((ROOT / "src/enishi").glob("*/templates/**/*.html"))
PAGES = [path for path in TEMPLATES if path.parent != COTTON]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "src/enishi"))


def declared(component: str) -> set[str]:
    """The names in a component's <c-vars>, without the colon of dynamic ones."""
    text = (COTTON / f"{component.replace('-', '_')}.html").read_text()
    found = re.search(r"<c-vars(.*?)/>", text, re.DOTALL)
    return {name.lstrip(":") for name in re.findall(r"(:?[\w-]+)=", found.group(1))} if found else set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_no_inline_code_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script\b|<style\b|\sstyle=|\son\w+=|hx-on|javascript:|\|safe\b|\bautoescape off", text)
    assert not re.search(r"hx-(vals|headers|confirm)[:\w]*=.js:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_icon_is_one_that_is_shipped(path: Path) -> None:
    shipped = set(json.loads((ROOT / "frontend/icons.json").read_text()))
    text = path.read_text()
    named = re.findall(r"{% icon \"([\w-]+)\"", text) + re.findall(r"<c-[\w-]+[^>]*?\sicon(?:_after)?=\"([\w-]+)\"", text)
    named += re.findall(r"<c-icon name=\"([\w-]+)\"", text)
    assert set(named) <= shipped


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_components_exist_and_raw_values_reach_only_what_they_declare(path: Path) -> None:
    """`:name="value"` is not escaped in `{{ attrs }}`; so it may only name what the component prints itself."""
    text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    for component, attributes in re.findall(r"<c-([\w-]+)((?:\s+[^\s/>\"'=]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)", text):
        if component == "slot":
            continue
        dynamic = set(re.findall(r"\s:([\w-]+)=", attributes))
        assert dynamic <= declared(component), f"<c-{component}> does not declare {dynamic - declared(component)}"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_what_asks_while_somebody_types_gives_way_to_what_they_typed_last(path: Path) -> None:
    """Without a word htmx drops what was typed while an answer was on its way, and the page goes on showing an older one."""
    text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    for element in re.findall(r"<[^<>]*\shx-trigger=\"[^\"]*\b(?:input|change)\b[^<>]*>", text):
        assert re.search(r"\shx-sync(?::inherited)?=\"[^\"]+\"", element), element


def loops_with_rows(text: str) -> list[str]:
    """The bodies of `{% for %}` loops that write table rows."""
    bodies: list[str] = []
    starts: list[int] = []
    for tag in re.finditer(r"{%\s*(for|endfor)\b.*?%}", text):
        if tag.group(1) == "for":
            starts.append(tag.end())
        elif starts:
            body = text[starts.pop() : tag.start()]
            if "<tr" in body:
                bodies.append(body)
    return bodies


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_row_loop_writes_values_only(path: Path) -> None:
    """50 rows in under 50 ms: no component, include or reversed address inside the loop."""
    for body in loops_with_rows(path.read_text()):
        assert not re.search(r"<c-|{%\s*(include|url)\b", body)
