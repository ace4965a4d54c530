"""Signing in by SAML 2.0: the question that a browser carries to the company's provider, and what is taken of the answer.

An answer counts where all of this holds: the assertion is signed by a key that an administrator registered; it is for us
(audience, recipient) and of now; it answers a question of ours. That it is the first time, and that the question came
from this very browser, is looked at by `actions.company_answers` and the view. Whoever it is about is told by an id that
is never given to somebody else (ADR 0029).
"""

from __future__ import annotations

import base64
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode

from cryptography.x509 import Certificate, load_der_x509_certificate
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from lxml import etree

from enishi.platform import time
from enishi.platform.models import IdentityProvider
from enishi.platform.origins import app_url
from enishi.platform.saml_xml import ASSERTION_NS, PROTOCOL_NS, SIGNATURE_NS, Element, SamlRefused, as_signed, parsed, signature_of, text_of

SKEW = timedelta(seconds=120)  # by which the provider's clock may differ from ours
LONGEST_SUBJECT = 191  # letters, as the table of links has room for

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_NS = {"saml": ASSERTION_NS, "samlp": PROTOCOL_NS, "ds": SIGNATURE_NS}
_KNOWN_CONDITIONS = frozenset(f"{{{ASSERTION_NS}}}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction"))
# Under these names providers tell how somebody is called, and what they sign in by; the first that is there counts.
_NAMES = (
    "displayName",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "name",
    "cn",
)
_LOGINS = ("uid", "urn:oid:0.9.2342.19200300.100.1.1", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")


class NotForUs(SamlRefused):
    code = "saml.audience"
    message = _(
        "返事の宛先がこの Enishi ではありません。会社のログインサーバーに、この画面のエンティティID と応答URL をそのまま登録してください。"
    )


class OtherIssuer(SamlRefused):
    code = "saml.issuer"
    message = _("登録した発行者と違うサーバーの返事です。メタデータを読み込み直してください。")


class NotNow(SamlRefused):
    code = "saml.time"
    message = _(
        "返事の期限が過ぎているか、時刻が合っていません。もう一度お試しください。続くときは、両方のサーバーの時計を確かめてください。"
    )


class NotAsked(SamlRefused):
    code = "saml.not_asked"
    message = _("こちらから頼んでいないログインは受け付けません。Enishi のログイン画面から始めてください。")


class ProviderSaidNo(SamlRefused):
    code = "saml.status"
    message = _("会社のログインサーバーがログインを断りました。このアプリを使う人に割り当てられているか、管理者に確かめてください。")


class Encrypted(SamlRefused):
    code = "saml.encrypted"
    message = _("暗号化されたアサーションは読めません。会社のログインサーバーで、アサーションの暗号化をオフにしてください。")


class NoLastingId(SamlRefused):
    code = "saml.subject"
    message = _("変わらない ID が入っていません。設定の「本人を見分けるもの」を、会社のログインサーバーが送るものに合わせてください。")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an answer is about, and what keeps it from being used twice."""

    subject: str
    name: str
    login: str
    answer_hash: bytes
    in_response_to: str
    good_until: datetime


def entity_id() -> str:
    """As what the company's provider knows us; also where our metadata are."""
    return app_url(reverse("company_saml_metadata"))


def answers_url() -> str:
    """Where answers are posted to."""
    return app_url(reverse("company_saml_answer"))


def certificates_of(row: IdentityProvider) -> list[Certificate]:
    return [load_der_x509_certificate(base64.b64decode(each)) for each in row.certificates]


# ---- the question -------------------------------------------------------------------------------------------------


def new_question() -> str:
    """The id of a question; nobody guesses it."""
    return f"_{secrets.token_hex(20)}"


def question_url(row: IdentityProvider, *, question: str, wall: datetime) -> str:
    """The provider's sign-in page with our question. No RelayState goes along: where somebody wants to get to stays here,
    in their session."""
    root = etree.Element(
        f"{{{PROTOCOL_NS}}}AuthnRequest",
        nsmap={"samlp": PROTOCOL_NS, "saml": ASSERTION_NS},
        ID=question,
        Version="2.0",
        IssueInstant=wall.strftime("%Y-%m-%dT%H:%M:%SZ"),
        Destination=row.saml_sso_url,
        ProtocolBinding=_POST,
        AssertionConsumerServiceURL=answers_url(),
    )
    etree.SubElement(root, f"{{{ASSERTION_NS}}}Issuer").text = entity_id()
    if row.subject_rule == IdentityProvider.SubjectRule.PERSISTENT:
        etree.SubElement(root, f"{{{PROTOCOL_NS}}}NameIDPolicy", Format=PERSISTENT, AllowCreate="true")
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(etree.tostring(root)) + packer.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode()})
    return f"{row.saml_sso_url}{'&' if '?' in row.saml_sso_url else '?'}{query}"


# ---- the answer ---------------------------------------------------------------------------------------------------


def identity_of(document: bytes, row: IdentityProvider, *, wall: datetime) -> Identity:
    """Whom a posted answer is about. Raises SamlRefused; its children say why."""
    assertion = _signed_assertion(parsed(document), certificates_of(row))
    if assertion.get("Version") != "2.0":
        raise SamlRefused
    if text_of(_one(assertion, "saml:Issuer")) != row.issuer:
        raise OtherIssuer
    in_response_to, confirmed_until = _confirmation(assertion, wall)
    good_until = max(_conditions(assertion, wall) or confirmed_until, confirmed_until)
    for statement in assertion.findall("saml:AuthnStatement", _NS) or _missing():
        _until(statement, "SessionNotOnOrAfter", wall)
    said = _attributes(assertion)
    return Identity(
        subject=_subject(assertion, said, row),
        name=_first(said, _NAMES),
        login=_first(said, _LOGINS),
        answer_hash=sha256(f"{row.issuer}\n{assertion.get('ID')}".encode()).digest(),
        in_response_to=in_response_to,
        good_until=good_until + SKEW,
    )


