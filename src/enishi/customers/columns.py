"""The customer's own columns: of the list, and of a file of customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enishi.customers import access
from enishi.customers.listing import Cell, ColumnSet, Kind, ListColumn, Value, Words
from enishi.customers.models import ConsentRecord, ConsentState, Customer, CustomerTag, Identity, Relation
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.ties import WORKS_FOR
from enishi.platform.actor import Actor
from enishi.platform.masking import mask
from enishi.platform.policy import present_values, privacy_of, right_of, watched
from enishi.platform.privacy import Privacy
from enishi.platform.sql.one_of import OneOf
from enishi.platform.words import own_lazy

#: The phase of the moon that the design system draws for each stage.
MOON: Mapping[str, str] = {"best": "loyal", "sleeping": "dormant", "revived": "returned"}

# Column → where it stands. `name`, `number`, `kind` and `kana` are read for every row of the list.
PATHS: Mapping[str, str] = {
    "number": "number",
    "kind": "kind",
    "name": "name",
    "family_name": "family_name",
    "given_name": "given_name",
    "kana": "kana",
    "former_name": "former_name",
    "stage": "lifecycle",
    "email": "email",
    "phone": "phone",
    "postal_code": "postal_code",
    "prefecture": "prefecture",
    "city": "city",
    "street": "street",
    "building": "building",
    "birthday": "birthday_on",
    "gender": "gender",
    "language": "language",
    "source": "acquisition_source",
    "owner": "owner__display_name",
    "team": "team__name",
    "registered": "created_at",
    "leave_alone": "leave_alone",
}
_CONSENTS = {f"consent_{channel.value}": channel.value for channel in Channel}


def _column(key: str, label: Words, kind: Kind = Kind.TEXT, **more: Any) -> ListColumn:
    path = PATHS[key]
    return ListColumn(key=key, label=label, kind=kind, privacy=privacy_of(Customer, path), right=right_of(Customer, path), **more)


def _stage(value: Any, today: date) -> Cell:
    return Cell(str(dict(Customer.Lifecycle.choices).get(value, "")), stage=MOON.get(value, value))


def _family_name(value: Any, today: date) -> Cell:
    return Cell(str(value).split(" ")[0])


def _labels(choices: Sequence[tuple[Any, Any]]) -> Callable[[], Mapping[str, str]]:
    return lambda: {str(key): str(label) for key, label in choices}


def _consent_words() -> Mapping[str, str]:
    return {"consent": _("同意あり"), "relation": _("取引関係"), "refused": _("停止"), "unknown": _("不明")}


_MAIL, _PHONE = gettext_lazy("メール"), gettext_lazy("電話")

COLUMNS: tuple[ListColumn, ...] = (
    _column("number", gettext_lazy("顧客番号"), Kind.CODE, in_list=False),
    _column("kind", gettext_lazy("個人・法人"), Kind.CHOICE, choices=_labels(Customer.Kind.choices)),
    _column("name", gettext_lazy("氏名・名称"), in_list=False),
    _column("family_name", gettext_lazy("姓"), in_list=False),
    _column("given_name", gettext_lazy("名"), in_list=False),
    _column("kana", gettext_lazy("フリガナ"), width="medium"),
    _column("former_name", gettext_lazy("旧姓・旧社名"), width="medium"),
    _column(
        "stage",
        own_lazy(pgettext_lazy("column", "顧客ステージ")),
        Kind.CHOICE,
        choices=_labels(Customer.Lifecycle.choices),
        shown=_stage,
        usual=10,
        heading=gettext_lazy("顧客ステージ"),
    ),
    ListColumn(
        key="member_number",
        label=gettext_lazy("会員番号"),
        kind=Kind.CODE,
        width="medium",
        privacy=Identity.privacy["value"],
        right=Identity.field_rights["value"],
        phone_label=gettext_lazy("会員番号"),
    ),
    _column("email", gettext_lazy("メールアドレス"), width="wide", phone_label=_MAIL),
    _column("phone", gettext_lazy("電話番号"), Kind.CODE, width="medium", phone_label=_PHONE),
    _column("postal_code", gettext_lazy("郵便番号"), Kind.CODE),
    _column("prefecture", gettext_lazy("都道府県"), phone_label=gettext_lazy("都道府県")),
    _column("city", gettext_lazy("市区町村"), width="medium"),
    _column("street", gettext_lazy("町域・番地"), width="wide"),
    _column("building", gettext_lazy("建物名"), width="medium"),
    _column("birthday", gettext_lazy("生年月日"), Kind.DAY, width="day", phone_label=gettext_lazy("生年月日")),
    _column("gender", gettext_lazy("性別"), Kind.CHOICE, width="short", choices=_labels(Customer.Gender.choices)),
    _column("language", gettext_lazy("言語"), Kind.CHOICE, width="medium", choices=_labels(Customer.Language.choices)),
    _column("source", pgettext_lazy("column", "流入経路"), usual=50, heading=gettext_lazy("流入経路")),
    _column("owner", own_lazy(gettext_lazy("担当")), heading=gettext_lazy("担当"), width="short", shown=_family_name, usual=60),
    _column("team", gettext_lazy("部署"), width="medium"),
    ListColumn(key="tags", label=gettext_lazy("タグ"), kind=Kind.TAGS, width="wide", usual=70),
    *(
        ListColumn(key=key, label=label, kind=Kind.CHOICE, width="medium", choices=_consent_words)
        for key, label in zip(
            _CONSENTS,
            (
                gettext_lazy("同意の状態（メール）"),
                gettext_lazy("同意の状態（DM）"),
                gettext_lazy("同意の状態（電話）"),
                gettext_lazy("同意の状態（LINE）"),
            ),
            strict=True,
        )
    ),
    _column("leave_alone", gettext_lazy("話しかけない"), Kind.FLAG),
    _column("registered", gettext_lazy("登録日"), Kind.MOMENT, width="day", sort="created", phone_label=gettext_lazy("登録日")),
)


def _values(actor: Actor, customer_ids: Sequence[int], keys: Sequence[str]) -> Mapping[int, Sequence[Value]]:
    """One query for the columns of the customers themselves; one more for tags, for member numbers, for each channel of
    consents."""
    paths = [PATHS[key] for key in keys if key in PATHS]
    rows = present_values(actor, access.readable_customers(actor).filter(OneOf(F("pk"), customer_ids)).order_by(), paths)
    if len(paths) == len(keys):
        return {row[0]: row[1:] for row in rows}
    beside = {key: _beside(actor, customer_ids, key) for key in keys if key not in PATHS}
    found: dict[int, Sequence[Value]] = {}
    for pk, *own in rows:
        values = iter(own)
        found[pk] = [beside[key].get(pk) if key in beside else next(values) for key in keys]
    return found


def _beside(actor: Actor, customer_ids: Sequence[int], key: str) -> Mapping[int, Value]:
    if key == "tags":
        return {pk: tuple(names) for pk, names in tags_of(customer_ids).items()}
    if key == "member_number":
        return _member_numbers(actor, customer_ids)
    return _consents(customer_ids, _CONSENTS[key])


def tags_of(customer_ids: Sequence[int]) -> dict[int, list[str]]:
    """Customer → names of their tags, in the order they were put. One query."""
    found: dict[int, list[str]] = {}
    pairs = CustomerTag.rows.filter(customer_id__in=customer_ids).order_by("customer_id", "id").values_list("customer_id", "tag__name")
    for customer_id, name in pairs:
        found.setdefault(customer_id, []).append(name)
    return found


def _member_numbers(actor: Actor, customer_ids: Sequence[int]) -> dict[int, Value]:
    """The first one of each. One query."""
    rows = Identity.rows.filter(kind=Identity.Kind.MEMBER, customer_id__in=customer_ids).order_by("-pk").values_list("customer_id", "value")
    if actor.reads(Identity.privacy["value"], Identity.field_rights["value"]):
        return dict(rows)
    return {pk: str(mask("value", value)) for pk, value in rows}


def _consents(customer_ids: Sequence[int], channel: str) -> dict[int, Value]:
    """On what basis each may be written to, or that they may not. One query."""
    rows = ConsentState.rows.filter(customer_id__in=customer_ids, channel=channel, purpose=Purpose.MARKETING)
    told = {(True, basis): basis for basis in (ConsentRecord.Basis.CONSENT.value, ConsentRecord.Basis.RELATION.value)}
    unknown = ConsentRecord.Basis.UNKNOWN.value
    return {
        pk: told.get((allowed, basis), unknown if basis == unknown else ConsentRecord.Basis.REFUSED.value)
        for pk, allowed, basis in rows.values_list("customer_id", "allowed", "basis")
    }


OWN_COLUMNS = ColumnSet(object="customer", columns=COLUMNS, values=_values)


# ---- where people work --------------------------------------------------------------------------------------------


def _workplaces(actor: Actor, customer_ids: Sequence[int], keys: Sequence[str]) -> Mapping[int, Sequence[Value]]:
    """The company for which each works, the main one of those that the actor sees. One query, and a row in the view log for the
    companies' names."""
    working = Relation.rows.filter(kind=WORKS_FOR, until_on=None, source_id__in=customer_ids, target__in=access.visible_customers(actor))
    rows = list(working.order_by("is_primary", "-pk").values_list("source_id", "target_id", "target__name", "department", "title"))
    if access.reads_names(actor):
        actor = watched(actor, Customer, sorted({row[1] for row in rows}), columns=("name",))
    clear = access.reads_names(actor)
    found: dict[int, Sequence[Value]] = {}
    for pk, _company, *said in rows:
        values = dict(zip(_WORKPLACE, said, strict=True))
        found[pk] = [values[key] if clear else str(mask("name" if key == "workplace" else key, values[key])) for key in keys]
    return found


_WORKPLACE = ("workplace", "department", "job_title")
WORKPLACES = ColumnSet(
    object="customer",
    columns=(
        ListColumn(
            key="workplace",
            label=gettext_lazy("勤務先"),
            width="wide",
            privacy=Privacy.PERSONAL,
            right=access.NAME,
            phone_label=gettext_lazy("勤務先"),
        ),
        ListColumn(key="department", label=gettext_lazy("勤務先の部署"), width="medium", privacy=Privacy.PERSONAL),
        ListColumn(key="job_title", label=gettext_lazy("役職"), width="medium", privacy=Privacy.PERSONAL),
    ),
    values=_workplaces,
)
