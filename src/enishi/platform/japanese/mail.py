"""Mail addresses: one form in which they are stored, compared and sent to. Nothing is looked up in DNS."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from email_validator import EmailNotValidError, validate_email

from enishi.platform.japanese.normalise import narrow

_ATOM: Final = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN: Final = re.compile(
    rf"(?=.{{1,64}}@)(?=.{{6,190}}$){_ATOM}(?:\.{_ATOM})*"
    rf"@((?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,24}})"
)
_SPECIAL_ENDS: Final = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")
# Phone carriers gave out addresses that the standard forbids (a..b@, a.@) and people still have them.
_CARRIERS: Final = re.compile(
    r"[a-z0-9][a-z0-9._+\-]{0,63}"
    r"@(?:docomo\.ne\.jp|ezweb\.ne\.jp|au\.com|(?:[a-z]\.)?vodafone\.ne\.jp|softbank\.ne\.jp)"
)
_IN_BRACKETS: Final = re.compile(r"<\s*(?:mailto:)?([^<>\s]+)\s*>\s*$")
_SEPARATED: Final = re.compile(r"[,;、,;\s]+")


class MailProblem(StrEnum):
    """Why a text is not one mail address."""

    EMPTY = "empty"
    NO_AT = "no_at"
    SEVERAL = "several"  # a@x.jp, b@x.jp
    COMMA = "comma"  # a@x,jp or taro,yamada@x.jp
    INVALID = "invalid"


def normalise_mail(text: str) -> str | None:
    """The address that mail is sent to and that is compared: narrow, lower case, domain in ASCII (IDNA); or None."""
    found = read_mail(text)
    return None if isinstance(found, MailProblem) else found


def read_mail(text: str) -> str | MailProblem:
    """The address in its one form, or what is wrong with the text.

    Full-width letters, surrounding <>, `mailto:` and a display name before <> are taken off. Letters of the local part
    are lowered: no provider that matters tells Taro@ from taro@, and people do not either.
    """
    address = text if text.isascii() else unicodedata.normalize("NFKC", narrow(text))
    address = address.strip().lower()
    if found := _PLAIN.fullmatch(address):
        if not _needs_library(found[1]):
            return address
    elif not address:
        return MailProblem.EMPTY
    return _slow(address)


def _needs_library(domain: str) -> bool:
    return "--" in domain or "." + domain.rpartition(".")[2] in _SPECIAL_ENDS or domain.endswith("in-addr.arpa")


def _slow(address: str) -> str | MailProblem:
    if found := _IN_BRACKETS.search(address):
        address = found[1]
    address = address.removeprefix("mailto:")
    if _CARRIERS.fullmatch(address):
        return address
    if address.count("@") > 1 and len([part for part in _SEPARATED.split(address) if "@" in part]) > 1:
        return MailProblem.SEVERAL
    if "@" not in address:
        return MailProblem.NO_AT
    if "," in address or "、" in address:
        return MailProblem.COMMA
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False, allow_quoted_local=False)
    except EmailNotValidError:
        return MailProblem.INVALID
    return (checked.ascii_email or checked.normalized).lower()


def domain_of(address: str) -> str:
    """The part behind the @ of a normalised address."""
    return address.rpartition("@")[2]
