"""One rule of the input standards, as it is stored, and which rules suit which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field as OwnField
from enishi.customers.standards.patterns import objection
from enishi.platform.errors import Invalid
from enishi.platform.words import own_lazy

MOST_RULES = 200
MOST_WORDS = 100

type Check = Literal[
    "width", "spaces", "hyphens", "kana", "case", "company_form", "required", "forbidden", "pattern", "longest", "encodable", "lookalikes",
    "corporate_number", "invoice_number",
]  # fmt: skip
type Mode = Literal["fix", "refuse", "warn"]

CHECKS: Final[Mapping[str, str | Promise]] = {
    "width": gettext_lazy("全角と半角"),
    "spaces": gettext_lazy("空白"),
    "hyphens": gettext_lazy("ハイフン"),
    "kana": gettext_lazy("かなの種類"),
    "case": gettext_lazy("大文字と小文字"),
    "company_form": gettext_lazy("法人格の書き方"),
    "required": gettext_lazy("必須"),
    "forbidden": gettext_lazy("使えない言葉・文字"),
    "pattern": gettext_lazy("決まった形"),
    "longest": gettext_lazy("長さ"),
    "encodable": gettext_lazy("機種依存文字・絵文字"),
    "lookalikes": gettext_lazy("似た文字の打ち間違い"),
    "corporate_number": gettext_lazy("法人番号の検査数字"),
    "invoice_number": gettext_lazy("適格請求書の登録番号"),
}
#: Checks that choose between writings → their choices.
CHOICES: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    "width": {
        "ascii_half": gettext_lazy("英数字と記号を半角に、カタカナを全角に"),
        "ascii_full": gettext_lazy("英数字と記号を全角に、カタカナも全角に"),
        "digits_half": gettext_lazy("数字だけを半角に"),
        "kana_full": gettext_lazy("カタカナだけを全角に"),
    },
    "spaces": {
        "none": gettext_lazy("空白を入れない"),
        "half": gettext_lazy("半角の空白1つにそろえる"),
        "full": gettext_lazy("全角の空白1つにそろえる"),
    },
    "hyphens": {
        "half": gettext_lazy("数字の間を半角ハイフン（-）に"),
        "full": gettext_lazy("数字の間を全角ハイフン（－）に"),
    },
    "kana": {"katakana": gettext_lazy("カタカナに"), "hiragana": gettext_lazy("ひらがなに")},
    "case": {"upper": gettext_lazy("大文字に"), "lower": gettext_lazy("小文字に")},
    "company_form": {
        "long": gettext_lazy("略さずに書く（株式会社）"),
        "short": gettext_lazy("略して書く（（株））"),
        "written": gettext_lazy("法人格を必ず書く"),
        "before": gettext_lazy("前に書く（前株）"),
        "after": gettext_lazy("後ろに書く（後株）"),
    },
}
MODES: Final[Mapping[str, str | Promise]] = {
    "fix": gettext_lazy("自動で直す"),
    "refuse": gettext_lazy("受けつけない"),
    "warn": gettext_lazy("知らせるだけ"),
}
#: Checks of which a machine knows the right writing. The place of a legal form is part of a registered name: never changed.
_FIXABLE: Final = frozenset({"width", "spaces", "hyphens", "kana", "case", "company_form"})
_NOT_FIXED: Final = frozenset({"written", "before", "after"})

_TEXT: Final = ("width", "spaces", "forbidden", "longest", "encodable", "lookalikes")
_PART_OF_NAME: Final = ("width", "spaces", "forbidden", "encodable", "lookalikes")
#: Built-in fields → the checks that suit them; what is stored in one form anyway (kana, phone, postal code, mail) needs no width.
BUILT_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (*_TEXT, "company_form", "case"),
    "family_name": _PART_OF_NAME,
    "given_name": (*_PART_OF_NAME, "required"),
    "kana": ("required", "forbidden"),
    "former_name": _PART_OF_NAME,
    "email": ("required", "forbidden", "pattern"),
    "phone": ("required", "forbidden", "pattern"),
    "postal_code": ("required", "forbidden"),
    "prefecture": ("required",),
    "city": (*_TEXT, "required"),
    "street": (*_TEXT, "hyphens", "required"),
    "building": (*_TEXT, "hyphens", "required"),
    "birthday_on": ("required",),
    "gender": ("required",),
    "language": ("required",),
    "acquisition_source": (*_TEXT, "required"),
    "owner_id": ("required",),
    "team_id": ("required",),
}
LABELS: Final[Mapping[str, str | Promise]] = {
    "name": gettext_lazy("会社・団体の名称"),
    "family_name": gettext_lazy("姓"),
    "given_name": gettext_lazy("名"),
    "kana": gettext_lazy("フリガナ"),
    "former_name": gettext_lazy("旧姓・旧社名"),
    "email": gettext_lazy("メールアドレス"),
    "phone": gettext_lazy("電話番号"),
    "postal_code": gettext_lazy("郵便番号"),
    "prefecture": gettext_lazy("都道府県"),
    "city": gettext_lazy("市区町村"),
    "street": gettext_lazy("町名・番地"),
    "building": gettext_lazy("建物名・部屋番号"),
    "birthday_on": gettext_lazy("生年月日"),
    "gender": gettext_lazy("性別"),
    "language": gettext_lazy("言語"),
    "acquisition_source": gettext_lazy("流入経路"),
    "owner_id": own_lazy(gettext_lazy("担当")),
    "team_id": gettext_lazy("部署・店舗"),
}
#: Fields that people, or companies, alone have.
OF_PEOPLE: Final = frozenset({"family_name", "given_name", "birthday_on", "gender"})
OF_COMPANIES: Final = frozenset({"name"})
#: A former name obeys the rules of the name that it was, beside those of its own.
FORMER: Final = "former_name"
NAMES: Final[Mapping[str, str | Promise]] = {"family_name": gettext_lazy("旧姓にも"), "name": gettext_lazy("旧社名にも")}
_OWN_TEXT: Final = (*_TEXT, "hyphens", "kana", "case", "company_form", "required", "pattern", "corporate_number", "invoice_number")


class Rule(BaseModel):
    """One rule about one field. `choice`: of `CHOICES`; `words`, `pattern`, `most`: what the check asks for; `stages`: only there a
    field is required; `for_kind`: person, company, or both. `message`: the company's own words to whoever breaks it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Annotated[str, Field(pattern="r[0-9]{1,6}", max_length=7)]
    field: Annotated[str, Field(max_length=20)]
    check: Check
    mode: Mode
    choice: Annotated[str, Field(max_length=12)] = ""
    words: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(max_length=MOST_WORDS)] = ()
    pattern: Annotated[str, Field(max_length=120)] = ""
    most: Annotated[int, Field(ge=0, le=4000)] = 0
    stages: Annotated[tuple[Annotated[str, Field(max_length=12)], ...], Field(max_length=10)] = ()
    for_kind: Literal["", "person", "company"] = ""
    message: Annotated[str, Field(max_length=200)] = ""
    example: Annotated[str, Field(max_length=100)] = ""

    @property
    def fixes(self) -> bool:
        return self.mode == "fix"


