"""Showing a mail that somebody wrote: read without trust, cleaned, for a sandboxed frame on the files host.

The reader of the frame's page must still send a Content-Security-Policy without scripts; cleaning and sandbox are two
walls, and neither leans on the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from html import escape

import nh3

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "small"),
    *("span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
_EVERYWHERE = {"align", "dir", "lang", "role", "style", "title"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "font": {"color", "size"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "height", "width"},
    "td": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "th": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "tr": {"bgcolor", "valign"},
}
# Nothing that can name a file or leave its place on the page: no background, cursor, list-style, position.
_STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius", "border-right"),
    *("border-spacing", "border-style", "border-top", "border-width", "color", "direction", "display", "font-family", "font-size"),
    *("font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom"),
    *("margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-width", "opacity", "overflow", "padding"),
    *("padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent"),
    *("vertical-align", "white-space", "width", "word-break", "word-spacing"),
}
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"'）」】]+")
_PLAIN_BACKGROUND = re.compile(r"\bbackground\s*:\s*(#[0-9a-fA-F]{3,8})(?=\s*(;|$))")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# What senders call these is often not what they use.
_CHARSETS = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "us-ascii": "utf-8"}
_LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as text. Nothing here is safe to print as markup. Fields that the mail lacks are empty."""

    subject: str
    sender: str
    to: str
    message_id: str
    html: str
    text: str
    attachments: tuple[str, ...]


def read_mail(raw: bytes) -> ReadMail:
    """Read whatever arrived; broken headers, charsets and structures give as much text as they hold. Raises nothing."""
    message = message_from_bytes(raw[: _LONGEST * 10])
    html, text, attachments = "", "", []
    for part in message.walk():
        if part.is_multipart():
            continue
        name = part.get_filename()
        kind = part.get_content_type()
        if name is not None or "attachment" in str(part.get("Content-Disposition", "")).lower():
            attachments.append(_header(name or kind))
        elif kind == "text/html" and not html:
            html = _body(part)
        elif kind == "text/plain" and not text:
            text = _body(part)
    return ReadMail(
        subject=_header(message.get("Subject", "")),
        sender=_header(message.get("From", "")),
        to=_header(message.get("To", "")),
        message_id=_header(message.get("Message-ID", "")).strip("<> "),
        html=html,
        text=text,
        attachments=tuple(attachments),
    )


def clean_html(html: str) -> str:
    """Foreign markup without scripts, forms, frames, handlers, files and foreign attributes; links open apart, unreferred."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "noscript", "template", "iframe", "object"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=_STYLES,
        attribute_filter=_spell_out_colour,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _spell_out_colour(_tag: str, attribute: str, value: str) -> str:
    """`background` could name a file and is not let through; mailers use it for plain colours all the time."""
    return _PLAIN_BACKGROUND.sub(r"background-color:\1", value) if attribute == "style" else value


def text_as_html(text: str) -> str:
    """Plain text as markup, its web addresses as links."""
    pieces, position = [], 0
    for match in _WEB_ADDRESS.finditer(text):
        address = escape(match.group())
        pieces += [
            escape(text[position : match.start()]),
            f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>',
        ]
        position = match.end()
    return f'<pre style="font-family:inherit;white-space:pre-wrap;margin:16px">{"".join(pieces)}{escape(text[position:])}</pre>'


def page_of(raw: bytes) -> str:
    """The whole page for the sandboxed frame: the mail's HTML, or its text where it has none."""
    mail = read_mail(raw)
    body = clean_html(mail.html[:_LONGEST]) if mail.html.strip() else text_as_html(mail.text[:_LONGEST])
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(mail.subject)}</title></head>"
        f'<body style="margin:0;font-family:sans-serif;line-height:1.7;overflow-wrap:anywhere">{body}</body></html>'
    )


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    try:
        declared = part.get_content_charset() or ""
    except (LookupError, UnicodeError):
        declared = ""
    return _decoded(payload, declared)


def _decoded(data: bytes, declared: str) -> str:
    """Text in the charset that was declared, if it is known; else in the likeliest that fits."""
    name = _CHARSETS.get(declared.lower(), declared.lower())
    for charset in (name, "utf-8", "cp932"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    try:
        return data.decode(name or "utf-8", "replace")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("utf-8", "replace")


def _header(value: object) -> str:
    """A header as one line of text."""
    text = str(value)
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError, LookupError):
        pieces = [(text, None)]
    decoded, after_word = "", True
    for piece, charset in pieces:
        # Encoded words follow each other without a space, and stand apart from plain text.
        decoded += "" if after_word and (charset is not None or not decoded) else " "
        decoded += piece if isinstance(piece, str) else _decoded(piece, charset or "")
        after_word = charset is not None
    return re.sub(" +", " ", _CONTROLS.sub(" ", decoded)).strip()
