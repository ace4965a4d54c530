"""API tokens: at most what their owner may, of that what was chosen, until when and from where it was said. A13."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from enishi.platform import rights, time
from enishi.platform.actions import tokens as actions
from enishi.platform.actions.tokens import Reach
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.models import ApiToken, Event, FieldChange, UserRole
from enishi.platform.privacy import Level, Privacy

TOKENS = "/settings/tokens/"
CUSTOMERS = "/api/v1/customers"
NEW = {"family_name": "佐藤"}


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


@pytest.fixture
def make(misaki, now):
    def token(**reach):
        return actions.create_token(name="自社EC", reach=Reach(**reach), actor=misaki, now=now)

    return token


def call(token, method="get", path=CUSTOMERS, **said):
    client = Client(REMOTE_ADDR=said.pop("ip", "127.0.0.1"))
    sent = {"data": NEW, "content_type": "application/json"} if method == "post" else {}
    return getattr(client, method)(path, headers={"Authorization": f"Bearer {token}"}, **sent).status_code


def test_a_token_does_what_was_chosen_and_nothing_else(make):
    reading, making = make(scopes=["customer.read"]).token, make(scopes=["customer.read", "customer.create"]).token
    assert (call(reading), call(reading, "post")) == (200, 403)
    assert (call(making), call(making, "post")) == (200, 201)
    actor = rights.actor_of_token(making)
    assert set(actor.grants) == {("customer", "read"), ("customer", "create")}
    assert rights.actor_of_token(reading).level(Privacy.PERSONAL) == Level.READ


def test_never_more_than_its_owner_may_now(make, misaki, misaki_user):
    token = make(scopes=["customer.read", "customer.create"]).token
    UserRole.rows.filter(user=misaki_user).delete()
    assert (call(token), call(token, "post")) == (403, 403)


def test_nobody_chooses_what_they_do_not_hold(yoshida, now):
    for scopes in (["customer.export"], ["settings.configure"], ["customer"], ["customer.read", "x.y"]):
        with pytest.raises(Invalid):
            actions.create_token(name="x", reach=Reach(scopes=scopes), actor=yoshida, now=now)
    with pytest.raises(Invalid):
        actions.create_token(name="x", reach=Reach(scopes=[]), actor=yoshida, now=now)
    assert not ApiToken.rows.exists()


def test_the_presets_are_reading_and_everything(make):
    assert (call(make(read_only=True).token, "post"), call(make(read_only=False).token, "post")) == (403, 201)


def test_a_change_holds_from_the_next_call_on(make, misaki, now):
    made = make(scopes=["customer.read", "customer.create"])
    assert call(made.token, "post") == 201
    actions.change_token(token_id=made.id, name="自社EC", reach=Reach(scopes=["customer.read"]), actor=misaki, now=now)
    assert call(made.token, "post") == 403
    change = FieldChange.rows.get(field="scopes")
    assert (change.before, change.after) == (["customer.create", "customer.read"], ["customer.read"])
    assert Event.rows.get(kind="token.changed").subject_id == made.id


def test_a_token_ends_on_its_day(make, now):
    token = make(expires_at=now + timedelta(days=1)).token
    assert call(token) == 200
    time.freeze(now + timedelta(days=1))
    assert call(token) == 401


def test_a_token_is_taken_from_its_addresses_only(make):
    token = make(networks=["203.0.113.0/24"]).token
    assert (call(token, ip="203.0.113.9"), call(token, ip="198.51.100.7")) == (200, 401)


def test_the_last_use_is_kept_to_within_five_minutes(make, now):
    made = make()
    call(made.token)
    assert ApiToken.rows.get(pk=made.id).used_at == now
    time.freeze(now + timedelta(minutes=4))
    call(made.token)
    assert ApiToken.rows.get(pk=made.id).used_at == now
    time.freeze(now + timedelta(minutes=5))
    call(made.token)
    assert ApiToken.rows.get(pk=made.id).used_at == now + timedelta(minutes=5)


def test_nobody_touches_the_token_of_another(make, yoshida, now):
    made = make()
    for act in (
        lambda: actions.revoke_token(token_id=made.id, actor=yoshida, now=now),
        lambda: actions.change_token(token_id=made.id, name="x", reach=Reach(), actor=yoshida, now=now),
        lambda: actions.revoke_token(token_id=made.id, actor=rights.actor_of_token(made.token), now=now),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_screen_makes_narrows_and_tells(misaki_client, now):
    form = {
        "name": "自社EC 﨑",
        "reach": "chosen",
        "scopes": ["customer.read"],
        "expires_on": "2027/3/31",
        "networks": "203.0.113.5",
        "shows": "all",
    }
    page = misaki_client.post(TOKENS, form).content.decode()
    assert "トークンを作りました" in page
    assert "203.0.113.5/32" in page
    row = ApiToken.rows.get()
    assert (row.scopes, row.networks, row.expires_at) == (["customer.read"], ["203.0.113.5/32"], time.start_of_day(date(2027, 4, 1)))
    one = f"{TOKENS}{row.pk}/"
    shown = misaki_client.get(one).content.decode()
    assert 'value="2027/03/31"' in shown
    assert misaki_client.post(one, form | {"reach": "chosen", "scopes": []}).status_code == 422
    assert misaki_client.post(one, form | {"networks": "office"}).status_code == 422
    assert misaki_client.post(one, form | {"reach": "read", "expires_on": "", "networks": ""}).url == TOKENS
    row.refresh_from_db()
    assert (row.scopes, row.read_only, row.expires_at, row.networks) == (None, True, None, [])


def test_only_what_the_api_can_do_is_offered_and_what_one_may(misaki_client, sign_in, yoshida, make_user, now):
    offered = misaki_client.get(TOKENS).context["form"].fields["scopes"].choices
    keys = {key for key, _words in offered}
    assert {"customer.read", "customer.create"} <= keys
    assert not any(key.endswith((".configure", ".send")) for key in keys)
