"""A rule in words, with its example: for the settings page and the printed rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Field as OwnField
from enishi.customers.models import Customer
from enishi.customers.models.contacts import VALUES
from enishi.customers.standards.book import Book
from enishi.customers.standards.rule import CHECKS, CHOICES, MODES, NAMES, Rule, label_of


@dataclass(frozen=True, slots=True)
class RuleWords:
    key: str
    field: str
    check: str
    sentence: str  # what is asked for
    who: str  # 個人・法人, stages; what obeys it beside the field
    mode: str
    mode_key: str
    before: str  # the example as it is typed
    after: str  # what becomes of it, or what is said of it
    message: str


def rule_words(rule: Rule, own: Mapping[str, OwnField]) -> RuleWords:
    before, after = _example(rule, own)
    return RuleWords(
        key=rule.key,
        field=label_of(rule.field, own),
        check=str(CHECKS[rule.check]),
        sentence=_sentence(rule),
        who="・".join(_who(rule)),
        mode=str(MODES[rule.mode]),
        mode_key=rule.mode,
        before=before,
        after=after,
        message=rule.message,
    )


def _sentence(rule: Rule) -> str:
    match rule.check:
        case "required":
            return _("必ず入力する")
        case "forbidden":
            shown = "、".join(f"「{word}」" for word in rule.words[:8])
            more = len(rule.words) - 8
            return _("使わない：%(words)s") % {"words": shown} + (_(" ほか%(n)d件") % {"n": more} if more > 0 else "")
        case "pattern":
            return _("決まった形で書く：%(pattern)s") % {"pattern": rule.pattern}
        case "longest":
            return _("%(n)d文字まで") % {"n": rule.most}
        case "encodable":
            return _("機種依存文字や絵文字を使わない")
        case "lookalikes":
            return _("見た目の似た文字（ニと二、ーと一など）を取り違えない")
        case "corporate_number":
            return _("13桁で、先頭の検査数字が合っている")
        case "invoice_number":
            return _("「T」と13桁の数字")
    return str(CHOICES[rule.check][rule.choice])


def _who(rule: Rule) -> list[str]:
    beside = NAMES.get(rule.field) or (_("ほかの連絡先にも") if rule.field in VALUES and rule.check != "required" else "")
    kinds = [str(Customer.Kind(rule.for_kind).label)] if rule.for_kind else []
    return [
        *kinds,
        *(str(Customer.Lifecycle(stage).label) for stage in rule.stages if stage in Customer.Lifecycle.values),
        *filter(None, [str(beside)]),
    ]


def _example(rule: Rule, own: Mapping[str, OwnField]) -> tuple[str, str]:
    """The example and what the rule makes of it, by the evaluator itself: a rulebook that says something else than the form cannot be."""
    if not rule.example:
        return "", ""
    kind = rule.for_kind or ("company" if rule.field == "name" else "person")
    verdict = Book(0, (rule,), own).judge({"kind": kind, rule.field: rule.example}, required=False)
    said = [*verdict.fixed.values(), *(one.words for one in verdict.objections)]
    return rule.example, said[0] if said else _("そのまま")


def always() -> list[tuple[str, str]]:
    """What is done to every text at every door, whatever the rules say: (field, words)."""
    return [
        (_("すべての項目"), _("前後の空白と、目に見えない文字を取り除く。続いた空白は1つにする。文字は入力したまま（NFC）残す")),
        (_("フリガナ"), _("ひらがな・半角カタカナを全角カタカナに")),
        (_("電話番号"), _("090-1234-5678 の形に。全角・かっこ・+81 も読む")),
        (_("郵便番号"), _("920-0831 の形に")),
        (_("メールアドレス"), _("半角・小文字に。形を確かめる")),
        (_("氏名"), _("漢字は変えない。髙橋は髙橋のまま、検索と名寄せでは高橋と同じに扱う")),
    ]
