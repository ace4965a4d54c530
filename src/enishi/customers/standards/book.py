"""The one evaluator: what a set of rules makes of what is written about a customer. Pure; it goes to the preparing process, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Field as OwnField
from enishi.customers.standards.patterns import LONGEST_TEXT, fits
from enishi.customers.standards.rule import FORMER, NAMES, Rule, suits
from enishi.customers.standards.writing import ORDER, WRITINGS
from enishi.platform.japanese.company import parse_company, parse_corporate_number, parse_invoice_number
from enishi.platform.japanese.lookalikes import lookalikes, put_right
from enishi.platform.japanese.normalise import fold

#: A text that has not come to rest by then has rules that contradict each other; the last one stands.
_ROUNDS: Final = 4
MENDED: Final = "mended"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of a field: by the check that objects to it, or `MENDED` of one that is written otherwise now. `text`: what stands
    there since it was mended, else a writing that would be right, "" where only the writer knows."""

    field: str
    code: str
    words: str
    text: str = ""
    refused: bool = False


@dataclass(slots=True)
class Verdict:
    """What became of the values. `fixed`: by field, those that are written otherwise now. `objections`: what no machine mends."""

    fixed: dict[str, str] = field(default_factory=dict)
    objections: list[Remark] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # keys of the rules that are broken, each once, mended ones among them

    @property
    def refused(self) -> dict[str, list[str]]:
        return _by_field(one for one in self.objections if one.refused)

    @property
    def warned(self) -> dict[str, list[str]]:
        return _by_field(one for one in self.objections if not one.refused)

    @property
    def fields(self) -> tuple[str, ...]:
        """Those of which anything is to be said, each once."""
        return tuple(dict.fromkeys([*self.fixed, *(one.field for one in self.objections)]))

    @property
    def told(self) -> tuple[Remark, ...]:
        """What whoever wrote it is told of values that were taken: what was mended, then what is odd."""
        mended = [
            Remark(name, MENDED, _("入力基準に合わせて「%(text)s」に直しました。") % {"text": text}, text)
            for name, text in self.fixed.items()
        ]
        return (*mended, *(one for one in self.objections if not one.refused))


