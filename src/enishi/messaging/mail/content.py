"""What a mail says: a subject and blocks, as JSON that screens write and the database keeps. No HTML anywhere.

Every text is Liquid by itself (a condition opened in one text is closed in it); addresses of links and pictures and the
words of the footer are literal, so that a link leaks nothing about a person and the sender's particulars cannot vanish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import idna
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from enishi.platform.errors import Invalid
from enishi.platform.liquid import LiquidError, compile_template, is_literal

RESERVED = "track"  # the name under which a copy's own links are filled in
MAX_LINKS = 200

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_ENDS = re.compile(r"[\r\n]")
_WEB = re.compile(r"https?://(?P<host>[^/?#\\@:\s]+)(:\d{1,5})?(?P<rest>[/?#][^\s\\]*)?", re.IGNORECASE)
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+(\?[A-Za-z0-9%&=._+-]*)?")
_TEL = re.compile(r"tel:\+?[0-9-]{2,20}")


class InvalidMail(Invalid):
    """The content cannot be sent as it is. `fields`: "subject", "preheader", "blocks" or "blocks.2.label" → messages."""

    code = "mail.invalid"
    message = gettext_lazy("メールの内容を確認してください。")


def web_address(url: str) -> str:
    """A link's address as plain ASCII. ValueError unless it is http, https, mailto or tel, and leads where it seems to."""
    url = url.strip()
    if not is_literal(url):
        raise ValueError(_("リンク先に差し込み項目は使えません。"))
    if _MAILTO.fullmatch(url) or _TEL.fullmatch(url):
        return url
    match = _WEB.fullmatch(url)
    if match is None or _CONTROLS.search(url) or len(url) > 2000:
        raise ValueError(_("リンク先は https:// か http://、mailto:、tel: で始まる正しいアドレスにしてください。"))
    try:
        host = match["host"] if match["host"].isascii() else idna.encode(match["host"], uts46=True).decode("ascii")
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except (idna.IDNAError, ValueError) as error:
        raise ValueError(_("リンク先のホスト名が正しくありません。")) from error
    if not _HOST.fullmatch(host):
        raise ValueError(_("リンク先のホスト名が正しくありません。"))
    return f"{parts.scheme}://{host}{port}{quote(match['rest'] or '', safe="/?#[]@!$&'()*+,;=%:~-._")}"


def _picture_address(url: str) -> str:
    address = web_address(url)
    if not address.startswith("http"):
        raise ValueError(_("画像のアドレスは https:// か http:// で始めてください。"))
    return address


def _liquid(text: str) -> str:
    """The text, if it is Liquid that can be parsed and asks for nothing reserved."""
    if _CONTROLS.search(text):
        raise ValueError(_("制御文字は使えません。"))
    try:
        fields = compile_template(text, "text").fields
    except LiquidError as error:
        raise ValueError(str(error)) from error
    if any(field.split(".", 1)[0].split("[", 1)[0] == RESERVED for field in fields):
        raise ValueError(_("「%(name)s」で始まる差し込み項目は使えません。") % {"name": RESERVED})
    return text


def _one_line(text: str) -> str:
    if _LINE_ENDS.search(text):
        raise ValueError(_("改行は使えません。"))
    return text


def _literal(text: str) -> str:
    if not is_literal(text):
        raise ValueError(_("ここに差し込み項目は使えません。"))
    if _CONTROLS.search(text):
        raise ValueError(_("制御文字は使えません。"))
    return text


