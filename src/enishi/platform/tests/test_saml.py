"""What is taken of an answer by SAML, and what is not. Every answer is signed by real keys made here."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signxml import SignatureMethod
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm

from enishi.platform import saml, saml_metadata
from enishi.platform.models import IdentityProvider
from enishi.platform.saml_metadata import BadMetadata
from enishi.platform.saml_xml import LONGEST, SamlRefused, Unsigned, WrongSignature, parsed
from enishi.platform.tests.saml_provider import DS, EMAIL, NS, PERSISTENT, TRANSIENT, Provider, wrapped

ENTRA_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


@pytest.fixture(autouse=True)
def site(settings):
    settings.APP_HOST, settings.PUBLIC_PORT, settings.BASE_SCHEME = "testserver", None, "http"


@pytest.fixture(scope="module")
def idp(frozen_at):
    return Provider(frozen_at)


@pytest.fixture(scope="module")
def other(frozen_at):
    return Provider(frozen_at)


@pytest.fixture(scope="module")
def frozen_at():
    from datetime import UTC, datetime

    return datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def row_of(*providers, **said):
    first = providers[0]
    given = {"kind": "saml", "issuer": first.entity_id, "saml_sso_url": first.sso_url, "certificates": [each.der for each in providers]}
    return IdentityProvider(**given | said)


def read(document, row, at):
    return saml.identity_of(document, row, wall=at)


def test_a_signed_answer_tells_who_it_is(idp, frozen_at):
    found = read(idp.answer("_q1"), row_of(idp), frozen_at)
    assert (found.subject, found.name, found.login, found.in_response_to) == ("7f3c1a52", "髙橋 美咲", "misaki.takahashi", "_q1")
    assert found.good_until == frozen_at + timedelta(minutes=5) + saml.SKEW


def test_a_signed_envelope_around_it_is_welcome_and_must_hold(idp, other, frozen_at):
    document = idp.answer("_q1", whole=True)
    assert read(document, row_of(idp), frozen_at).subject == "7f3c1a52"
    for bent in (document.replace(b'ID="_r1"', b'ID="_r2"'), document.replace(b"Success", b"Success ")):
        with pytest.raises(SamlRefused):
            read(bent, row_of(idp), frozen_at)


@pytest.mark.parametrize(("variant", "whole"), [(n, True) for n in range(1, 9)] + [(n, False) for n in range(3, 9)])
def test_no_signature_is_wrapped_around_somebody_else(variant, whole, idp, frozen_at):
    """XSW 1 and 2 bend a signed envelope, 3 to 8 a signed assertion, with a signed envelope around it or without."""
    bent = wrapped(variant, idp.answer("_q1", whole=whole))
    assert b"the-president" in bent
    with pytest.raises(SamlRefused):
        read(bent, row_of(idp), frozen_at)


def test_an_envelope_alone_vouches_for_no_assertion(idp, frozen_at):
    root = idp.sign(idp.response("_q1"))
    with pytest.raises(Unsigned):
        read(etree.tostring(root), row_of(idp), frozen_at)


def test_nobody_else_signs(idp, other, frozen_at):
    with pytest.raises(Unsigned):
        read(idp.answer("_q1", sign=False), row_of(idp), frozen_at)
    with pytest.raises(WrongSignature):
        read(other.answer("_q1"), row_of(idp), frozen_at)


def test_of_two_keys_either_counts_while_one_follows_the_other(idp, other, frozen_at):
    for signer in (idp, other):
        assert read(signer.answer("_q1"), row_of(idp, other), frozen_at).subject == "7f3c1a52"


def test_what_was_signed_is_not_changed(idp, frozen_at):
    document = idp.answer("_q1")
    for before, after in ((b"7f3c1a52", b"7f3c1a53"), (b"_q1", b"_q2"), ("髙橋".encode(), "鈴木".encode())):
        assert before in document or before.decode().encode("ascii", "xmlcharrefreplace") in document
        bent = document.replace(before, after).replace(before.decode().encode("ascii", "xmlcharrefreplace"), after)
        with pytest.raises(SamlRefused):
            read(bent, row_of(idp), frozen_at)


@pytest.mark.parametrize(
    "weak",
    [
        {"method": SignatureMethod.RSA_SHA1},
        {"digest": DigestAlgorithm.SHA1},
        {"c14n": CanonicalizationMethod.CANONICAL_XML_1_0},
        {"c14n": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS},
    ],
)
def test_weak_or_other_ways_of_signing_are_refused(weak, idp, frozen_at):
    root = idp.response("_q1")
    idp.sign(root.find("saml:Assertion", NS), **weak)
    with pytest.raises(WrongSignature):
        read(etree.tostring(root), row_of(idp), frozen_at)


def test_a_key_that_comes_with_the_answer_counts_for_nothing(idp, other, frozen_at):
    """The forger's own certificate stands in the signature; or nobody's, as some providers send it."""
    root = etree.fromstring(other.answer("_q1"))
    with pytest.raises(WrongSignature):
        read(etree.tostring(root), row_of(idp), frozen_at)
    root = etree.fromstring(idp.answer("_q1"))
    information = root.find(".//ds:KeyInfo", NS)
    information.getparent().remove(information)
    assert read(etree.tostring(root), row_of(idp), frozen_at).subject == "7f3c1a52"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"issuer": "https://idp.example.co.jp/other"}, "saml.issuer"),
        ({"audience": "https://another.example.jp/"}, "saml.audience"),
        ({"recipient": "https://another.example.jp/acs"}, "saml.audience"),
        ({"destination": "https://another.example.jp/acs"}, "saml.audience"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, "saml.status"),
        ({"format": TRANSIENT}, "saml.subject"),
        ({"format": EMAIL, "subject": "misaki@example.co.jp"}, "saml.subject"),
        ({"subject": "misaki@example.co.jp"}, "saml.subject"),
        ({"subject": ""}, "saml.subject"),
        ({"subject": "x" * 192}, "saml.subject"),
        ({"qualifier": ' NameQualifier="https://idp.example.co.jp/other"'}, "saml.subject"),
        ({"qualifier": ' SPNameQualifier="https://another.example.jp/"'}, "saml.subject"),
        ({"conditions": '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>'}, "saml.shape"),
        ({"conditions": "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>"}, "saml.audience"),
        ({"subject": "7f3c<b xmlns=''>1a52</b>"}, "saml.shape"),
    ],
)
def test_an_answer_that_is_not_for_us_or_names_nobody_for_good_is_refused(said, code, idp, frozen_at):
    with pytest.raises(SamlRefused) as refusal:
        read(idp.answer("_q1", **said), row_of(idp), frozen_at)
    assert refusal.value.code == code


def test_what_the_provider_began_by_itself_is_refused(idp, frozen_at):
    with pytest.raises(saml.NotAsked):
        read(idp.answer(""), row_of(idp), frozen_at)


def test_an_answer_is_of_now(idp, frozen_at):
    document, row = idp.answer("_q1"), row_of(idp)
    begins, ends = frozen_at - timedelta(minutes=1), frozen_at + timedelta(minutes=5)
    for at in (begins - saml.SKEW, ends + saml.SKEW - timedelta(seconds=1)):
        assert read(document, row, at).subject == "7f3c1a52"
    for at in (begins - saml.SKEW - timedelta(seconds=1), ends + saml.SKEW):
        with pytest.raises(saml.NotNow):
            read(document, row, at)


def test_somebody_may_be_told_by_an_attribute(idp, frozen_at):
    row = row_of(idp, subject_rule="attribute", subject_attribute=ENTRA_ID)
    value = "<saml:AttributeValue>{}</saml:AttributeValue>"
    attribute = f'<saml:Attribute Name="{ENTRA_ID}">{{}}</saml:Attribute>'
    one = attribute.format(value.format("0b5d-11"))
    said = {"format": EMAIL, "subject": "misaki@example.co.jp"}
    assert read(idp.answer("_q1", extra=one, **said), row, frozen_at).subject == "0b5d-11"
    for bad in ("", attribute.format(""), attribute.format(value.format("a") + value.format("b")), one + one):
        with pytest.raises(saml.NoLastingId):
            read(idp.answer("_q1", extra=bad, **said), row, frozen_at)


def test_a_mail_address_counts_where_the_administrator_says_that_it_lasts(idp, frozen_at):
    row = row_of(idp, subject_rule="stable")
    assert read(idp.answer("_q1", format=EMAIL, subject="misaki@example.co.jp"), row, frozen_at).subject == "misaki@example.co.jp"
    with pytest.raises(saml.NoLastingId):
        read(idp.answer("_q1", format=TRANSIENT), row, frozen_at)


def test_another_rule_is_another_provider(idp):
    ids = {
        row_of(idp, subject_rule=rule, subject_attribute=name).provider_id
        for rule, name in (("persistent", ""), ("stable", ""), ("attribute", "a"), ("attribute", "b"))
    }
    assert len(ids) == 4


# ---- XML that means harm -------------------------------------------------------------------------------------------


def test_a_comment_does_not_cut_a_name_short(idp, frozen_at):
    """CVE-2018-0489 and its kin: president@example.jp<!---->.evil.example."""
    document = idp.answer("_q1", subject="president.evil")
    bent = document.replace(b"president.evil", b"president<!---->.evil")
    assert bent != document
    with pytest.raises(SamlRefused):
        read(bent, row_of(idp), frozen_at)


def test_no_document_type_no_entity_no_instruction(idp, frozen_at, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("inside")
    text = idp.answer("_q1").decode()
    harmful = [
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>{text.replace("7f3c1a52", "&e;")}',
        f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>{text.replace("7f3c1a52", "&b;")}',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        text.replace("7f3c1a52", "7f3c<?x y?>1a52"),
        text.replace('ID="_r1"', 'ID="_a1"'),
        text.replace("<saml:Subject>", '<saml:Subject Id="_a1">'),
        f'<?xml version="1.0" encoding="UTF-7"?>{text}'.replace("7f3c1a52", "+ADw-"),
        "<x",
        "",
        " ",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "x" * (LONGEST + 1),
    ]
    for document in harmful:
        with pytest.raises(SamlRefused):
            read(document.encode(), row_of(idp), frozen_at)


def test_a_utf_16_document_does_not_hide_its_type():
    with pytest.raises(SamlRefused):
        parsed('<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'.encode("utf-16"))


@given(st.binary(max_size=200))
def test_whatever_comes_is_an_answer_or_is_refused(document):
    with pytest.raises(SamlRefused):
        saml.identity_of(document, IdentityProvider(kind="saml", issuer="x", certificates=[]), wall=saml.time.wall_clock())


@given(data=st.data())
def test_one_byte_of_the_assertion_changed_never_makes_somebody_else(data, idp_bytes):
    """Whatever byte is turned, the same person comes in or nobody does."""
    document, row, at = idp_bytes
    start = document.index(b"<saml:Assertion")
    place = data.draw(st.integers(start, len(document) - 1))
    bent = bytearray(document)
    bent[place] = data.draw(st.integers(32, 126))
    try:
        found = saml.identity_of(bytes(bent), row, wall=at)
    except SamlRefused:
        return
    assert (found.subject, found.in_response_to) == ("7f3c1a52", "_q1")


@pytest.fixture(scope="module")
def idp_bytes(idp, frozen_at):
    return idp.answer("_q1"), row_of(idp), frozen_at


def test_an_encrypted_assertion_is_told_apart(idp, frozen_at):
    root = idp.response("_q1")
    root.replace(root.find("saml:Assertion", NS), etree.Element(f"{{{NS['saml']}}}EncryptedAssertion"))
    with pytest.raises(saml.Encrypted):
        read(etree.tostring(root), row_of(idp), frozen_at)


# ---- metadata -------------------------------------------------------------------------------------------------------


def test_metadata_name_the_provider_and_its_keys(idp, other):
    found = saml_metadata.read(idp.metadata(other))
    assert (found.entity_id, found.sso_url, found.certificates) == (idp.entity_id, idp.sso_url, [idp.der, other.der])


def test_metadata_that_are_none_are_told_why(idp, frozen_at):
    weak = Provider(frozen_at, bits=1024)
    good = idp.metadata().decode()
    for bad in (
        "",
        "<html/>",
        good.replace("IDPSSODescriptor", "SPSSODescriptor"),
        good.replace("https://idp.example.co.jp/sso", "http://idp.example.co.jp/sso"),
        good.replace("https://idp.example.co.jp/sso", "javascript:alert(1)//"),
        good.replace(idp.der, "AAAA"),
        good.replace(idp.der, weak.der),
        good.replace('use="signing"', 'use="encryption"'),
        good.replace(f'entityID="{idp.entity_id}"', 'entityID=""'),
        f'<!DOCTYPE x [<!ENTITY e "x">]>{good.removeprefix('<?xml version="1.0"?>')}',
    ):
        with pytest.raises(BadMetadata):
            saml_metadata.read(bad.encode())


def test_our_own_metadata_say_what_is_asked_of_answers():
    root = etree.fromstring(saml_metadata.ours())
    descriptor = root.find("{*}SPSSODescriptor")
    assert root.get("entityID") == "http://testserver/accounts/company/saml/metadata/"
    assert descriptor.get("WantAssertionsSigned") == "true"
    assert descriptor.find("{*}AssertionConsumerService").get("Location") == "http://testserver/accounts/company/saml/answer/"
    assert descriptor.findtext("{*}NameIDFormat") == PERSISTENT


def test_the_signature_of_the_library_is_what_is_expected_of_providers(idp):
    """So that these tests bend what a real provider sends: enveloped, exclusive, by name."""
    root = etree.fromstring(idp.answer("_q1"))
    reference = root.find(f".//{{{DS}}}Reference")
    assert reference.get("URI") == "#_a1"
    assert base64.b64decode(root.findtext(f".//{{{DS}}}SignatureValue"))
