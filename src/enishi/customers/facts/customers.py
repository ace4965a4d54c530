"""What the customer record itself knows, for rules: who they are, where, since when, and what they allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db.models import BigIntegerField, Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, ExtractDay, ExtractMonth, ExtractYear
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.customers.fields import values
from enishi.customers.fields.catalogue import fields_in_use
from enishi.customers.fields.field import Field
from enishi.customers.models import ConsentRecord, ConsentState, ContactPoint, Customer, CustomerAlias, CustomerTag, Tag
from enishi.customers.models.consent import Channel, Purpose
from enishi.platform.models import Team, User
from enishi.platform.privacy import Privacy
from enishi.platform.words import own_lazy
from enishi.rules.facts import Fact, Group
from enishi.rules.operators import ConsentOp, ConsentTest, FlagOp, FlagTest, LabelsOp, LabelsTest
from enishi.rules.shapes import Column, Consent, CustomField, Derived, Membership
from enishi.rules.tree import AllOf, Condition
from enishi.rules.values import BIRTHDAY_OPERATORS, DAY_OPERATORS, Choice, Kind, Words

PROFILE = Group("profile", _("基本情報"), "customer")
CONTACT = Group("contact", _("連絡と同意"), "mail")
OWN = Group("own", _("独自の項目"), "form")

_PREFECTURE_NAMES = (
    "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県 石川県 福井県 "
    "山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 "
    "香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県"
)
_SOURCES_KEPT_SECONDS = 600


# ---- for other apps' facts --------------------------------------------------------------------------------


def current_customer() -> Combinable:
    """Today's customer of rows that keep the id they were born with in `customer_id`.

    The plain column while nobody was ever merged, which every plan likes best. One small query.
    """
    if not CustomerAlias.rows.exists():
        return F("customer_id")
    merged_into = CustomerAlias.rows.filter(old_id=OuterRef("customer_id")).values("current_id")
    return Coalesce(Subquery(merged_into), F("customer_id"), output_field=BigIntegerField())


# ---- choices ----------------------------------------------------------------------------------------------


def _of(choices: type) -> Sequence[Choice]:
    return [Choice(value, label) for value, label in choices.choices]  # type: ignore[attr-defined]


def _prefectures() -> Sequence[Choice]:
    return [Choice(name, name) for name in _PREFECTURE_NAMES.split()]


def _sources() -> Sequence[Choice]:
    """What is in use, the most frequent first; read over all customers, so kept for ten minutes."""

    def read() -> list[str]:
        used = Customer.rows.filter(archived_at=None).exclude(acquisition_source="").order_by("acquisition_source")
        return list(used.values_list("acquisition_source", flat=True).distinct()[:200])

    return [Choice(name, name) for name in cache.get_or_set("customers.facts.sources", read, _SOURCES_KEPT_SECONDS) or []]


def _owners() -> Sequence[Choice]:
    return [Choice(str(pk), name) for pk, name in User.rows.order_by("display_name", "pk").values_list("pk", "display_name")]


def _teams() -> Sequence[Choice]:
    return [Choice(str(pk), name) for pk, name in Team.rows.order_by("name", "pk").values_list("pk", "name")]


def _tags() -> Sequence[Choice]:
    return [Choice(str(pk), name) for pk, name in Tag.rows.order_by("name").values_list("pk", "name")]


# ---- age --------------------------------------------------------------------------------------------------


def _age_sql(today: date) -> Combinable:
    """Whole years; born on 29 February, a year older on 1 March of common years."""
    still_to_come = GreaterThan(ExtractMonth("birthday_on") * 100 + ExtractDay("birthday_on"), Value(today.month * 100 + today.day))
    return Value(today.year) - ExtractYear("birthday_on") - Case(When(Q(still_to_come), then=1), default=0, output_field=IntegerField())


def _age(born: date | None, today: date) -> int | None:
    return None if born is None else today.year - born.year - ((born.month, born.day) > (today.month, today.day))


def _filled_sql(column: F) -> Combinable:
    return Case(When(Q(Exact(column, Value(""))), then=Value(False)), default=Value(True))


def _filled(value: str, today: date) -> bool:
    return value != ""


# ---- consents ---------------------------------------------------------------------------------------------


def _allowed(channel: Channel) -> QuerySet[Any]:
    return ConsentState.rows.filter(channel=channel, purpose=Purpose.MARKETING, allowed=True)


def _denied(channel: Channel) -> QuerySet[Any]:
    states = ConsentState.rows.filter(channel=channel, purpose=Purpose.MARKETING, allowed=False)
    return states.exclude(basis=ConsentRecord.Basis.UNKNOWN)


def _consent_fact(channel: Channel, label: Words) -> Fact:
    return Fact(
        key=f"consent.{channel.value}",
        label=label,
        kind=Kind.CONSENT,
        privacy=Privacy.INTERNAL,
        right="customer.consents",
        group=CONTACT,
        shape=Consent(allowed=lambda: _allowed(channel), denied=lambda: _denied(channel), customer=F("customer_id")),
    )


_MAILABLE = AllOf(
    rules=(
        Condition(fact="consent.email", test=ConsentTest(op=ConsentOp.ALLOWED)),
        Condition(fact="contact.has_email", test=FlagTest(op=FlagOp.YES)),
        Condition(fact="contact.stopped", test=LabelsTest(op=LabelsOp.NONE_OF, values=(ContactPoint.Kind.EMAIL.value,))),
    )
)


def _further() -> QuerySet[Any]:
    return ContactPoint.rows.filter(is_primary=False, state=ContactPoint.State.USABLE)


def _stopped() -> QuerySet[Any]:
    return ContactPoint.rows.filter(is_primary=True).exclude(state=ContactPoint.State.USABLE)


_PROFILE: list[Fact] = [
    Fact(
        key="customer.lifecycle",
        label=own_lazy(_("顧客ステージ")),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.stage",
        group=PROFILE,
        shape=Column(F("lifecycle")),
        choices=lambda: _of(Customer.Lifecycle),
        never_empty=True,
    ),
    Fact(
        key="customer.kind",
        label=_("区分"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.kind",
        group=PROFILE,
        shape=Column(F("kind")),
        choices=lambda: _of(Customer.Kind),
        never_empty=True,
    ),
    Fact(
        key="customer.name",
        label=_("氏名・名称"),
        kind=Kind.TEXT,
        privacy=Privacy.PERSONAL,
        right="customer.name",
        group=PROFILE,
        shape=Column(F("name")),
        never_empty=True,
    ),
    Fact(
        key="customer.kana",
        label=_("フリガナ"),
        kind=Kind.TEXT,
        privacy=Privacy.PERSONAL,
        right="customer.name",
        group=PROFILE,
        shape=Column(F("kana")),
    ),
    Fact(
        key="customer.gender",
        label=_("性別"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.gender",
        group=PROFILE,
        shape=Column(F("gender")),
        choices=lambda: _of(Customer.Gender),
    ),
    Fact(
        key="customer.language",
        label=_("言語"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.language",
        group=PROFILE,
        shape=Column(F("language")),
        choices=lambda: _of(Customer.Language),
    ),
    Fact(
        key="customer.age",
        label=_("年齢"),
        kind=Kind.NUMBER,
        privacy=Privacy.PERSONAL,
        right="customer.birthday",
        group=PROFILE,
        shape=Column(F("birthday_on"), sql=_age_sql, plain=_age),
        unit=_("歳"),
    ),
    Fact(
        key="customer.birthday",
        label=_("誕生日"),
        kind=Kind.DATE,
        privacy=Privacy.PERSONAL,
        right="customer.birthday",
        group=PROFILE,
        shape=Column(F("birthday_on")),
        operators=BIRTHDAY_OPERATORS,
    ),
    Fact(
        key="customer.prefecture",
        label=_("都道府県"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.prefecture",
        group=PROFILE,
        shape=Column(F("prefecture")),
        choices=_prefectures,
    ),
    Fact(
        key="customer.city",
        label=_("市区町村"),
        kind=Kind.TEXT,
        privacy=Privacy.PERSONAL,
        right="customer.address",
        group=PROFILE,
        shape=Column(F("city")),
    ),
    Fact(
        key="customer.source",
        label=_("流入経路"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.source",
        group=PROFILE,
        shape=Column(F("acquisition_source")),
        choices=_sources,
    ),
    Fact(
        key="customer.registered",
        label=_("登録日"),
        kind=Kind.DATE,
        privacy=Privacy.INTERNAL,
        right="customer.registered",
        group=PROFILE,
        shape=Column(F("created_at"), instant=True),
        never_empty=True,
    ),
    Fact(
        key="customer.owner",
        label=own_lazy(_("担当")),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.owner",
        group=PROFILE,
        shape=Column(F("owner_id")),
        choices=_owners,
        numbered=True,
    ),
    Fact(
        key="customer.team",
        label=_("部署"),
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right="customer.team",
        group=PROFILE,
        shape=Column(F("team_id")),
        choices=_teams,
        numbered=True,
    ),
    Fact(
        key="customer.tags",
        label=_("タグ"),
        kind=Kind.LABELS,
        privacy=Privacy.INTERNAL,
        right="customer.tags",
        group=PROFILE,
        shape=Membership(rows=CustomerTag.rows.all, customer=F("customer_id"), member=F("tag_id")),
        choices=_tags,
        numbered=True,
    ),
]

_CONTACT: list[Fact] = [
    Fact(
        key="contact.mailable",
        label=_("メールを送れる"),
        kind=Kind.FLAG,
        privacy=Privacy.INTERNAL,
        group=CONTACT,
        shape=Derived(_MAILABLE),
        phrases={
            "yes": (pgettext_lazy("of people", "メールを送れる"), _("メールを送れて")),
            "no": (_("メールを送れない"), _("メールを送れなくて")),
        },
        help=_("メールの同意があり、無効でないメールアドレスがある人です。"),
    ),
    _consent_fact(Channel.EMAIL, _("メールの同意")),
    _consent_fact(Channel.POST, _("DM（郵送）の同意")),
    _consent_fact(Channel.PHONE, _("電話の同意")),
    Fact(
        key="contact.has_email",
        label=_("メールアドレスあり"),
        kind=Kind.FLAG,
        privacy=Privacy.INTERNAL,
        group=CONTACT,
        shape=Column(F("email"), sql=lambda today: _filled_sql(F("email")), plain=_filled),
        phrases={
            "yes": (pgettext_lazy("of people", "メールアドレスがある"), _("メールアドレスがあって")),
            "no": (pgettext_lazy("of people", "メールアドレスがない"), _("メールアドレスがなくて")),
        },
    ),
    Fact(
        key="contact.has_phone",
        label=_("電話番号あり"),
        kind=Kind.FLAG,
        privacy=Privacy.INTERNAL,
        group=CONTACT,
        shape=Column(F("phone"), sql=lambda today: _filled_sql(F("phone")), plain=_filled),
        phrases={
            "yes": (pgettext_lazy("of people", "電話番号がある"), _("電話番号があって")),
            "no": (pgettext_lazy("of people", "電話番号がない"), _("電話番号がなくて")),
        },
    ),
    Fact(
        key="contact.stopped",
        label=_("使えない主な連絡先"),
        kind=Kind.LABELS,
        privacy=Privacy.INTERNAL,
        right="customer.contacts",
        group=CONTACT,
        shape=Membership(rows=_stopped, customer=F("customer_id"), member=F("kind")),
        choices=lambda: _of(ContactPoint.Kind),
        help=_("無効、または「連絡しない」とした、主なメール・電話・住所です。"),
    ),
    Fact(
        key="contact.further",
        label=_("2つ目の連絡先"),
        kind=Kind.LABELS,
        privacy=Privacy.INTERNAL,
        right="customer.contacts",
        group=CONTACT,
        shape=Membership(rows=_further, customer=F("customer_id"), member=F("kind")),
        choices=lambda: _of(ContactPoint.Kind),
        help=_("主な連絡先のほかにあって、使えるものです。"),
    ),
    Fact(
        key="customer.leave_alone",
        label=_("話しかけない"),
        kind=Kind.FLAG,
        privacy=Privacy.INTERNAL,
        right="customer.leave_alone",
        group=CONTACT,
        shape=Column(F("leave_alone")),
        phrases={
            "yes": (_("話しかけないでほしいと言っている"), _("話しかけないでほしいと言っていて")),
            "no": (_("話しかけてよい"), _("話しかけてよくて")),
        },
    ),
]

FACTS: list[Fact] = [*_PROFILE, *_CONTACT]


# ---- the company's own fields -----------------------------------------------------------------------------


def own_facts() -> list[Fact]:
    """One fact for each custom field in use that can be asked about. One query, once a request."""
    return [fact for field in fields_in_use().values() if (fact := _own_fact(field)) is not None]


_UNITS: dict[str, Words] = {"percent": "%", "duration": _("分")}


def _own_fact(field: Field) -> Fact | None:
    kind = _kind_of(field)
    if kind is None:
        return None
    return Fact(
        key=f"own.{field.key}",
        label=field.label,
        kind=kind,
        privacy=field.privacy,
        right=f"customer.{field.key}",
        group=OWN,
        shape=CustomField(field.id, instant=field.kind == "moment"),
        operators=_operators(field, kind),
        choices=(lambda: [Choice(choice.key, choice.label) for choice in field.choices]) if kind in (Kind.CHOICE, Kind.LABELS) else None,
        fractions=field.kind in ("number", "percent"),
        unit=field.unit or _UNITS.get(field.kind, ""),
        help=field.meaning,
    )


def _operators(field: Field, kind: Kind) -> tuple[str, ...]:
    """Those of its kind, where nothing is said here."""
    if field.kind in values.FILES:
        return (LabelsOp.IS_FILLED, LabelsOp.IS_EMPTY)
    return DAY_OPERATORS if kind is Kind.DATE else ()


def _kind_of(field: Field) -> Kind | None:
    """What a rule can ask of it; nothing of documents."""
    if field.kind in values.TEXTS:
        return Kind.TEXT
    if field.kind in values.SEVERAL | values.FILES:
        return Kind.LABELS
    if field.kind == "money":
        return Kind.MONEY
    if field.kind in values.FIGURES:
        return Kind.NUMBER
    return {"choice": Kind.CHOICE, "flag": Kind.FLAG, "date": Kind.DATE, "moment": Kind.DATE}.get(field.kind)
