"""The demo's columns are written without the product's forms and imports, and hold what those would have written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from enishi.customers.demo import _customers, _identities
from enishi.customers.models import Customer
from enishi.customers.search import fill_search_columns
from enishi.platform.bulk import array_text
from enishi.platform.demo.chapter import Story
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.text import people_text
from enishi.platform.demo.world.world import World
from enishi.platform.japanese.kana import is_kana, to_katakana
from enishi.platform.japanese.mail import normalise_mail
from enishi.platform.japanese.normalise import clean
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.japanese.postal import parse_postal


@pytest.fixture(scope="module")
def written():
    """Rows of three places of a world of a million, each a dict of texts."""
    world = World(customers=1_000_000, today=date(2026, 11, 22))
    story = Story(
        world,
        datetime(2026, 11, 22, 1, 11, tzinfo=UTC),
        user_ids={person.login: place for place, person in enumerate(staff.STAFF)},
        team_ids={name: place for place, name in enumerate(staff.TEAMS)},
    )
    rows = []
    for number in (0, 500, 999):
        block = world.block(number)
        joined = story.moments(block.people.joined_day, block.people.joined_second)
        columns = _customers(story, block, people_text(block.people), joined)
        rows += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return rows


def test_search_columns_are_those_of_a_saved_customer(written):
    for row in written:
        customer = Customer(number=row["number"], name=row["name"], kana=row["kana"], email=row["email"], phone=row["phone"])
        fill_search_columns(customer)
        filled = (customer.sort_kana, array_text(customer.name_grams), array_text(customer.contact_grams), str(customer.grams_version))
        assert (row["sort_kana"], row["name_grams"], row["contact_grams"], row["grams_version"]) == filled


def test_contacts_are_in_the_form_in_which_the_product_keeps_them(written):
    for row in written:
        if row["phone"]:
            phone = parse_phone(row["phone"])
            assert (phone.national, phone.e164) == (row["phone"], row["phone_e164"])
        if row["email"]:
            assert normalise_mail(row["email"]) == row["email"]
        if row["postal_code"]:
            assert parse_postal(row["postal_code"]) == row["postal_code"]


def test_names_are_in_the_form_in_which_the_product_keeps_them(written):
    for row in written:
        assert clean(row["name"]) == row["name"]
        if row["kana"]:
            assert is_kana(row["kana"])
            assert to_katakana(row["kana"]) == row["kana"]
        if row["kind"] == "person":
            assert row["name"] == f"{row['family_name']} {row['given_name']}"


def test_names_are_as_various_as_those_of_people(written):
    people = [row for row in written if row["kind"] == "person"]
    families = {row["family_name"] for row in people}
    assert len(families) > 400
    assert 0.01 < sum(row["family_name"] == "佐藤" for row in people) / len(people) < 0.03  # as in Japan: 1.5 %


def test_nobody_shares_a_mail_address_with_another(written):
    mails = [row["email"] for row in written]
    identities = _identities([row["id"] for row in written], list(range(len(written))), mails, [row["created_at"] for row in written])
    assert len(set(zip(identities["kind"], identities["value"], strict=True))) == len(identities["value"])
    assert identities["kind"].count("email") == len({mail for mail in mails if mail})
