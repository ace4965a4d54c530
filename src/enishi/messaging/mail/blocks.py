"""From blocks to what is rendered for each person: compiled once per delivery, rendered once per copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from enishi.messaging.mail.content import MAX_LINKS, RESERVED, InvalidMail, read_content
from enishi.messaging.mail.envelope import tidy_header
from enishi.messaging.mail.layout import LinkSpec, lay_out
from enishi.platform.liquid import LiquidError, Plain, Template, compile_template, empty_among, render_all


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """A mail as three Liquid templates. Its links are `track.link0` …, filled in with each copy's own addresses."""

    subject_template: str
    html_template: str
    text_template: str
    links: tuple[LinkSpec, ...]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "links": [asdict(link) for link in self.links]}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> CompiledMail:
        """The opposite of `as_json`."""
        return _STORED.validate_python(stored)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """One person's copy, before it becomes bytes."""

    subject: str
    html: str
    text: str


class MailTemplates:
    """A compiled mail, parsed and ready to be rendered many times. May be shared by threads."""

    def __init__(self, mail: CompiledMail) -> None:
        self.links = mail.links
        self._subject: Template = compile_template(mail.subject_template, "text")
        self._html: Template = compile_template(mail.html_template, "html")
        self._text: Template = compile_template(mail.text_template, "text")
        self._bare = _own([*self._subject.bare_fields, *self._text.bare_fields, *self._html.bare_fields])

    @property
    def fields(self) -> list[str]:
        """The merge fields that are used anywhere in the mail."""
        return _own([*self._subject.fields, *self._text.fields, *self._html.fields])

    def empty_fields(self, data: Mapping[str, Plain]) -> list[str]:
        """Fields that would leave a hole in this person's copy: shown without a `default`, and empty."""
        return empty_among(self._bare, data)

    def render(self, data: Mapping[str, Plain], tracked: Mapping[str, str]) -> RenderedMail:
        """One copy. `tracked`: the addresses for link0 …, unsubscribe and open. Raises LiquidError."""
        full: dict[str, Plain] = {**data, RESERVED: dict(tracked)}
        subject, html, text = render_all([self._subject, self._html, self._text], full)
        return RenderedMail(tidy_header(subject), html, text)


_STORED = TypeAdapter(CompiledMail)


def compile_mail(*, subject: str, preheader: str, blocks: Sequence[object]) -> CompiledMail:
    """Check and compile a mail's content. Raises InvalidMail with the faults beside their fields."""
    content = read_content(subject=subject, preheader=preheader, blocks=blocks)
    html, text, links = lay_out(content)
    if len(links) > MAX_LINKS:
        raise InvalidMail(fields={"blocks": [_("リンクが多すぎます。%(limit)s 個までにしてください。") % {"limit": MAX_LINKS}]})
    mail = CompiledMail(content.subject, html, text, tuple(links))
    try:
        MailTemplates(mail)
    except LiquidError as error:
        raise InvalidMail(fields={"blocks": [str(error)]}) from error
    return mail


def _own(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if not name.startswith(f"{RESERVED}.")]
