"""What an API token may be allowed by name: the fields of customers and the parts of what is kept with them.

A token with such a list shows and writes what stands on it, and nothing else: neither a field that is made tomorrow nor a column that
nobody named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.details import Details, column_of
from enishi.customers.fields import catalogue
from enishi.customers.models.customer import FIELD_RIGHTS
from enishi.customers.standards.book import Remark
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.objects import OpenField


def open_fields() -> list[OpenField]:
    """In the order of the screen, the company's own in use last. One query, once a request."""
    basics, reach, staff = _("基本情報"), _("連絡先と住所"), _("担当とステージ")
    said, kept, ties, own = _("同意とタグ"), _("活動と購入"), _("つながり"), _("独自の項目")
    return [
        OpenField(access.NAME, _("氏名・フリガナ"), basics, _("姓・名・フリガナ・旧姓。氏名での検索も")),
        OpenField("customer.kind", _("個人・法人の区分"), basics),
        OpenField("customer.birthday", _("生年月日"), basics, _("年齢も")),
        OpenField("customer.gender", _("性別"), basics),
        OpenField("customer.language", _("言語"), basics),
        OpenField("customer.source", _("流入経路"), basics),
        OpenField("customer.registered", _("登録日"), basics),
        OpenField(access.MEMBER_NUMBER, _("会員番号・ショップの顧客ID"), basics, _("この番号で探し、登録・更新する")),
        OpenField(access.EMAIL, _("メールアドレス"), reach, _("このアドレスで探し、登録・更新する")),
        OpenField(access.PHONE, _("電話番号"), reach, _("この番号で探し、登録・更新する")),
        OpenField(access.ADDRESS, _("住所（都道府県を除く）"), reach, _("郵便番号・市区町村・番地・建物名")),
        OpenField("customer.prefecture", _("都道府県"), reach),
        OpenField(access.CONTACTS, _("2つ目以降の連絡先"), reach, _("それぞれの種類とメモ、使えるかどうか。値は、上で選んだ種類だけ")),
        OpenField("customer.owner", _("担当"), staff),
        OpenField("customer.team", _("部署"), staff),
        OpenField("customer.stage", _("顧客ステージ"), staff),
        OpenField("customer.leave_alone", _("話しかけない"), staff),
        OpenField(access.CONSENTS, _("同意"), said, _("どの連絡方法で案内してよいか。配信停止の有無も")),
        OpenField(access.TAGS, _("タグ"), said),
        OpenField(access.ACTIVITIES, _("活動とメモ"), kept, _("来店・電話・メモの本文と、コメント")),
        OpenField(access.TASKS, _("タスク"), kept, _("次にすることの内容・期限・担当")),
        OpenField(access.FILES, _("ファイル"), kept, _("顧客に添えたファイル")),
        OpenField(access.RELATIONS, _("関係"), ties, _("勤務先・世帯・紹介など、つながる相手の番号")),
        OpenField(access.SHARES, _("共有"), ties, _("だれに共有しているか")),
        *(OpenField(f"customer.{field.key}", field.label, own, field.meaning) for field in catalogue.fields_in_use().values()),
    ]


# ---- answers ------------------------------------------------------------------------------------------------------

#: What an answer about a customer holds beside their own columns, and under which name a list opens it.
_BESIDE: Final[Mapping[str, str]] = {
    "team_id": "customer.team",
    **dict.fromkeys(("owner_id", "owner_name"), "customer.owner"),
    "tags": access.TAGS,
    "consents": access.CONSENTS,
    "suppressed": access.CONSENTS,
    "contacts": access.CONTACTS,
}
#: Cut to the list where they are made: the company's own fields key by key, warnings field by field.
_CUT_ALREADY: Final = ("custom", "warnings")


def name_of(column: str) -> str:
    """Under which name a list opens a column of an answer about a customer; "" where nobody said, and no list does."""
    return _BESIDE.get(column) or FIELD_RIGHTS.get(column, "")


def cut(actor: Actor, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer about a customer, null where a token's list does not name the column."""
    return {key: value if key in _CUT_ALREADY or actor.opens(name_of(key)) else None for key, value in answer.items()}


def cut_details(actor: Actor, details: Details) -> Details:
    """What is written about a customer without what a token's list does not name: a fingerprint of it tells nothing of the rest."""
    if actor.only is None:
        return details
    plain = {name: getattr(details, name) for name in Details.__dataclass_fields__ if name != "custom" and _opens(actor, name)}
    return Details(**plain, custom={key: value for key, value in details.custom.items() if _opens(actor, key)})


def cut_remarks(actor: Actor, remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """What the input standards say of fields that a token's list names."""
    return tuple(remark for remark in remarks if _opens(actor, remark.field))


# ---- what comes in ------------------------------------------------------------------------------------------------


def _opens(actor: Actor, name: str) -> bool:
    return actor.opens(access.field_right(column_of(name)))


def require_open(actor: Actor, names: Iterable[str]) -> None:
    """Raises Invalid beside each detail that a token's list does not name; whether there is such a field is not told."""
    if closed := [name for name in names if not _opens(actor, name)]:
        raise Invalid(fields={name: [not_listed()] for name in closed})


def require_part(actor: Actor, part: str, *, at: str) -> None:
    """Raises Invalid at the field `at` where a token's list does not name this part."""
    if not actor.opens(part):
        raise Invalid(fields={at: [not_listed()]})


def not_listed() -> str:
    return _("このトークンの「見せる項目」にないため、使えません。使うには、トークンの設定で項目を加えてください。")


@contextmanager
def telling_what_is_open(actor: Actor) -> Iterator[None]:
    """A refusal inside of it says nothing of fields that a token's list does not name, but that there is something."""
    try:
        yield
    except Invalid as refusal:
        told = {name: texts for name, texts in refusal.fields.items() if not name or _opens(actor, name)}
        if len(told) == len(refusal.fields):
            raise
        rest = _("このトークンに見せていない項目に、登録・変更を妨げる内容があります。画面で確かめてください。")
        raise Invalid(fields=told | {"": [*told.get("", []), rest]}) from None
