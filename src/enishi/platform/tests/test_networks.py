"""From where people may work, the way back in for whoever shut themselves out, and the door of the command line."""

from __future__ import annotations

import io

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from enishi.platform import rights, time
from enishi.platform.actions import rules as actions_rules
from enishi.platform.actions import sign_in_links
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import ApiToken, Event, Organisation, Role, User
from enishi.platform.networks import is_within, read_networks

RULES = "/settings/sign-in/"
LISTS = "/settings/sign-in/networks/"
HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


@pytest.fixture
def admin(make_user):
    return rights.actor_of(make_user("boss", "admin", display_name="管理 太郎"))


def limit(actor, now, company=(), roles=None, ip=HERE):
    return actions_rules.limit_networks(company=list(company), roles=roles or {}, ip=ip, actor=actor, now=now)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("203.0.113.5", ["203.0.113.5/32"]),
        (" 203.0.113.9/24 \n\n2001:db8::1", ["203.0.113.0/24", "2001:db8::1/128"]),
        ("10.0.0.1, 10.0.0.1", ["10.0.0.1/32"]),
        ("", []),
    ],
)
def test_lists_are_read_as_people_write_them(typed, plain):
    assert read_networks(typed) == plain


@pytest.mark.parametrize("typed", ["office", "203.0.113.300", "203.0.113.0/33", "http://203.0.113.1", "０x7f.1"])
def test_what_is_no_address_is_named(typed):
    with pytest.raises(Invalid) as refusal:
        read_networks(typed)
    assert typed in refusal.value.fields[""][0]


def test_an_address_is_judged_as_itself():
    assert is_within(["203.0.113.0/24"], "203.0.113.77")
    assert is_within(["203.0.113.0/24"], "::ffff:203.0.113.77")
    assert not is_within(["203.0.113.0/24"], "203.0.114.1")
    assert not is_within(["203.0.113.0/24"], "x")


def test_outside_of_the_list_every_page_part_and_token_is_shut(admin, misaki_user, misaki_client, now):
    ApiToken.rows.create(user=misaki_user, name="x", token_hash=rights.token_hash("enishi_x"), created_at=now)
    bearer = {"Authorization": "Bearer enishi_x"}
    assert misaki_client.get("/customers/").status_code == 200
    limit(admin, now, ["127.0.0.0/8"])
    assert misaki_client.get("/customers/").status_code == 200
    assert Client().get("/api/v1/customers", headers=bearer).status_code == 200
    outside = Client(REMOTE_ADDR="198.51.100.7")
    outside.cookies = misaki_client.cookies
    page = outside.get("/customers/")
    assert page.status_code == 403
    assert "198.51.100.7" in page.content.decode()
    assert outside.get("/customers/", headers={"HX-Request": "true"}).status_code == 403
    assert outside.post("/settings/tokens/", {"name": "x"}).status_code == 403
    assert outside.get("/api/v1/customers", headers=bearer).status_code == 401
    assert outside.get("/customers/", headers={"X-Forwarded-For": HERE}).status_code == 403  # nobody's word but the peer's
    assert outside.post("/accounts/logout/").status_code == 302


