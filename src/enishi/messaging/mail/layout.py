"""How a mail looks: the blocks as HTML (through MJML, for all the mailers there are) and as plain text.

Users' words never pass through MJML: the layout holds slots, and the words, escaped, are put into the finished HTML.
Type is set for Japanese: system faces, 15 px with generous lines, no letter-spacing tricks, nothing loaded from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mjml import mjml2html

from enishi.messaging.mail.content import RESERVED, Button, Divider, Footer, Heading, Image, MailContent, Run, Spacer, Text
from enishi.platform.liquid import attribute_from_text, html_from_text

_FONT = "'Hiragino Sans', 'Hiragino Kaku Gothic ProN', 'Yu Gothic Medium', 'Yu Gothic', Meiryo, sans-serif"
_INK, _INK_SOFT, _ACCENT, _LINE, _PAPER, _SHEET = "#1e2229", "#5a606b", "#1f4e8c", "#e2e1da", "#f5f5f1", "#ffffff"
_SLOT = re.compile(r"slot(\d+)x")
_RULE = "━" * 20


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """One tracked link of a mail. `position` counts from 0 in reading order; `label` is what people see of it."""

    position: int
    url: str
    label: str


class LinkBook:
    """Numbers the links of a mail once, so that HTML and plain text say the same number."""

    def __init__(self) -> None:
        self.links: list[LinkSpec] = []

    def add(self, url: str, label: str) -> str:
        """What to write for an address: the Liquid of a tracked link, or `mailto:` and `tel:` as they are."""
        if not url.startswith("http"):
            return url
        spec = LinkSpec(len(self.links), url, label)
        self.links.append(spec)
        return link_field(spec.position)


def link_field(position: int) -> str:
    return f"{{{{ {RESERVED}.link{position} }}}}"


_UNSUBSCRIBE = f"{{{{ {RESERVED}.unsubscribe }}}}"
_PIXEL = f'<img src="{{{{ {RESERVED}.open }}}}" width="1" height="1" alt="" style="display:block;border:0">'


def lay_out(content: MailContent) -> tuple[str, str, list[LinkSpec]]:
    """The HTML template, the plain text template, and the links both refer to."""
    book = LinkBook()
    html, text = _Html(), _PlainText()
    for block in content.blocks:
        match block:
            case Heading():
                html.heading(block)
                text.heading(block)
            case Text():
                hrefs = [[book.add(run.link, run.text) if run.link else "" for run in runs] for runs in block.paragraphs]
                html.text(block, hrefs)
                text.text(block, hrefs)
            case Button():
                href = book.add(block.link, block.label)
                html.button(block, href)
                text.button(block, href)
            case Image():
                href = book.add(block.link, block.alt) if block.link else ""
                html.image(block, href)
                text.image(block, href)
            case Divider():
                html.divider()
                text.divider()
            case Spacer():
                html.spacer(block)
            case Footer():
                html.footer(block)
                text.footer(block)
    return html.finish(content), text.finish(), book.links


class _Html:
    """Collects MJML with slots, and what belongs in them."""

    def __init__(self) -> None:
        self._slots: list[str] = []
        self._sections: list[str] = []
        self._column: list[str] = []

    def _slot(self, markup: str) -> str:
        self._slots.append(markup)
        return f"slot{len(self._slots) - 1}x"

    def heading(self, block: Heading) -> None:
        inner = html_from_text(block.text)
        if block.level == 1:
            markup = f'<h1 style="margin:0;font-size:22px;line-height:1.5;font-weight:bold">{inner}</h1>'
        else:
            edge = f"border-left:4px solid {_ACCENT};padding-left:12px;" if block.align == "left" else ""
            markup = f'<h2 style="margin:0;{edge}font-size:17px;line-height:1.5;font-weight:bold">{inner}</h2>'
        self._column.append(f'<mj-text align="{block.align}" padding="12px 24px 12px">{self._slot(markup)}</mj-text>')

    def text(self, block: Text, hrefs: Sequence[Sequence[str]]) -> None:
        paragraphs = [
            f'<p style="margin:0{" 0 1em" if number < len(block.paragraphs) else ""}">{"".join(map(_run, runs, links)) or "&nbsp;"}</p>'
            for number, (runs, links) in enumerate(zip(block.paragraphs, hrefs, strict=True), 1)
        ]
        self._column.append(f'<mj-text align="{block.align}">{self._slot("".join(paragraphs))}</mj-text>')

    def button(self, block: Button, href: str) -> None:
        self._column.append(f'<mj-button href="{self._slot(_href(href))}">{self._slot(html_from_text(block.label))}</mj-button>')

    def image(self, block: Image, href: str) -> None:
        link = f' href="{self._slot(_href(href))}"' if href else ""
        source, alt = self._slot(_href(block.url)), self._slot(attribute_from_text(block.alt))
        self._column.append(f'<mj-image src="{source}" alt="{alt}" width="{block.width}px"{link} />')

    def divider(self) -> None:
        self._column.append("<mj-divider />")

    def spacer(self, block: Spacer) -> None:
        self._column.append(f'<mj-spacer height="{block.height}px" />')

    def footer(self, block: Footer) -> None:
        lines = [f'<strong style="color:{_INK}">{escape(block.sender_name)}</strong>', escape(block.address)]
        lines.append(f"お問い合わせ: {escape(block.contact)}")
        if block.note:
            lines.insert(0, escape(block.note).replace("\n", "<br>") + "<br>")
        stop = f'<a href="{_UNSUBSCRIBE}" style="color:{_INK_SOFT};text-decoration:underline">{escape(block.unsubscribe)}</a>'
        markup = f'<p style="margin:0">{"<br>".join(lines)}</p><p style="margin:12px 0 0">{stop}</p>'
        self._end_section()
        self._sections.append(
            f'<mj-section padding="20px 0 32px"><mj-column>'
            f'<mj-text font-size="12px" line-height="1.7" color="{_INK_SOFT}">{self._slot(markup)}</mj-text></mj-column></mj-section>'
        )

    def _end_section(self) -> None:
        if self._column:
            column = "".join(self._column)
            self._sections.append(f'<mj-section background-color="{_SHEET}" padding="20px 0"><mj-column>{column}</mj-column></mj-section>')
            self._column = []

    def finish(self, content: MailContent) -> str:
        self._end_section()
        title = self._slot(attribute_from_text(content.subject))
        preview = f"<mj-preview>{self._slot(html_from_text(content.preheader))}</mj-preview>" if content.preheader else ""
        body = "".join(self._sections)
        layout = mjml2html(_DOCUMENT.format(title=title, preview=preview, body=body, pixel=self._slot(_PIXEL)), fonts={})
        return _SLOT.sub(lambda match: self._slots[int(match[1])], layout)


_DOCUMENT = f"""<mjml lang="ja"><mj-head><mj-title>{{title}}</mj-title>{{preview}}
<mj-attributes><mj-all font-family="{_FONT}" />
<mj-text font-size="15px" line-height="1.8" color="{_INK}" padding="8px 24px 12px" />
<mj-button background-color="{_ACCENT}" color="#ffffff" font-size="16px" font-weight="bold" line-height="1.5" border-radius="4px"
 inner-padding="13px 36px" padding="12px 24px 16px" />