LiquidText = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_liquid)]
LiquidLine = Annotated[
    str, StringConstraints(max_length=300, min_length=1, strip_whitespace=True), AfterValidator(_one_line), AfterValidator(_liquid)
]
Literally = Annotated[str, StringConstraints(max_length=300, min_length=1, strip_whitespace=True), AfterValidator(_literal)]
Link = Annotated[str, StringConstraints(max_length=2000), AfterValidator(web_address)]
Picture = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_picture_address)]
Align = Literal["left", "center"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Run(_Part):
    """A stretch of text in one style. A line end in it is a line end in the mail."""

    text: LiquidText
    bold: bool = False
    link: Link | None = None


class Heading(_Part):
    type: Literal["heading"]
    text: LiquidLine
    level: Literal[1, 2] = 1
    align: Align = "left"


class Text(_Part):
    type: Literal["text"]
    paragraphs: Annotated[list[Annotated[list[Run], Field(max_length=50)]], Field(min_length=1, max_length=50)]
    align: Align = "left"


class Button(_Part):
    type: Literal["button"]
    label: LiquidLine
    link: Link


class Image(_Part):
    """`width`: CSS pixels, at most the 568 that the column has; its height follows."""

    type: Literal["image"]
    url: Picture
    alt: Annotated[str, StringConstraints(max_length=300), AfterValidator(_one_line), AfterValidator(_liquid)] = ""
    link: Link | None = None
    width: Annotated[int, Field(ge=16, le=568)] = 568


class Divider(_Part):
    type: Literal["divider"]


class Spacer(_Part):
    """`height`: CSS pixels."""

    type: Literal["spacer"]
    height: Annotated[int, Field(ge=4, le=96)] = 24


class Footer(_Part):
    """Who writes, and how to stop it: what the law on advertising mail asks for. Every mail has exactly one."""

    type: Literal["footer"]
    sender_name: Literally
    address: Literally
    contact: Literally
    unsubscribe: Literally = "配信停止はこちら"
    note: Annotated[str, StringConstraints(max_length=500), AfterValidator(_literal)] = ""


type Block = Annotated[Heading | Text | Button | Image | Divider | Spacer | Footer, Field(discriminator="type")]


class MailContent(_Part):
    """A whole mail. `preheader`: what mailers show beside the subject in their list; may be empty."""

    subject: LiquidLine
    preheader: Annotated[str, StringConstraints(max_length=300), AfterValidator(_one_line), AfterValidator(_liquid)] = ""
    blocks: Annotated[list[Block], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _has_one_footer(self) -> MailContent:
        footers = sum(isinstance(block, Footer) for block in self.blocks)
        if footers != 1:
            raise ValueError(
                _("送信者情報（フッター）を1つ入れてください。") if footers == 0 else _("送信者情報（フッター）は1つだけにしてください。")
            )
        return self


def read_content(*, subject: str, preheader: str, blocks: Sequence[object]) -> MailContent:
    """The content checked. Raises InvalidMail with every fault beside its field, in Japanese."""
    try:
        return MailContent.model_validate({"subject": subject, "preheader": preheader, "blocks": list(blocks)})
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for detail in error.errors(include_url=False):
            fields.setdefault(_place(detail), []).append(_words(detail))
        raise InvalidMail(fields=fields) from error


_BLOCK_TYPES = frozenset({"heading", "text", "button", "image", "divider", "spacer", "footer"})


def _place(detail: ErrorDetails) -> str:
    """ "blocks.2.label": where the fault is in the JSON, without pydantic's own name of the block's class."""
    steps = [step for number, step in enumerate(detail["loc"]) if not (number == 2 and step in _BLOCK_TYPES)]
    return ".".join(str(step) for step in steps) or "blocks"


def _words(detail: ErrorDetails) -> str:
    context: Mapping[str, object] = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context.get("error", ""))
        case "missing" | "string_too_short" | "too_short":
            return _("入力してください。")
        case "string_too_long" | "too_long":
            return _("長すぎます。%(limit)s までにしてください。") % {"limit": context.get("max_length", "")}
        case "greater_than_equal" | "less_than_equal":
            return _("この範囲の値は使えません。")
        case "extra_forbidden":
            return _("使えない項目です。")
        case "union_tag_invalid" | "union_tag_not_found":
            return _("この種類のブロックはありません。")
        case _:
            return _("形が正しくありません。")
