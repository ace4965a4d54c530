from __future__ import annotations

import email_validator
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enishi.platform.japanese.mail import MailProblem, domain_of, normalise_mail, read_mail
from enishi.platform.japanese.phone import looks_like_phone, parse_phone


@pytest.mark.parametrize(
    ("typed", "national"),
    [
        ("090-1234-5678", "090-1234-5678"),
        ("09012345678", "090-1234-5678"),
        ("０９０－１２３４－５６７８", "090-1234-5678"),
        ("０９０ー１２３４ー５６７８", "090-1234-5678"),
        ("090 1234 5678", "090-1234-5678"),
        ("090.1234.5678", "090-1234-5678"),
        ("(03)1234-5678", "03-1234-5678"),
        ("０３（１２３４）５６７８", "03-1234-5678"),
        ("+81 90 1234 5678", "090-1234-5678"),
        ("+81(0)90-1234-5678", "090-1234-5678"),
        ("0081-90-1234-5678", "090-1234-5678"),
        ("TEL:0467-22-1234", "0467-22-1234"),
        ("0467221234", "0467-22-1234"),
        ("0120-123-456", "0120-123-456"),
        ("060-1234-5678", "060-1234-5678"),
        ("050-1234-5678", "050-1234-5678"),
        ("+1 212 555 2368", "+1 212-555-2368"),
    ],
)
def test_a_phone_number_has_one_form(typed, national):
    assert parse_phone(typed).national == national


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "110",
        "9012345678",
        "090-1234-567",
        "090-1234-56789",
        "090-1234-5678/03-1234-5678",
        "4.90E+12",
        "00000000000",
        "090-0000-0000",
    ],
)
def test_what_cannot_be_called_is_refused(typed):
    assert parse_phone(typed) is None


def test_extension_and_mobile_are_known():
    phone = parse_phone("03-1234-5678 内線12")
    assert (phone.e164, phone.extension, phone.is_mobile) == ("+81312345678", "12", False)
    assert parse_phone("080-1234-5678").is_mobile
    assert looks_like_phone("9012345678")
    assert not looks_like_phone("2026/11/22 10:00")


@settings(max_examples=400)
@given(st.from_regex(r"0[1-9][0-9]{8,9}", fullmatch=True).filter(lambda text: not text.startswith("010")))
def test_the_short_way_for_domestic_numbers_equals_the_library(text):
    number = phonenumbers.parse(text, "JP")
    found = parse_phone(text)
    if not phonenumbers.is_valid_number(number):
        assert found is None
    else:
        assert found.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert found.national == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


@given(st.text())
def test_no_text_breaks_the_phone_parser(text):
    found = parse_phone(text)
    assert found is None or found.e164.startswith("+")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Taro@Example.co.jp", "taro@example.co.jp"),
        (" ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ　", "taro@example.jp"),
        ("mailto:taro@example.jp", "taro@example.jp"),
        ("山田 太郎 <taro@example.jp>", "taro@example.jp"),
        ("taro+shop@example.jp", "taro+shop@example.jp"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        ("taro@日本語.jp", "taro@xn--wgv71a119e.jp"),
        ("taro@xn--wgv71a119e.jp", "taro@xn--wgv71a119e.jp"),
    ],
)
def test_a_mail_address_has_one_form(typed, address):
    assert normalise_mail(typed) == address


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", MailProblem.EMPTY),
        ("taro", MailProblem.NO_AT),
        ("a@example.jp, b@example.jp", MailProblem.SEVERAL),
        ("a@example.jp;b@example.jp", MailProblem.SEVERAL),
        ("a@example.jp、b@example.jp", MailProblem.SEVERAL),
        ("taro,yamada@example.jp", MailProblem.COMMA),
        ("taro@example,jp", MailProblem.COMMA),
        ("taro@example", MailProblem.INVALID),
        ("taro@localhost", MailProblem.INVALID),
        ("a..b@example.jp", MailProblem.INVALID),
        ("太郎@example.jp", MailProblem.INVALID),
    ],
)
def test_what_is_wrong_with_an_address_has_a_name(typed, problem):
    assert read_mail(typed) is problem


ATOM = st.text("abc019!#$%&'*+/=?^_`{|}~.-", min_size=1, max_size=70)
DOMAIN = st.lists(st.text("ab09-", min_size=1, max_size=66), min_size=1, max_size=4).map(".".join)


@settings(max_examples=400)
@given(ATOM, DOMAIN, st.sampled_from(["", ".jp", ".co.jp", ".test", ".c", ".1a", ".xn--a"]))
def test_the_short_way_for_addresses_equals_the_library(local, domain, end):
    address = f"{local}@{domain}{end}"
    try:
        expected = email_validator.validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email.lower()
    except email_validator.EmailNotValidError:
        expected = None
    assert normalise_mail(address) == expected


@given(st.text())
def test_no_text_breaks_the_mail_parser(text):
    found = normalise_mail(text)
    assert found is None or (normalise_mail(found) == found and domain_of(found))