<mj-image padding="8px 16px 12px" />
<mj-divider border-width="1px" border-color="{_LINE}" padding="12px 24px" /></mj-attributes>
<mj-raw><meta name="color-scheme" content="light"><meta name="format-detection" content="telephone=no"></mj-raw></mj-head>
<mj-body width="600px" background-color="{_PAPER}">{{body}}<mj-raw>{{pixel}}</mj-raw></mj-body></mjml>"""


def _run(run: Run, href: str) -> str:
    markup = html_from_text(run.text)
    if run.bold:
        markup = f"<strong>{markup}</strong>"
    return f'<a href="{_href(href)}" style="color:{_ACCENT};text-decoration:underline">{markup}</a>' if href else markup


def _href(address: str) -> str:
    """An address for an attribute; the Liquid of a tracked link stays Liquid."""
    return attribute_from_text(address)


def _plain_run(run: Run, href: str) -> str:
    """In angle brackets with room around, so that mailers see where an address ends in Japanese text."""
    return f"{run.text} <{href}> " if href.startswith("{{") else run.text


class _PlainText:
    """The same mail for those who read without HTML, and for the eyes of mail filters."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def heading(self, block: Heading) -> None:
        self._pieces.append(f"{_RULE}\n{block.text}\n{_RULE}" if block.level == 1 else f"■ {block.text}")

    def text(self, block: Text, hrefs: Sequence[Sequence[str]]) -> None:
        for runs, links in zip(block.paragraphs, hrefs, strict=True):
            self._pieces.append("".join(_plain_run(run, link) for run, link in zip(runs, links, strict=True)))

    def button(self, block: Button, href: str) -> None:
        self._pieces.append(f"▼ {block.label}\n{href}")

    def image(self, block: Image, href: str) -> None:
        described = [f"［{block.alt}］"] if block.alt else []
        if described or href:
            self._pieces.append("\n".join([*described, *([href] if href else [])]))

    def divider(self) -> None:
        self._pieces.append("-" * 40)

    def footer(self, block: Footer) -> None:
        note = [block.note, ""] if block.note else []
        lines = [*note, block.sender_name, block.address, f"お問い合わせ: {block.contact}", "", f"{block.unsubscribe}:", _UNSUBSCRIBE]
        self._pieces.append("\n".join(["-" * 40, *lines]))

    def finish(self) -> str:
        return "\n\n".join(self._pieces) + "\n"