def test_behind_a_proxy_the_address_is_what_the_proxy_says_and_not_the_client(admin, misaki_client, settings, now):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    limit(admin, now, ["203.0.113.0/24"], ip="203.0.113.1")
    assert misaki_client.get("/customers/", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}).status_code == 200
    assert misaki_client.get("/customers/", headers={"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}).status_code == 403


def test_a_list_of_a_role_binds_its_holders_alone(admin, misaki_client, sign_in, yoshida, now):
    limit(admin, now, roles={Role.rows.get(key="ec_lead").pk: ["203.0.113.0/24"]})
    assert misaki_client.get("/customers/").status_code == 403
    assert sign_in(yoshida).get("/customers/").status_code == 200
    assert Event.rows.get(kind="role.networks_changed").actor_id == admin.user_id


def test_nobody_shuts_themselves_out(admin, sign_in, now):
    page = sign_in(admin).post(LISTS, {"company": "203.0.113.0/24"})
    assert page.status_code == 422
    assert "いま使っているアドレス 127.0.0.1" in page.content.decode()
    own = Role.rows.get(key="admin").pk
    with pytest.raises(actions_rules.OwnAddressMissing) as refusal:
        limit(admin, now, roles={own: ["203.0.113.0/24"]})
    assert set(refusal.value.fields) == {f"role_{own}"}
    assert Organisation.rows.get().networks == []


def test_bad_lines_are_said_beside_their_field_and_kept(admin, sign_in, now):
    page = sign_in(admin).post(LISTS, {"company": "office"})
    assert page.status_code == 422
    assert "IPアドレスとして読めません：office" in page.content.decode()


def test_the_code_opens_the_lists_once(admin, sign_in, now):
    client = sign_in(admin)
    code = client.post(LISTS, {"company": "127.0.0.0/8"}).context["code"]
    assert code not in str(Organisation.rows.values().get())
    client.get("/settings/")
    outside = Client(REMOTE_ADDR="198.51.100.7")
    outside.cookies = client.cookies
    assert "解除コード" in outside.get("/settings/").content.decode()
    wrong = outside.post(f"{LISTS}open/", {"code": "0123456789abcdef"})
    assert wrong.status_code == 422
    assert outside.post(f"{LISTS}open/", {"code": f" {code.upper()} "}).url == RULES
    assert outside.get("/settings/").status_code == 200
    assert Event.rows.get(kind="networks.opened").actor_id == admin.user_id
    assert outside.post(f"{LISTS}open/", {"code": code}).status_code == 422


def test_guessing_the_code_ends_soon(admin, sign_in, now):
    client = sign_in(admin)
    code = client.post(LISTS, {"company": "127.0.0.0/8"}).context["code"]
    for _number in range(5):
        client.post(f"{LISTS}open/", {"code": "x"})
    assert client.post(f"{LISTS}open/", {"code": code}).status_code == 422
    assert Organisation.rows.get().networks == ["127.0.0.0/8"]


def test_others_limit_and_open_nothing(admin, misaki, misaki_client, now):
    limit(admin, now, ["127.0.0.0/8"])
    assert misaki_client.post(LISTS, {"company": ""}).status_code == 403
    assert misaki_client.post(f"{LISTS}open/", {"code": "x"}).status_code == 403
    with pytest.raises(NotAllowed):
        actions_rules.open_networks(code=None, actor=misaki, now=now)
    outside = Client(REMOTE_ADDR="198.51.100.7")
    outside.cookies = misaki_client.cookies
    assert "解除コード" not in outside.get("/customers/").content.decode()


def test_the_page_says_which_address_it_sees(admin, sign_in, now):
    page = sign_in(admin).get(RULES, headers={"X-Forwarded-For": "203.0.113.5"}).content.decode()
    assert "127.0.0.1 に見えています" in page
    assert "ENISHI_TRUSTED_PROXIES が 0" in page


# ---- the command line ---------------------------------------------------------------------------------------------


def told(*words, **options):
    out = io.StringIO()
    call_command("admin_access", *words, stdout=out, **options)
    return out.getvalue()


def test_the_command_line_lists_administrators_and_makes_a_link_that_works_once(admin, misaki_user, now):
    User.rows.filter(pk=admin.user_id).update(is_active=False)
    listed = told()
    assert "boss" in listed
    assert "停止中" in listed
    assert "misaki" not in listed
    path = "/accounts/link/" + told("boss").split("/accounts/link/")[1].strip()
    client = Client()
    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 200  # looking uses nothing up
    assert client.post(path).url == "/"
    assert client.get("/settings/users/").status_code == 200
    assert Client().post(path).status_code == 404
    assert Event.rows.get(kind="sign_in_link.made").actor_kind == "system"
    assert Event.rows.get(kind="user.signed_in").data["method"] == "link"


def test_a_link_ends_after_fifteen_minutes(admin, now):
    token = sign_in_links.make_sign_in_link(username="boss", now=now, wall=now)
    time.freeze(now + sign_in_links.HOLDS_FOR)
    assert Client().post(f"/accounts/link/{token}/").status_code == 404


def test_a_link_is_for_administrators_only(misaki_user, now):
    for login in ("misaki", "nobody"):
        with pytest.raises(CommandError):
            told(login)


def test_the_command_line_opens_the_lists(admin, now):
    limit(admin, now, ["127.0.0.0/8"], roles={Role.rows.get(key="sales").pk: ["203.0.113.0/24"]})
    told(open_networks=True)
    assert Organisation.rows.get().networks == []
    assert not Role.rows.exclude(networks=[]).exists()
