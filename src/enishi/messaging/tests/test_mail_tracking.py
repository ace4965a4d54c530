"""Signed random link ids."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.messaging.mail.tracking import MAX_POSITION, Purpose, make_token, parse, sign, token_hash

KEY = b"k" * 32
ALPHABET = string.ascii_letters + string.digits + "-_"


@given(st.binary(min_size=16, max_size=16), st.integers(0, MAX_POSITION), st.sampled_from(Purpose))
def test_a_link_leads_back_to_its_message_and_position(token, position, purpose):
    part = sign(purpose, token, position, key=KEY)
    found = parse(purpose, part, key=KEY)
    assert (found.token_hash, found.position) == (token_hash(token), position)
    assert len(part) == 32
    assert set(part) <= set(ALPHABET)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 31), st.sampled_from(ALPHABET))
def test_one_changed_letter_is_an_unknown_link(token, place, letter):
    part = sign(Purpose.CLICK, token, 3, key=KEY)
    changed = part[:place] + letter + part[place + 1 :]
    assert (parse(Purpose.CLICK, changed, key=KEY) is None) == (changed != part)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 31))
def test_changed_case_is_an_unknown_link(token, place):
    part = sign(Purpose.CLICK, token, 3, key=KEY)
    changed = part[:place] + part[place].swapcase() + part[place + 1 :]
    assert (parse(Purpose.CLICK, changed, key=KEY) is None) == (changed != part)


@given(st.text(max_size=40))
def test_whatever_a_scanner_asks_for_is_unknown(part):
    assert parse(Purpose.CLICK, part, key=KEY) is None


@pytest.mark.parametrize(
    "part", ["", "A" * 31, "A" * 33, "A" * 32, "=" * 32, "+" * 32, "/" * 32, "A" * 28 + "====", "Ａ" * 32, "A" * 31 + "\n"]
)
def test_malformed_parts_are_unknown(part):
    assert parse(Purpose.CLICK, part, key=KEY) is None


def test_a_click_link_does_not_unsubscribe():
    part = sign(Purpose.CLICK, make_token(), 0, key=KEY)
    assert parse(Purpose.UNSUBSCRIBE, part, key=KEY) is None
    assert parse(Purpose.OPEN, part, key=KEY) is None


def test_another_installation_does_not_know_our_links():
    assert parse(Purpose.CLICK, sign(Purpose.CLICK, make_token(), 0, key=KEY), key=b"x" * 32) is None


def test_tokens_do_not_repeat():
    assert len({make_token() for _ in range(1000)}) == 1000
