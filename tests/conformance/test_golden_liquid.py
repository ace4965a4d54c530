"""The published cases of the Liquid language, run through our own renderer.

python-liquid passes 1,048 of the 1,054 cases in its strict mode. Ours passes the same ones, apart from those that load
another template (`include` and `render`, which are not offered).
"""

import json
from pathlib import Path

import pytest

from enishi.platform.liquid import LiquidError, compile_template

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "golden-liquid" / "golden_liquid.json"

# The library itself differs from Shopify's Liquid here.
LIBRARY_DIFFERS = {
    "blank and empty, false is equal to blank",
    "blank and empty, nil is equal to blank",
    "blank and empty, null is equal to blank",
    "blank and empty, undefined is equal to blank",
    "tags, case, unexpected when token, strict2",
    "tags, comment, incomplete tags are not parsed",
}
ASSUMES_UTC = {"filters, date, seconds since epoch format directive"}  # ours reads dates in the business zone

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not GOLDEN.exists(), reason=f"the golden Liquid cases are not here ({GOLDEN})"),
]


def outcome(case):
    """The text, or the refusal. Nothing else may come out of the renderer, whatever the case."""
    try:
        return compile_template(case["template"], "text", missing="blank").render(case.get("data") or {})
    except LiquidError as refusal:
        return refusal


def agrees(case):
    got = outcome(case)
    if case.get("invalid"):
        return isinstance(got, LiquidError)
    return got in case["results"] if "results" in case else got == case["result"]


def test_the_renderer_speaks_liquid():
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))["tests"]
    loading = {case["name"] for case in cases if {"include tag", "render tag"} & set(case.get("tags", []))}

    different = {case["name"] for case in cases if not agrees(case)}

    assert len(cases) == 1054
    assert different - loading - ASSUMES_UTC == LIBRARY_DIFFERS


def test_nothing_is_ever_loaded():
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))["tests"]
    assert all(isinstance(outcome(case), LiquidError) for case in cases if case.get("templates"))