def _by_field(remarks: Iterable[Remark]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in remarks:
        found.setdefault(one.field, []).append(one.words)
    return found


@dataclass(frozen=True)
class Book:
    """A set of rules, with the company's own fields that they are about."""

    version: int = 0  # of the published one; 0 for none
    rules: tuple[Rule, ...] = ()
    own: Mapping[str, OwnField] = field(default_factory=dict)

    def judge(
        self,
        values: Mapping[str, object],
        *,
        only: Collection[str] | None = None,
        before: Mapping[str, object] | None = None,
        required: bool = True,
    ) -> Verdict:
        """`values` by name, with kind and lifecycle. `only`: the fields that somebody has just written; what stands elsewhere is not
        their matter. `before`: what stood there; a field that is required is missed only where it was filled. `required`: whether to ask
        for what is missing at all."""
        found = Verdict()
        if not self.rules:
            return found
        kind = str(values.get("kind") or "person")
        for name, rules in self._by_kind.get(kind, {}).items():
            value = values.get(name)
            if value in (None, "", [], ()):
                if required:
                    self._missing(name, rules, values, before, found)
            elif isinstance(value, str) and (only is None or name in only):
                _written(name, rules, value, kind, found)
        return found

    @cached_property
    def _by_kind(self) -> dict[str, dict[str, tuple[Rule, ...]]]:
        """Kind of customer → field → its rules: those that fix first, in the order of the writings."""
        last = len(ORDER)
        found: dict[str, dict[str, tuple[Rule, ...]]] = {}
        for kind in ("person", "company"):
            mine = [rule for rule in self.rules if suits(rule, kind, self.own)]
            mine.sort(key=lambda rule: (not rule.fixes, ORDER.get((rule.check, rule.choice), last)))
            by_field: dict[str, list[Rule]] = {}
            for rule in mine:
                for name in (rule.field, FORMER) if rule.field in NAMES else (rule.field,):
                    by_field.setdefault(name, []).append(rule)
            found[kind] = {name: tuple(rules) for name, rules in by_field.items()}
        return found

    def _missing(
        self, name: str, rules: Sequence[Rule], values: Mapping[str, object], before: Mapping[str, object] | None, found: Verdict
    ) -> None:
        if before is not None and before.get(name) in (None, "", [], ()):
            return
        for rule in rules:
            if rule.check == "required" and (not rule.stages or values.get("lifecycle") in rule.stages):
                _note(found, name, rule, rule.message or _("入力してください。"))

    @property
    def fields(self) -> set[str]:
        """Those for which there are rules."""
        return {name for by_field in self._by_kind.values() for name in by_field}


def _written(name: str, rules: Sequence[Rule], value: str, kind: str, found: Verdict) -> None:
    text, fixing = value, [rule for rule in rules if rule.fixes]
    for _round in range(_ROUNDS):
        start = text
        for rule in fixing:
            after = WRITINGS[rule.check, rule.choice](text)
            if after and after != text:
                text = after
                _break(found, rule)
        if text == start:
            break
    if text != value:
        found.fixed[name] = text
    for rule in rules:
        if not rule.fixes and (words := _problem(rule, text, kind)):
            _note(found, name, rule, rule.message or words, _meant(rule, text))


def _meant(rule: Rule, text: str) -> str:
    """A writing to which the rule would not object; "" where only the writer knows."""
    if rule.check == "lookalikes":
        return put_right(text, big_kana=rule.field == "name")
    write = WRITINGS.get((rule.check, rule.choice))
    return write(text) if write is not None else ""


def _note(found: Verdict, name: str, rule: Rule, words: str, text: str = "") -> None:
    found.objections.append(Remark(name, rule.check, words, text, rule.mode == "refuse"))
    _break(found, rule)


def _break(found: Verdict, rule: Rule) -> None:
    if rule.key not in found.broken:
        found.broken.append(rule.key)


def _problem(rule: Rule, text: str, kind: str) -> str:
    """What is wrong with a text by a rule that does not fix it; "" for nothing."""
    if rule.check in _OBJECTIONS:
        return _OBJECTIONS[rule.check](rule, text, kind)
    write = WRITINGS.get((rule.check, rule.choice))
    if write is not None and (after := write(text)) != text:
        return _("「%(text)s」と書いてください。") % {"text": after}
    return ""


def _forbidden(rule: Rule, text: str, kind: str) -> str:
    hit = next((word for word in rule.words if word in text or (len(word) > 1 and fold(word) in fold(text))), None)
    return _("「%(word)s」は使えません。") % {"word": hit} if hit else ""


def _pattern(rule: Rule, text: str, kind: str) -> str:
    if len(text) > LONGEST_TEXT:
        return _("%(n)d文字以内で入力してください。") % {"n": LONGEST_TEXT}
    return (
        "" if fits(rule.pattern, text) else _("決まった形で入力してください。例：%(example)s") % {"example": rule.example or rule.pattern}
    )


def _longest(rule: Rule, text: str, kind: str) -> str:
    return _("%(n)d文字以内で入力してください。") % {"n": rule.most} if len(text) > rule.most else ""


def _encodable(rule: Rule, text: str, kind: str) -> str:
    try:
        text.encode("cp932")
    except UnicodeEncodeError as problem:
        return _("「%(letter)s」は、ほかの機器やソフトで表示できないことがあります。") % {"letter": text[problem.start : problem.end]}
    return ""


def _lookalike(rule: Rule, text: str, kind: str) -> str:
    hit = next(iter(lookalikes(text, big_kana=rule.field == "name")), None)
    if hit is None:
        return ""
    if not hit.meant:
        return _("「%(typed)s」は、アルファベットに似た別の文字です。") % {"typed": hit.typed}
    return _("「%(typed)s」は「%(meant)s」の打ち間違いではありませんか（%(name)s）。") % {
        "typed": hit.typed,
        "meant": hit.meant,
        "name": _("%(n)d文字目") % {"n": hit.at + 1},
    }


def _corporate(rule: Rule, text: str, kind: str) -> str:
    return (
        ""
        if parse_corporate_number(text)
        else _("法人番号として正しくありません。13桁の数字を確かめてください（先頭の1桁は検査数字です）。")
    )


def _invoice(rule: Rule, text: str, kind: str) -> str:
    return "" if parse_invoice_number(text) else _("登録番号は「T」と13桁の数字で入力してください。例：T1234567890123")


def _form_place(rule: Rule, text: str, kind: str) -> str:
    if rule.choice not in ("written", "before", "after"):
        write = WRITINGS[rule.check, rule.choice]
        return _("「%(text)s」と書いてください。") % {"text": write(text)} if write(text) != text else ""
    found = parse_company(text)
    if rule.choice == "written":
        return _("株式会社などの法人格も入力してください。") if found.place == "none" else ""
    if found.place in ("none", rule.choice):
        return ""
    return _("登記のとおりか確かめてください（法人格の位置）。")


_OBJECTIONS: Final[Mapping[str, Callable[[Rule, str, str], str]]] = {
    "forbidden": _forbidden,
    "pattern": _pattern,
    "longest": _longest,
    "encodable": _encodable,
    "lookalikes": _lookalike,
    "corporate_number": _corporate,
    "invoice_number": _invoice,
    "company_form": _form_place,
}
