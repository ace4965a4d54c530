"""The company's own words for a few nouns of the screens, and for the stages of customers: 取引先 where we say 顧客.

They are held in the settings and put in where a text of ours is shown: in the menu, headings, titles, labels of forms and
lists. Only texts that the product itself says go through here, never what people have written; and only on screens: outside of
a request (files, jobs) our own words stay, so that a file always has the same headings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from enishi.platform import once
from enishi.platform.models import Organisation

type Chosen = Mapping[str, Mapping[str, str]]  # term → {"ja", "en", "en_plural"}

_QUESTION = "words"


@dataclass(frozen=True, slots=True)
class Term:
    """A noun that may be renamed, as we say it."""

    ja: str
    en: str
    en_plural: str = ""  # a label has none

    def words(self) -> dict[str, str]:
        found = {"ja": self.ja, "en": self.en}
        return found | {"en_plural": self.en_plural} if self.en_plural else found


#: Nouns that stand within our texts.
NOUNS: Final[Mapping[str, Term]] = {
    "customer": Term("顧客", "customer", "customers"),
    "owner": Term("担当", "owner", "owners"),
}
#: 顧客ステージ: words that stand alone, as labels.
STAGES: Final[Mapping[str, Term]] = {
    "stage_prospect": Term("見込み", "Prospect"),
    "stage_considering": Term("検討", "Considering"),
    "stage_first": Term("初回", "First-time"),
    "stage_repeat": Term("リピート", "Repeat"),
    "stage_best": Term("優良", "Loyal"),
    "stage_sleeping": Term("休眠", "Dormant"),
    "stage_lost": Term("離反", "Churned"),
    "stage_revived": Term("復活", "Won back"),
}
#: How long a word may be: a stage stands in a narrow column of the list.
LONGEST: Final[Mapping[str, int]] = dict.fromkeys(("ja", "en", "en_plural"), 20)
LONGEST_STAGE: Final[Mapping[str, int]] = {"ja": 8, "en": 14}
TERMS: Final[Mapping[str, Term]] = {**NOUNS, **STAGES}
_JAPANESE = re.compile("|".join(term.ja for term in NOUNS.values()))
_IN_JAPANESE = {term.ja: key for key, term in NOUNS.items()}
_IN_ENGLISH = {word: (key, part) for key, term in NOUNS.items() for part, word in term.words().items() if part != "ja"}
_ENGLISH = re.compile(rf"\b(?:(an?) )?({'|'.join(sorted(_IN_ENGLISH, key=len, reverse=True))})\b", re.IGNORECASE)


def name_and_words() -> tuple[str, Chosen]:
    """What the frame of every page says of the organisation: its name and its words. One query, once a request."""
    return once.once(_QUESTION, lambda: Organisation.rows.values_list("name", "words").first() or ("", {}))


def forget() -> None:
    """Somebody has just chosen others."""
    once.forget(_QUESTION)


def own(text: str | Promise) -> str:
    """A text of ours in the company's words, in the language of the screen. One query, once a request."""
    said = str(text)
    chosen = name_and_words()[1] if once.is_open() else {}
    if not chosen:
        return said
    if (get_language() or "ja").startswith("ja"):
        return _JAPANESE.sub(lambda found: chosen.get(_IN_JAPANESE[found[0]], {}).get("ja") or found[0], said)
    return _ENGLISH.sub(lambda found: _english(found, chosen), said)


#: The same for a text that is said later, in whatever request: a label of a class.
own_lazy = lazy(own, str)


def _label(key: str, ours: Promise) -> str:
    chosen = name_and_words()[1].get(key, {}) if once.is_open() else {}
    return chosen.get("ja" if (get_language() or "ja").startswith("ja") else "en") or str(ours)


#: A label that may be renamed as a whole, by its key and as we say it. In the company's words within a request.
label_lazy = lazy(_label, str)


def _english(found: re.Match[str], chosen: Chosen) -> str:
    """With the article that the new word takes, and a capital where ours had one."""
    article, ours = found.groups()
    key, part = _IN_ENGLISH[ours.lower()]
    word = chosen.get(key, {}).get(part)
    if not word:
        return found[0]
    if article:
        fitting = "an" if word[0].lower() in "aeiou" else "a"
        return f"{fitting.capitalize() if article[0].isupper() else fitting} {word}"
    return word[0].upper() + word[1:] if ours[0].isupper() else word
