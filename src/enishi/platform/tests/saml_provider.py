"""A company's SAML provider for tests: real keys, real signatures, and every way of bending what was signed."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import zlib
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import SignatureMethod, XMLSigner
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
OURS = "http://testserver/accounts/company/saml"
NS = {"saml": SAML, "samlp": SAMLP, "ds": DS}


class Signer(XMLSigner):
    """One that also signs as nobody should any more."""

    def check_deprecated_methods(self):
        pass


@dataclass
class Provider:
    now: dt.datetime
    entity_id: str = "https://idp.example.co.jp/saml"
    sso_url: str = "https://idp.example.co.jp/sso?tenant=1"
    bits: int = 2048
    lasts: dt.timedelta = dt.timedelta(days=365)
    key: rsa.RSAPrivateKey = field(init=False)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=self.bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.co.jp")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(self.now - dt.timedelta(days=400)).not_valid_after(self.now + self.lasts)
        self.certificate = builder.sign(self.key, hashes.SHA256())

    @property
    def der(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    def metadata(self, *more: Provider) -> bytes:
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{each.der}</ds:X509Certificate>'
            "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for each in (self, *more)
        )
        return (
            f'<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{DS}" entityID="{self.entity_id}">'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}'
            f'<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.co.jp/post"/>'
            f'<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{self.sso_url}"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        ).encode()

    def response(self, question: str, **said) -> etree._Element:
        """An answer that nobody has signed yet."""
        at = said.pop("at", self.now)
        given = {
            "subject": "7f3c1a52",
            "format": PERSISTENT,
            "issuer": self.entity_id,
            "audience": f"{OURS}/metadata/",
            "recipient": f"{OURS}/answer/",
            "destination": f"{OURS}/answer/",
            "begins": at - dt.timedelta(minutes=1),
            "ends": at + dt.timedelta(minutes=5),
            "status": "urn:oasis:names:tc:SAML:2.0:status:Success",
            "id": "_a1",
            "name": "髙橋 美咲",
            "login": "misaki.takahashi",
            "conditions": "",
            "qualifier": "",
            "extra": "",
        } | said
        begins, ends = (given[name].strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("begins", "ends"))
        asked = f' InResponseTo="{question}"' if question else ""
        text = f"""
<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_r1" Version="2.0" IssueInstant="{begins}" Destination="{given["destination"]}"{asked}>
  <saml:Issuer>{given["issuer"]}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="{given["status"]}"/></samlp:Status>
  <saml:Assertion ID="{given["id"]}" Version="2.0" IssueInstant="{begins}">
    <saml:Issuer>{given["issuer"]}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="{given["format"]}"{given["qualifier"]}>{given["subject"]}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData NotOnOrAfter="{ends}" Recipient="{given["recipient"]}"{asked}/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}">
      <saml:AudienceRestriction><saml:Audience>{given["audience"]}</saml:Audience></saml:AudienceRestriction>{given["conditions"]}
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{begins}"><saml:AuthnContext>
      <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
    </saml:AuthnContext></saml:AuthnStatement>
    <saml:AttributeStatement>
      <saml:Attribute Name="displayName"><saml:AttributeValue>{given["name"]}</saml:AttributeValue></saml:Attribute>
      <saml:Attribute Name="uid"><saml:AttributeValue>{given["login"]}</saml:AttributeValue></saml:Attribute>{given["extra"]}
    </saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>"""
        return etree.fromstring(text.strip())

    def sign(
        self,
        element: etree._Element,
        *,
        method=SignatureMethod.RSA_SHA256,
        digest=DigestAlgorithm.SHA256,
        c14n=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    ) -> etree._Element:
        """The element with its own signature behind the issuer, put in its place."""
        holder = etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
        element.insert(1, holder)
        signer = Signer(signature_algorithm=method, digest_algorithm=digest, c14n_algorithm=c14n)
        signed = signer.sign(element, key=self.key, cert=[self.certificate], reference_uri=element.get("ID"), id_attribute="ID")
        parent = element.getparent()
        if parent is not None:
            parent.replace(element, signed)
        return signed

    def answer(self, question: str, *, whole: bool = False, sign: bool = True, **said) -> bytes:
        """An answer with a signed assertion; `whole`: and a signed envelope around it."""
        root = self.response(question, **said)
        if sign:
            self.sign(root.find("saml:Assertion", NS))
        if whole:
            root = self.sign(root)
        return etree.tostring(root)


def question_of(url: str) -> tuple[str, etree._Element]:
    """What a browser carries to the provider: the id, and the whole question."""
    packed = base64.b64decode(parse_qs(urlsplit(url).query)["SAMLRequest"][0])
    root = etree.fromstring(zlib.decompress(packed, wbits=-15))
    return root.get("ID"), root


def _evil(element: etree._Element, name: str) -> etree._Element:
    """A copy that says somebody else, without a signature."""
    copied = copy.deepcopy(element)
    for signature in list(copied.iter(f"{{{DS}}}Signature")):
        signature.getparent().remove(signature)
    copied.set("ID", name)
    for name_id in copied.iter(f"{{{SAML}}}NameID"):
        name_id.text = "the-president"
    return copied


def wrapped(variant: int, document: bytes) -> bytes:
    """Signature wrapping, as Somorovsky et al. (2012) number it: 1 and 2 bend a signed envelope, 3 to 8 a signed assertion."""
    root = etree.fromstring(document)
    assertion = root.find("saml:Assertion", NS)
    if variant in (1, 2):
        signature = root.find("ds:Signature", NS)
        evil = _evil(root, "_evil")
        root.remove(signature)
        if variant == 1:
            signature.append(root)
            evil.insert(1, signature)
        else:
            evil.insert(1, signature)
            evil.insert(1, root)
        return etree.tostring(evil)
    signature, evil = assertion.find("ds:Signature", NS), _evil(assertion, "_evil")
    if variant == 3:
        root.insert(root.index(assertion), evil)
    elif variant == 4:
        root.replace(assertion, evil)
        evil.append(assertion)
    elif variant == 7:
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        extensions.append(evil)
        root.insert(1, extensions)
    else:
        assertion.remove(signature)
        root.replace(assertion, evil)
        evil.insert(1, signature)
        if variant == 5:
            root.append(assertion)
        elif variant == 6:
            signature.append(assertion)
        else:
            etree.SubElement(signature, f"{{{DS}}}Object").append(assertion)
    return etree.tostring(root)
