"""XML of SAML, read as if whoever sent it meant harm: no entities, no document type, no comments, and signatures of one form.

What a signature covers is given back as it was signed, read anew from the signed bytes; nobody reads the document around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate
from django.utils.translation import gettext_lazy as _
from lxml import etree
from lxml.etree import _Element
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from enishi.platform.errors import ActionError

type Element = _Element

LONGEST = 300_000  # bytes of a document; an answer with some hundred groups in it has 60,000

ASSERTION_NS = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL_NS = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA_NS = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE_NS = "http://www.w3.org/2000/09/xmldsig#"

_ID_NAMES = frozenset({"id", "xml:id", "{http://www.w3.org/XML/1998/namespace}id"})
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_TRANSFORMS = [SignatureConstructionMethod.enveloped.value, CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0.value]
# What the library and those below it raise at a signature that is none.
_NO_SIGNATURE = (
    SignXMLException,
    etree.LxmlError,
    UnsupportedAlgorithm,
    NotImplementedError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)


class SamlRefused(ActionError):
    """What came is not taken. `code` says why, for the log and the guide; the message, for whoever looks after the provider."""

    code = "saml.shape"
    message = _("会社のログインサーバーの返事を読めません。")
    status = 403


class WrongSignature(SamlRefused):
    code = "saml.signature"
    message = _(
        "返事の署名が、登録してある証明書のものではありません。会社のログインサーバーの証明書が新しくなったときは、メタデータを読み込み直してください。"
    )


class Unsigned(SamlRefused):
    code = "saml.unsigned"
    message = _("返事のアサーションに署名がありません。会社のログインサーバーで「アサーションに署名する」を選んでください。")


def parsed(document: bytes) -> Element:
    """The root. Raises SamlRefused for what is too long, is not well formed in UTF-8, or has a document type, entities,
    comments, instructions, or one ID twice."""
    if len(document) > LONGEST:
        raise SamlRefused
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False, recover=False
    )
    try:
        if "<!DOCTYPE" in document.decode("utf-8"):  # before entities of it are counted, let alone put in
            raise SamlRefused
        root = etree.fromstring(document, parser)
    except (UnicodeDecodeError, etree.XMLSyntaxError, ValueError) as error:
        raise SamlRefused from error
    if root.getroottree().docinfo.doctype or any(not isinstance(node.tag, str) for node in root.iter()):
        raise SamlRefused
    ids = list(_ids(root))
    if len(ids) != len(set(ids)):
        raise SamlRefused
    return root


def _ids(root: Element) -> Iterator[str]:
    for element in root.iter():
        yield from (str(value) for name, value in element.attrib.items() if str(name).lower() in _ID_NAMES)


def signature_of(element: Element) -> Element | None:
    """The element's own enveloped signature. Raises SamlRefused where it has several."""
    found = element.findall(f"{{{SIGNATURE_NS}}}Signature")
    if len(found) > 1:
        raise SamlRefused
    return found[0] if found else None


def as_signed(element: Element, certificates: Sequence[Certificate]) -> Element:
    """The element as one of the certificates' keys has signed it. Raises Unsigned, WrongSignature.

    The certificate's own dates do not count: it is trusted because an administrator put it there, and the page of settings
    warns before it ends (as the metadata profile of SAML has it)."""
    signature = signature_of(element)
    if signature is None:
        raise Unsigned
    if not _is_plain(signature, str(element.get("ID") or "")):
        raise WrongSignature
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(
                element,
                x509_cert=certificate,
                id_attribute="ID",
                expect_config=SignatureConfiguration(
                    location="./",
                    expect_references=1,
                    signature_methods=_METHODS,
                    digest_algorithms=_DIGESTS,
                    verification_time=certificate.not_valid_before_utc,
                ),
            )
        except _NO_SIGNATURE:
            continue
        signed = found.signed_xml if not isinstance(found, list) else None
        if signed is not None and signed.tag == element.tag and signed.get("ID") == element.get("ID"):
            return signed
    raise WrongSignature


def _is_plain(signature: Element, name: str) -> bool:
    """Whether it signs the element around it, whole, by name, and nothing else: no second reference, no transform that
    would leave something out, nothing carried along."""
    ds = {"ds": SIGNATURE_NS}
    references = signature.findall("ds:SignedInfo/ds:Reference", ds)
    canonical = signature.find("ds:SignedInfo/ds:CanonicalizationMethod", ds)
    if not name or len(references) != 1 or canonical is None or signature.find("ds:Object", ds) is not None:
        return False
    transforms = [each.get("Algorithm") for each in references[0].findall("ds:Transforms/ds:Transform", ds)]
    return references[0].get("URI") == f"#{name}" and transforms == _TRANSFORMS and canonical.get("Algorithm") == _TRANSFORMS[1]


def is_strong(certificate: Certificate) -> bool:
    """Whether its key is one that nobody guesses: RSA of 2,048 bits or more, or an elliptic curve of 256."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256


def text_of(element: Element) -> str:
    """Its text without the white space around. Raises SamlRefused where other elements stand in it."""
    if len(element):
        raise SamlRefused
    return (element.text or "").strip()
