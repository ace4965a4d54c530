"""Metadata of SAML: what the company's provider says of itself, and what it is told of us."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_der_x509_certificate
from django.utils.translation import gettext_lazy as _
from lxml import etree

from enishi.platform import saml
from enishi.platform.saml_xml import METADATA_NS, PROTOCOL_NS, SIGNATURE_NS, Element, SamlRefused, is_strong, parsed

_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_NS = {"md": METADATA_NS, "ds": SIGNATURE_NS}


class BadMetadata(SamlRefused):
    code = "saml.metadata"
    message = _("SAML のメタデータとして読めません。会社のログインサーバーから書き出した XML を、そのまま入力してください。")
    status = 422


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    entity_id: str
    sso_url: str
    certificates: list[str]  # DER in base64, as they were named


def read(document: bytes) -> ProviderMetadata:
    """Raises BadMetadata. The administrator who brings the document vouches for it; a signature of its own is not asked for."""
    try:
        root = parsed(document.strip())
    except SamlRefused as error:
        raise BadMetadata from error
    found = [each for each in root.iter(f"{{{METADATA_NS}}}IDPSSODescriptor") if PROTOCOL_NS in each.get("protocolSupportEnumeration", "")]
    entity = found[0].getparent() if len(found) == 1 else None
    if entity is None or entity.tag != f"{{{METADATA_NS}}}EntityDescriptor":
        raise BadMetadata(_("ログインサーバー（IdP）のメタデータではありません。IdP のものを1つだけ入力してください。"))
    issuer = entity.get("entityID", "").strip()
    if not issuer or len(issuer) > 300:
        raise BadMetadata
    return ProviderMetadata(issuer, _sso_url(found[0]), _certificates(found[0]))


def _sso_url(descriptor: Element) -> str:
    for service in descriptor.findall("md:SingleSignOnService", _NS):
        url = str(service.get("Location", "")).strip()
        parts = urlsplit(url)
        if service.get("Binding") == _REDIRECT and parts.scheme == "https" and parts.hostname and not parts.fragment and len(url) <= 500:
            return url
    raise BadMetadata(_("https のログイン先（HTTP-Redirect）がメタデータにありません。会社のログインサーバーの設定を確かめてください。"))


def _certificates(descriptor: Element) -> list[str]:
    found: list[str] = []
    for key in descriptor.findall("md:KeyDescriptor", _NS):
        if key.get("use", "signing") == "signing":
            found += [_certificate(each) for each in key.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NS)]
    if not found:
        raise BadMetadata(_("署名の証明書がメタデータにありません。"))
    return list(dict.fromkeys(found))


def _certificate(element: Element) -> str:
    text = "".join((element.text or "").split())
    try:
        certificate = load_der_x509_certificate(base64.b64decode(text, validate=True))
        strong = is_strong(certificate)
    except Exception as error:  # the library raises many kinds at what is no certificate
        raise BadMetadata(_("メタデータの証明書を読めません。")) from error
    if not strong:
        raise BadMetadata(_("メタデータの証明書の鍵が短すぎます。RSA 2048ビット以上の証明書に替えてください。"))
    return text


def named(certificate: Certificate) -> str:
    """As it is called on screens: its subject's common name, else its serial number."""
    names = [str(each.value) for each in certificate.subject if each.oid.dotted_string == "2.5.4.3"]
    return names[0][:60] if names else f"{certificate.serial_number:x}"[:20]


def ours() -> bytes:
    """What the administrator of the company's provider reads in: who we are and where answers go. It holds no secret."""
    root = etree.Element(f"{{{METADATA_NS}}}EntityDescriptor", nsmap={"md": METADATA_NS}, entityID=saml.entity_id())
    said = {"AuthnRequestsSigned": "false", "WantAssertionsSigned": "true", "protocolSupportEnumeration": PROTOCOL_NS}
    descriptor = etree.SubElement(root, f"{{{METADATA_NS}}}SPSSODescriptor", said)
    etree.SubElement(descriptor, f"{{{METADATA_NS}}}NameIDFormat").text = saml.PERSISTENT
    place = {"Binding": _POST, "Location": saml.answers_url(), "index": "0", "isDefault": "true"}
    etree.SubElement(descriptor, f"{{{METADATA_NS}}}AssertionConsumerService", place)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document
