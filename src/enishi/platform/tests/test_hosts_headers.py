"""One process, three origins: what answers where, and with which headers. X04 of the security cases."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from enishi.platform import origins
from enishi.platform.routes import all_routes

APP_PAGES = ["/", "/customers/", "/accounts/login/", "/start/", "/search/", "/settings/", "/orders/", "/demo/clock/"]
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def headers_missing(answer):
    """The names of the headers that are absent or weaker than they must be."""
    wrong = [name for name, value in FIXED.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    wrong += [part for part in ("default-src 'none'", "base-uri 'none'", "form-action", "frame-ancestors") if part not in policy]
    wrong += [part for part in ("unsafe-", "*", "http:", "https:") if part in policy.replace("http://files.localhost", "")]
    wrong += [] if answer.headers.get("X-Frame-Options") == "DENY" else ["X-Frame-Options"]
    wrong += [] if "no-store" in answer.headers.get("Cache-Control", "") else ["Cache-Control"]
    wrong += [] if "camera=()" in answer.headers.get("Permissions-Policy", "") else ["Permissions-Policy"]
    return wrong


def path_of(route):
    return "/" + re.sub(r"<int:[^>]+>", "1", re.sub(r"<(?:str|slug):[^>]+>", "x", route.route))


@pytest.mark.parametrize("method", ["get", "delete"])
def test_every_route_answers_with_the_full_set_of_headers(misaki_client, method):
    hosts = {"app": "localhost", "track": "track.localhost", "files": "files.localhost"}
    weak, codes = [], set()
    for route in all_routes():
        if "(?P" in route.route or route.name == "account_logout":
            continue
        answer = getattr(misaki_client, method)(path_of(route), headers={"Host": hosts[route.host]})
        codes.add(answer.status_code)
        if "sandbox" in answer.headers["Content-Security-Policy"] or route.name == "files-pdf":
            continue  # what others wrote, framed by the app or opened by the browser's own reader: each has its own test
        if missing := headers_missing(answer):
            weak.append((path_of(route), answer.status_code, missing))
    assert weak == []
    assert {200, 403, 404} <= codes if method == "get" else 405 in codes


def test_refusals_before_any_view_carry_them_too(organisation, client):
    posting = Client(enforce_csrf_checks=True)
    answers = {
        404: client.get("/no/such/page/"),
        302: client.get("/customers/"),
        400: client.get("/", headers={"Host": "evil.example"}),
        403: posting.post("/accounts/login/", {"login": "x", "password": "x"}),
        401: client.get("/customers/", headers={"HX-Request": "true"}),
    }
    assert {code: (answer.status_code, headers_missing(answer)) for code, answer in answers.items()} == {
        code: (code, []) for code in answers
    }


def test_a_bug_is_a_page_that_tells_nothing_and_carries_them(misaki_client, monkeypatch):
    def breaks(actor, text):
        raise RuntimeError("canary-of-the-inside")

    monkeypatch.setattr("enishi.platform.views.home.search_everything", breaks)
    misaki_client.raise_request_exception = False
    answer = misaki_client.get("/search/", {"q": "a"})
    assert (answer.status_code, headers_missing(answer)) == (500, [])
    assert "canary" not in answer.content.decode()


def test_what_others_wrote_is_shown_in_a_box_without_scripts_forms_or_cookies(organisation, client):
    answer = client.get("/preview/x", headers={"Host": "files.localhost"})
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "sandbox;" in f"{policy};"
    assert "frame-ancestors http://localhost" in policy
    assert not answer.cookies


def test_files_of_the_front_end_may_be_kept(client, db):
    answer = client.get("/static/no-such-file.css")
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


# ---- hosts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["track.localhost", "files.localhost", "TRACK.localhost", "Files.Localhost:8000", "track.localhost.", "files.localhost.:8000"]
)
def test_the_other_hosts_answer_nothing_of_the_app(misaki_client, host):
    for page in APP_PAGES:
        assert misaki_client.get(page, headers={"Host": host}).status_code == 404, page
    assert misaki_client.get("/healthz", headers={"Host": host}).status_code == 200


def test_the_app_answers_no_mailed_link_and_no_foreign_content(misaki_client):
    for page in ("/c/x", "/o/x", "/u/x", "/preview/x", "/mail/x"):
        assert misaki_client.get(page, headers={"Host": "localhost"}).status_code == 404, page


def test_a_forwarded_host_changes_nothing(misaki_client):
    answer = misaki_client.get("/customers/", headers={"Host": "localhost", "X-Forwarded-Host": "track.localhost"})
    assert answer.status_code == 200


def test_the_session_stays_on_the_host_of_the_app(misaki_user):
    """A cookie without a domain is sent to the host that set it and to no other."""
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "misaki", "password": "enishi-demo-2026"})
    assert {"enishi_session", "enishi_csrf"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert (cookie["domain"], cookie["path"], cookie["samesite"], cookie["httponly"]) == ("", "/", "Lax", True)
    assert not Client().get("/c/x", headers={"Host": "track.localhost"}).cookies


def test_addresses_are_built_from_the_settings(settings):
    settings.BASE_SCHEME, settings.PUBLIC_PORT = "https", None
    settings.APP_HOST, settings.TRACK_HOST, settings.FILES_HOST = "crm.example.jp", "t.example.jp", "f.example.jp"
    assert (origins.app_url("/x"), origins.track_url("/y"), origins.files_url("/z")) == (
        *("https://crm.example.jp/x", "https://t.example.jp/y", "https://f.example.jp/z"),
    )
    settings.PUBLIC_PORT = 8443
    assert origins.app_url() == "https://crm.example.jp:8443/"