type Rules = tuple[Rule, ...]
_RULES: Final = TypeAdapter(list[Rule])


def read(stored: object) -> Rules:
    """Stored rules. Raises Invalid where one is not whole."""
    try:
        rules = tuple(_RULES.validate_python(stored))
    except ValidationError as problem:
        raise Invalid(_("入力基準として読めません。")) from problem
    if len(rules) > MOST_RULES:
        raise Invalid(_("入力基準は%(n)d件までです。") % {"n": MOST_RULES})
    return rules


def dumped(rules: Sequence[Rule]) -> list[dict[str, object]]:
    return [rule.model_dump(mode="json") for rule in rules]


def checks_of(field: str, own: Mapping[str, OwnField]) -> tuple[str, ...]:
    """The checks that suit a field; none for one that is gone or counts by itself."""
    if field in BUILT_IN:
        return BUILT_IN[field]
    found = own.get(field)
    if found is None or found.retired or found.kind in ("auto_number", "flag"):
        return ()
    return _OWN_TEXT if found.kind in ("text", "long_text") else ("required",)


def may_fix(check: str, choice: str) -> bool:
    return check in _FIXABLE and choice not in _NOT_FIXED


def whole(rule: Rule, *, own: Mapping[str, OwnField] | None = None) -> Rule:
    """The rule, if it makes sense. Raises Invalid, by field of the form."""
    own = catalogue.fields_in_use() if own is None else own
    problems: dict[str, list[str]] = {}
    if rule.check not in checks_of(rule.field, own):
        problems["check"] = [_("この項目には使えない基準です。")]
    if rule.check in CHOICES and rule.choice not in CHOICES[rule.check]:
        problems["choice"] = [_("一覧から選んでください。")]
    if rule.check == "forbidden" and not rule.words:
        problems["words"] = [_("使えない言葉や文字を、1行に1つずつ入力してください。")]
    if rule.check == "longest" and not rule.most:
        problems["most"] = [_("何文字までか、入力してください。")]
    if rule.check == "pattern" and (wrong := objection(rule.pattern)):
        problems["pattern"] = [wrong]
    if rule.mode == "fix" and not may_fix(rule.check, rule.choice):
        problems["mode"] = [_("この基準は自動では直せません。「受けつけない」か「知らせるだけ」を選んでください。")]
    if rule.check == "lookalikes" and rule.mode != "warn":
        problems["mode"] = [_("似た文字は、正しいこともあります。「知らせるだけ」を選んでください。")]
    if problems:
        raise Invalid(fields=problems)
    return rule


def label_of(field: str, own: Mapping[str, OwnField]) -> str:
    return str(LABELS[field]) if field in LABELS else own[field].label if field in own else field


def suits(rule: Rule, kind: str, own: Mapping[str, OwnField]) -> bool:
    """Whether the rule speaks of customers of this kind."""
    if rule.for_kind not in ("", kind):
        return False
    if rule.field in OF_PEOPLE:
        return kind == "person"
    if rule.field in OF_COMPANIES:
        return kind == "company"
    mine = own.get(rule.field)
    return mine is None or mine.suits(kind)
