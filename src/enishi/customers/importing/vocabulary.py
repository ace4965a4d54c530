"""What the columns of Japanese customer and order files are called.

A target field is what a column can become. Each app gives the list of its own fields to the import; the two lists here
are the ones for customers and for orders, with the headings that shop systems, spreadsheets and CRM exports use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.importing import tables
from enishi.platform.japanese.normalise import fold

#: The column that an error file adds and the reader drops.
ERROR_COLUMN: Final = "エラー内容"

_NOISE: Final = re.compile(
    r"[(\[【〔<]\s*(?:必須|任意|全角|半角英数字?|半角数字?|半角|英数字?|ハイフン\S*|例[::].*?|西暦|和暦|yyyy\S*"
    r"|数値|数字|文字|選択|複数可|\d+文字\S*|円|個|注意)\s*[)\]】〕>]",
    re.IGNORECASE,
)
_SIGNS: Final = re.compile(r"[\s\-_./・:*※()\[\]【】〔〕<>「」『』#'\"~]")


class TargetField(NamedTuple):
    """What a column can become. `kinds`: what its values may be (see values.py), the first is the one read.

    `synonyms` are headings by which it is known; `many`: whether several columns may become it (tags, notes, 住所1 and 住所2);
    `told`: only a heading tells it, since values of this shape are as likely somebody else's.
    """

    key: str
    label: str | Promise
    required: bool = False
    kinds: tuple[str, ...] = ("text",)
    synonyms: tuple[str, ...] = ()
    many: bool = False
    told: bool = False


def heading_key(heading: str) -> str:
    """The form in which headings are compared: 「※氏名（必須）」→ 氏名, "E-Mail" → email, "customer_name" → customername."""
    return _SIGNS.sub("", fold(_NOISE.sub("", heading.translate(_BRACKETS))))


_BRACKETS: Final = str.maketrans("（）［］＜＞：＊＿", "()[]<>:*_")


def _field(place: str, label: str | Promise, *kinds: str, required: bool = False, many: bool = False, told: bool = False) -> TargetField:
    return TargetField(place.partition(".")[2], label, required, kinds, tables.load("headings.txt")[place], many, told)


#: What our own files call the customer's number: known by this heading and by its values (C-000042), not by either alone.
OWN_NUMBER_HEADINGS: Final = frozenset(map(heading_key, ("顧客番号", "Customer number")))

CUSTOMER_FIELDS: Final = (
    TargetField("number", _("顧客番号（Enishi）"), False, ("customer_number",)),
    _field("customers.member_number", _("会員番号"), "code"),
    _field("customers.name", _("氏名・名称"), "name"),
    _field("customers.family_name", _("姓"), "name_part"),
    _field("customers.given_name", _("名"), "name_part"),
    _field("customers.kana", _("フリガナ"), "kana"),
    _field("customers.family_kana", _("セイ"), "kana"),
    _field("customers.given_kana", _("メイ"), "kana"),
    _field("customers.company", _("会社名"), "company"),
    _field("customers.department", _("部署"), "text"),
    _field("customers.title", _("役職"), "text"),
    _field("customers.tie_works_for", _("所属会社（番号・会社名など）"), "text"),
    _field("customers.tie_household", _("世帯主（番号など）"), "text"),
    _field("customers.kinship", _("続柄"), "text"),
    _field("customers.tie_group", _("本部・親会社（番号・会社名など）"), "text"),
    _field("customers.tie_referred", _("紹介者（番号など）"), "text"),
    _field("customers.tie_other", _("関係の相手（番号など）"), "text"),
    _field("customers.tie_kind", _("関係の種類"), "text"),
    _field("customers.tie_from_on", _("関係の開始日"), "date", told=True),
    _field("customers.tie_until_on", _("関係の終了日"), "date", told=True),
    _field("customers.kind", _("個人・法人"), "customer_kind"),
    _field("customers.email", _("メールアドレス"), "email"),
    _field("customers.phone", _("電話番号"), "phone"),
    _field("customers.mobile", _("携帯電話番号"), "phone"),
    _field("customers.mobile_email", _("携帯のメールアドレス"), "email", told=True),
    _field("customers.work_email", _("勤務先のメールアドレス"), "email", told=True),
    _field("customers.email2", _("ほかのメールアドレス"), "email", many=True, told=True),
    _field("customers.work_phone", _("勤務先の電話番号"), "phone", told=True),
    _field("customers.phone2", _("ほかの電話番号"), "phone", many=True, told=True),
    _field("customers.fax", _("FAX番号"), "phone", told=True),
    _field("customers.postal_code", _("郵便番号"), "postal"),
    _field("customers.address", _("住所（全体）"), "address", many=True),
    _field("customers.prefecture", _("都道府県"), "prefecture"),
    _field("customers.city", _("市区町村"), "text"),
    _field("customers.street", _("町域・番地"), "street"),
    _field("customers.building", _("建物名"), "street"),
    _field("customers.work_postal_code", _("勤務先の郵便番号"), "postal", told=True),
    _field("customers.work_address", _("勤務先の住所"), "address", many=True, told=True),
    _field("customers.shipping_postal_code", _("送付先の郵便番号"), "postal", told=True),
    _field("customers.shipping_address", _("送付先の住所"), "address", many=True, told=True),
    _field("customers.billing_postal_code", _("請求先の郵便番号"), "postal", told=True),
    _field("customers.billing_address", _("請求先の住所"), "address", many=True, told=True),
    _field("customers.former_name", _("旧姓・旧社名"), "text"),
    _field("customers.birthday_on", _("生年月日"), "date"),
    _field("customers.gender", _("性別"), "gender"),
    _field("customers.language", _("言語"), "language"),
    _field("customers.acquisition_source", _("流入経路"), "text"),
    _field("customers.mail_consent", _("メールの配信"), "consent"),
    _field("customers.dm_consent", _("DM（郵送）"), "consent"),
    _field("customers.line_consent", _("LINEの配信"), "consent"),
    _field("customers.phone_consent", _("電話での案内"), "consent"),
    _field("customers.mail_refusal", _("メールの配信停止"), "refusal"),
    _field("customers.dm_refusal", _("DM（郵送）の停止"), "refusal"),
    _field("customers.registered_on", _("登録日"), "date"),
    _field("customers.withdrawn_on", _("退会日"), "date"),
    _field("customers.owner", _("担当"), "text"),
    _field("customers.store", _("店舗"), "text"),
    _field("customers.tags", _("タグ"), "tags", many=True),
    _field("customers.note", _("メモ"), "lines", many=True),
)

ORDER_FIELDS: Final = (
    _field("orders.order_number", _("注文番号"), "code", required=True),
    _field("orders.ordered_at", _("注文日時"), "moment", "date", required=True),
    _field("orders.ordered_time", _("注文時刻"), "time"),
    _field("orders.member_number", _("会員番号"), "code"),
    _field("orders.name", _("注文者の氏名"), "name"),
    _field("orders.kana", _("注文者のフリガナ"), "kana"),
    _field("orders.email", _("注文者のメールアドレス"), "email"),
    _field("orders.phone", _("注文者の電話番号"), "phone"),
    _field("orders.product_code", _("商品コード"), "code"),
    _field("orders.product_name", _("商品名"), "text"),
    _field("orders.variant", _("サイズ・色など"), "text"),
    _field("orders.category", _("商品カテゴリ"), "text"),
    _field("orders.brand", _("ブランド"), "text"),
    _field("orders.quantity", _("数量"), "quantity"),
    _field("orders.unit_price", _("単価"), "amount"),
    _field("orders.amount", _("金額（明細）"), "amount"),
    _field("orders.total", _("合計金額（注文全体）"), "yen"),
    _field("orders.tax_rate", _("税率"), "tax_rate"),
    _field("orders.tax", _("消費税"), "yen"),
    _field("orders.tax_included", _("税込・税抜"), "tax_included"),
    _field("orders.shipping", _("送料"), "yen"),
    _field("orders.fee", _("手数料"), "yen"),
    _field("orders.discount", _("値引"), "yen"),
    _field("orders.points_used", _("ポイント利用"), "yen"),
    _field("orders.coupon_amount", _("クーポン値引"), "yen"),
    _field("orders.coupon_code", _("クーポン"), "code"),
    _field("orders.payment", _("支払方法"), "text"),
    _field("orders.store", _("店舗"), "text"),
    _field("orders.channel", _("販売チャネル"), "text"),
    _field("orders.state", _("状態"), "order_state"),
    _field("orders.return_flag", _("返品の印"), "flag"),
    _field("orders.cancel_flag", _("キャンセルの印"), "flag"),
    _field("orders.shipped_on", _("出荷日"), "date"),
    _field("orders.subscription", _("定期"), "boolean"),
    _field("orders.recipient_name", _("届け先の氏名"), "name"),
    _field("orders.recipient_postal_code", _("届け先の郵便番号"), "postal"),
    _field("orders.recipient_address", _("届け先の住所"), "address", many=True),
    _field("orders.recipient_phone", _("届け先の電話番号"), "phone"),
    _field("orders.noshi", _("のし"), "text", told=True),
    _field("orders.wish_on", _("お届け希望日"), "date", told=True),
    _field("orders.wish_time", _("お届け希望時間帯"), "text", told=True),
    _field("orders.note", _("備考"), "lines", many=True),
)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    fields = (*CUSTOMER_FIELDS, *ORDER_FIELDS)
    return frozenset(heading_key(word) for field in fields for word in (str(field.label), *field.synonyms)) | {heading_key(ERROR_COLUMN)}


def is_known_heading(text: str) -> bool:
    """Whether a text is one of the headings that customer and order files have."""
    return heading_key(text) in _known()
