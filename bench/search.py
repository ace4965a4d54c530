"""Server time of a search by a few letters at 1,000,000 customers: in the list as it is typed, and in the box over everything."""

from __future__ import annotations

from functools import partial
from typing import Any

from bench import large

GOAL_MS = 100
_PART = {"HX-Request": "true", "HX-Target": "div#customer-list"}
DOORS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "list": ("/customers/", {}, _PART),
    "list_by_kana": ("/customers/", {"sort": "kana"}, _PART),
    "box": ("/search/", {}, {"HX-Request": "true"}),
}
TEXTS = {
    "common_name": "佐藤",
    "next_common_name": "田中",
    "common_pair_inside": "木村",
    "one_common_letter": "田",
    "given_name": "美咲",
    "rare_name": "勅使",
    "kana": "タナ",
    "hiragana": "さと",
    "one_kana": "ア",
    "common_kana_pair": "カワ",
    "phone_fragment": "4567",
    "phone_with_hyphen": "020-0123",
    "two_digits": "12",
    "everybody": "20",
    "number": "C-000042",
    "mail_letters": "ya",
    "mail_of_everybody": "ex",
    "two_words": "佐藤 美",
    "two_common_words": "田 子",
    "whole_name": "高橋 花子",
    "no_hit_kanji": "鼎鼎",
    "no_hit_letters": "qx",
}


def run(*, quick: bool) -> dict[str, Any]:
    seeded = large.open_base(quick=quick)
    rounds = 1 if quick else 3
    by_door: dict[str, list[large.Cost]] = {}
    by_text: dict[str, list[large.Cost]] = {}
    for who in large.PEOPLE:
        client = large.sign_in(who)
        for door, (address, more, headers) in DOORS.items():
            if who == "team_masked" and door == "list_by_kana":
                continue  # who reads no names cannot sort by them
            for name, text in TEXTS.items():
                found = large.costs([partial(client.get, address, {"q": text, **more}, headers=headers)], rounds=rounds)
                by_door.setdefault(f"{who}/{door}", []).extend(found)
                by_text.setdefault(f"{who}/{door}/{name}", []).extend(found)
    everything = [one for found in by_door.values() for one in found]
    slowest = sorted(by_text, key=lambda name: -large.figures(by_text[name])["p95_ms"])[:8]
    return {
        "figures": {
            "customers": seeded["counts"]["customers_customer"],
            "requests": len(everything),
            **large.figures(everything),
            **{door: large.figures(found) for door, found in by_door.items()},
            "slowest": {name: large.figures(by_text[name]) for name in slowest},
        },
        "goal": f"server p95 < {GOAL_MS} ms in every scope and door, over common, rare and missing names, kana, phone, mail and numbers",
        "holds": all(large.figures(found)["p95_ms"] < GOAL_MS for found in by_door.values()),
    }