def _signed_assertion(root: Element, certificates: Sequence[Certificate]) -> Element:
    """The only assertion of an answer, as it was signed. The envelope around it is looked at for hints to the
    administrator, and for whatever makes two readers see two things; nothing that counts is read from it."""
    if root.tag != f"{{{PROTOCOL_NS}}}Response":
        raise SamlRefused
    codes = root.findall("samlp:Status/samlp:StatusCode", _NS)
    if len(codes) != 1 or codes[0].get("Value") != _SUCCESS:
        raise ProviderSaidNo
    if root.get("Destination", answers_url()) != answers_url():
        raise NotForUs
    if next(root.iter(f"{{{ASSERTION_NS}}}EncryptedAssertion", f"{{{ASSERTION_NS}}}EncryptedID"), None) is not None:
        raise Encrypted
    assertions = list(root.iter(f"{{{ASSERTION_NS}}}Assertion"))
    if len(assertions) != 1 or assertions[0].getparent() is not root or len(list(root.iter(root.tag))) != 1:
        raise SamlRefused
    own = [each for each in (signature_of(root), signature_of(assertions[0])) if each is not None]
    if len(own) != len(list(root.iter(f"{{{SIGNATURE_NS}}}Signature"))):
        raise SamlRefused
    if signature_of(root) is not None:
        as_signed(root, certificates)
    return as_signed(assertions[0], certificates)


def _confirmation(assertion: Element, wall: datetime) -> tuple[str, datetime]:
    """The question that is answered, and until when. One bearer's confirmation must hold in every part."""
    refusal: SamlRefused = SamlRefused()
    for confirmation in _one(assertion, "saml:Subject").findall("saml:SubjectConfirmation", _NS):
        data = confirmation.find("saml:SubjectConfirmationData", _NS)
        if confirmation.get("Method") != _BEARER or data is None:
            continue
        try:
            if data.get("Recipient") != answers_url():
                raise NotForUs
            if data.get("NotBefore"):
                raise SamlRefused
            until = _until(data, "NotOnOrAfter", wall)
            if until is None:
                raise NotNow
            if not data.get("InResponseTo"):
                raise NotAsked
        except SamlRefused as trouble:
            refusal = trouble
        else:
            return str(data.get("InResponseTo")), until
    raise refusal


def _conditions(assertion: Element, wall: datetime) -> datetime | None:
    """Until when the assertion is good. Raises NotNow, NotForUs; and for a condition that nobody here knows."""
    conditions = _one(assertion, "saml:Conditions")
    if any(each.tag not in _KNOWN_CONDITIONS for each in conditions):
        raise SamlRefused
    begins = _instant(conditions, "NotBefore")
    if begins is not None and wall + SKEW < begins:
        raise NotNow
    restrictions = conditions.findall("saml:AudienceRestriction", _NS)
    for restriction in restrictions:
        if entity_id() not in [text_of(each) for each in restriction.findall("saml:Audience", _NS)]:
            raise NotForUs
    if not restrictions:
        raise NotForUs
    return _until(conditions, "NotOnOrAfter", wall)


def _until(element: Element, name: str, wall: datetime) -> datetime | None:
    """An end, where there is one. Raises NotNow where it has passed."""
    ends = _instant(element, name)
    if ends is not None and wall - SKEW >= ends:
        raise NotNow
    return ends


def _instant(element: Element, name: str) -> datetime | None:
    said = element.get(name)
    if said is None:
        return None
    found = time.parsed(str(said))
    if found is None:
        raise SamlRefused
    return found


def _attributes(assertion: Element) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for attribute in assertion.findall("saml:AttributeStatement/saml:Attribute", _NS):
        values = [(each.text or "").strip() for each in attribute.findall("saml:AttributeValue", _NS) if not len(each)]
        said.setdefault(str(attribute.get("Name")), []).extend(values)
    return said


def _first(said: dict[str, list[str]], names: Sequence[str]) -> str:
    return next((said[name][0] for name in names if said.get(name)), "")


def _subject(assertion: Element, said: dict[str, list[str]], row: IdentityProvider) -> str:
    """The id that the administrator chose. Raises NoLastingId where it is missing, is not one, or may change."""
    rule = row.subject_rule
    if rule == IdentityProvider.SubjectRule.ATTRIBUTE:
        values = said.get(row.subject_attribute, [])
        subject = values[0] if len(values) == 1 else ""
    else:
        name_id = _one(_one(assertion, "saml:Subject"), "saml:NameID")
        form = name_id.get("Format", "")
        foreign = name_id.get("SPNameQualifier", entity_id()) != entity_id() or name_id.get("NameQualifier", row.issuer) != row.issuer
        subject = "" if foreign or form == _TRANSIENT else text_of(name_id)
        if rule == IdentityProvider.SubjectRule.PERSISTENT and (form != PERSISTENT or "@" in subject):
            subject = ""  # who is called persistent and looks like a mail address is one, and is given to the next of that name
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise NoLastingId
    return subject


def _one(element: Element, path: str) -> Element:
    found = element.findall(path, _NS)
    if len(found) != 1:
        raise SamlRefused
    return found[0]


def _missing() -> list[Element]:
    raise SamlRefused
