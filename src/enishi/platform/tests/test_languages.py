import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import get_language

from enishi.platform.actions import installation as actions
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.languages import language_of, speaking_to
from enishi.platform.models import Event, User

LOGIN = {"login": "misaki", "password": "enishi-demo-2026"}


def language(answer):
    return re.search(r'<html lang="(\w+)"', answer.content.decode()).group(1)


def test_a_choice_is_kept_and_recorded(misaki, now):
    actions.choose_language(actor=misaki, language="en", now=now)

    assert User.rows.get(pk=misaki.user_id).language == "en"
    assert Event.rows.get(kind="user.language_chosen").data == {"language": "en"}


def test_only_languages_that_the_product_speaks_can_be_chosen(misaki, now):
    with pytest.raises(Invalid):
        actions.choose_language(actor=misaki, language="fr", now=now)


def test_the_system_has_no_language_to_choose(organisation, now):
    with pytest.raises(NotAllowed):
        actions.choose_language(actor=SYSTEM, language="en", now=now)


def test_a_choice_survives_the_next_sign_in(misaki_user, client):
    client.post("/accounts/login/", LOGIN)
    assert language(client.get("/settings/")) == "ja"

    answer = client.post("/language/", {"language": "en", "next": "/settings/"})
    client.post("/accounts/logout/")
    client.post("/accounts/login/", LOGIN)

    assert (answer.status_code, answer.url) == (302, "/settings/")
    page = client.get("/settings/", headers={"Accept-Language": "ja"})
    assert (language(page), page.headers["Content-Language"]) == ("en", "en")
    assert "Settings" in page.content.decode()


def test_the_switch_is_on_the_page_and_holds_its_token(misaki_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(misaki_user, backend="enishi.platform.signin.ActiveUserBackend")

    assert client.post("/language/", {"language": "en"}).status_code == 403
    page = client.get("/settings/").content.decode()
    form = re.search(r'<form method="post" action="/language/">.*?</form>', page, re.DOTALL).group()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form).group(1)
    client.post("/language/", {"language": "en", "csrfmiddlewaretoken": token})

    assert language(client.get("/settings/")) == "en"


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example/", "settings", ""])
def test_the_switch_leads_nowhere_else(misaki_client, path):
    assert misaki_client.post("/language/", {"language": "en", "next": path}).url == "/"


@pytest.mark.parametrize(("wanted", "spoken"), [("en-US,en;q=0.9", "en"), ("ja,en;q=0.5", "ja"), ("fr,de;q=0.8", "ja"), ("", "ja")])
def test_before_sign_in_the_browser_decides_and_japanese_is_the_rest(organisation, client, wanted, spoken):
    page = client.get("/accounts/login/", headers={"Accept-Language": wanted})
    assert language(page) == spoken
    assert "Accept-Language" in page.headers["Vary"]


def test_an_answer_in_english_leaves_no_english_behind(organisation, client):
    client.get("/accounts/login/", headers={"Accept-Language": "en"})
    assert get_language() == "ja"


def test_the_first_user_keeps_the_language_of_the_first_run(db, client):
    filled = {"organisation_name": "Ennichido", "display_name": "Misaki", "username": "misaki"}
    passwords = {"password": "a-long-phrase-42", "password_again": "a-long-phrase-42"}

    client.post("/start/", filled | passwords, headers={"Accept-Language": "en"})

    assert User.rows.get().language == "en"


def test_pages_behind_mailed_links_are_japanese_like_the_mails(organisation, client):
    page = client.get("/u/nothing", headers={"Host": settings.TRACK_HOST, "Accept-Language": "en"})
    assert (page.status_code, language(page)) == (404, "ja")


def test_a_job_speaks_to_the_one_who_ordered_it(misaki, now):
    actions.choose_language(actor=misaki, language="en", now=now)

    with speaking_to(misaki.user_id):
        spoken = str(Invalid.message)

    assert (spoken, language_of(None)) == ("Please check what you entered.", "ja")
