"""The first words: where the product is, and what is still missing to reach it from elsewhere."""

import pytest

from config.cli import welcome
from config.settings.environment import parse


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, False),
        ({"ENISHI_HOST": "0.0.0.0"}, True),  # noqa: S104 — nothing listens in this test
        ({"ENISHI_HOST": "0.0.0.0", "ENISHI_APP_HOST": "crm.example.jp"}, False),  # noqa: S104
    ],
)
def test_who_opens_the_port_to_others_hears_that_they_need_a_name(environ, told, capsys):
    welcome.announce(parse(environ))
    assert ("ENISHI_APP_HOST" in capsys.readouterr().out) is told


def test_the_address_follows_the_port_that_was_free():
    here = welcome.at_port(parse({}), 8123)
    assert welcome.address(here) == "http://localhost:8123/"


def test_behind_a_proxy_the_address_is_the_public_one():
    here = welcome.at_port(parse({"ENISHI_APP_HOST": "crm.example.jp", "ENISHI_SCHEME": "https"}), 8123)
    assert welcome.address(here) == "https://crm.example.jp/"
