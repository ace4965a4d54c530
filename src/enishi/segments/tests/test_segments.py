"""Saved rules: counted, shown, changed and put away; a rule about what one may not read stays out of sight."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from enishi.customers.models import ConsentState
from enishi.customers.tests.factories import customer
from enishi.platform import rights
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.listing import Window
from enishi.platform.models import Event, Role, RoleLevel, User
from enishi.platform.once import asked_once
from enishi.platform.privacy import Level, Privacy
from enishi.rules.rights import RuleRefused
from enishi.rules.tree import RuleInvalid, parse
from enishi.segments.actions import segments as actions
from enishi.segments.models import Segment
from enishi.segments.queries import screens
from enishi.segments.queries.members import members_of_rule
from enishi.segments.tests.factories import EVERYBODY, FIRM, IN_TAITO, condition

pytestmark = pytest.mark.django_db


@pytest.fixture
def masked(make_user):
    """Makes segments, and reads no personal data in clear."""
    user = make_user("masked", "ec_staff")
    RoleLevel.rows.filter(role=Role.rows.get(key="ec_staff"), privacy_class=Privacy.PERSONAL.value).update(level=Level.MASKED)
    return rights.actor_of(user)


@pytest.fixture
def sign_in():
    def enter(actor):
        client = Client()
        client.force_login(User.rows.get(pk=actor.user_id), backend="enishi.platform.signin.ActiveUserBackend")
        return client

    return enter


@pytest.fixture
def make_segment(misaki, now):
    def make(rule=EVERYBODY, name="みんな", actor=misaki):
        return actions.create_segment(actor=actor, name=name, rule=parse(rule), now=now)

    return make


def at(name, *args):
    return reverse(f"segments:{name}", args=args)


def kinds():
    return list(Event.rows.order_by("pk").values_list("kind", flat=True))


# ---- verbs


def test_a_segment_is_saved_changed_and_put_away(misaki, make_segment, now):
    segment_id = make_segment(FIRM, name="法人")
    segment = Segment.rows.get()
    assert (segment.number, segment.name, segment.owner_id, parse(segment.rule)) == ("S-000001", "法人", misaki.user_id, parse(FIRM))
    actions.remember_count(actor=misaki, segment_id=segment_id, count=4, now=now)
    actions.change_segment(actor=misaki, segment_id=segment_id, name="みんな", rule=parse(EVERYBODY), now=now)
    segment.refresh_from_db()
    assert (segment.name, segment.last_count, segment.counted_at) == ("みんな", None, None)
    actions.archive_segment(actor=misaki, segment_id=segment_id, now=now)
    assert screens.segment_rows(misaki) == []
    assert kinds() == ["segment.created", "segment.changed", "segment.archived"]


def test_what_is_put_away_is_gone(misaki, make_segment, now):
    segment_id = make_segment()
    actions.archive_segment(actor=misaki, segment_id=segment_id, now=now)
    for ask in (
        lambda: screens.segment_card(misaki, segment_id),
        lambda: actions.change_segment(actor=misaki, segment_id=segment_id, name="x", rule=parse(EVERYBODY), now=now),
        lambda: actions.archive_segment(actor=misaki, segment_id=segment_id, now=now),
        lambda: actions.remember_count(actor=misaki, segment_id=segment_id, count=1, now=now),
    ):
        with pytest.raises(NotFound):
            ask()
    assert kinds() == ["segment.created", "segment.archived"]


def test_a_rule_that_the_registry_does_not_know_is_not_saved(misaki, make_segment, now):
    for rule in (condition("customer.shoe_size", "number", "eq", 42), condition("customer.city", "number", "eq", 1)):
        with pytest.raises(RuleInvalid):
            make_segment(rule)
    assert Segment.rows.count() == 0


def test_nobody_saves_a_rule_about_what_they_may_not_read(masked, make_segment, now):
    with pytest.raises(RuleRefused):
        make_segment(IN_TAITO, actor=masked)
    mine = make_segment(actor=masked)
    with pytest.raises(RuleRefused):
        actions.change_segment(actor=masked, segment_id=mine, name="台東", rule=parse(IN_TAITO), now=now)
    assert Segment.rows.get().rule == EVERYBODY


def test_rights_are_asked(yoshida, hayashi, make_segment, now):
    segment_id = make_segment()
    with pytest.raises(NotAllowed):
        make_segment(actor=yoshida)
    for actor in (yoshida, hayashi):
        with pytest.raises(NotFound):
            actions.archive_segment(actor=actor, segment_id=segment_id, now=now)


# ---- people and counts


def test_people_and_counts_are_those_within_ones_scope(misaki, yoshida, now):
    own, other = customer(owner_id=yoshida.user_id), customer()
    customer(archived_at=now)
    ConsentState.rows.create(customer=own, channel="email", allowed=True, basis="consent", changed_at=now)
    rule = parse(EVERYBODY)
    assert screens.headcount(misaki, rule, now=now) == screens.Headcount(2, 2, now)
    assert screens.headcount(yoshida, rule, now=now) == screens.Headcount(1, 1, now)
    page = screens.members(misaki, rule, Window(), now=now)
    assert [row.id for row in page.rows] == [other.pk, own.pk]
    assert set(page.mailable) == {own.pk, other.pk}
    assert [row.id for row in screens.members(yoshida, rule, Window(), now=now).rows] == [own.pk]
    assert members_of_rule(EVERYBODY, now=now).count() == 2


def test_names_are_masked_for_whoever_reads_them_masked(masked, now):
    customer(name="齋藤 百合子")
    assert "百合子" not in str(screens.members(masked, parse(EVERYBODY), Window(), now=now).rows)


def test_a_rule_about_what_one_may_not_read_is_neither_listed_nor_opened_nor_counted(misaki, masked, make_segment, now):
    personal, plain = make_segment(IN_TAITO, name="台東区の人"), make_segment(name="みんな")
    assert [row.id for row in screens.segment_rows(masked)] == [plain]
    assert {row.id for row in screens.segment_rows(misaki)} == {personal, plain}
    with pytest.raises(RuleRefused):
        screens.segment_card(masked, personal)
    with pytest.raises(RuleRefused):
        screens.headcount(masked, parse(IN_TAITO), now=now)


def test_the_count_in_the_list_is_everybodys_and_shown_to_those_who_see_everybody(misaki, yoshida, make_segment, now):
    segment_id = make_segment()
    Segment.rows.filter(pk=segment_id).update(owner_id=yoshida.user_id)
    actions.remember_count(actor=yoshida, segment_id=segment_id, count=1, now=now)
    assert Segment.rows.get().last_count is None
    actions.remember_count(actor=misaki, segment_id=segment_id, count=40, now=now)
    actions.remember_count(actor=yoshida, segment_id=segment_id, count=1, now=now)
    assert [(row.last_count, row.counted_at) for row in screens.segment_rows(misaki)] == [(40, now)]
    assert [(row.last_count, row.counted_at) for row in screens.segment_rows(yoshida)] == [(None, None)]


def test_a_rule_with_a_fact_that_is_gone_does_not_spoil_the_list(misaki, make_segment):
    segment_id = make_segment()
    Segment.rows.filter(pk=segment_id).update(rule=condition("visits.count", "number", "eq", 3))
    assert [row.words for row in screens.segment_rows(misaki)] == ["いまは使えない項目が条件にあります。"]


def test_queries_stay_few(misaki, make_segment, now, django_assert_num_queries):
    for n in range(5):
        make_segment(FIRM, name=f"法人{n}")
        customer()
    with asked_once(), django_assert_num_queries(3):  # the segments, which modules are off, and the custom fields
        [row.words for row in screens.segment_rows(misaki)]
    with asked_once(), django_assert_num_queries(4):
        screens.headcount(misaki, parse(EVERYBODY), now=now)


# ---- doors


def test_the_screens_show_count_people_and_rule(misaki_client, make_segment):
    customer(name="齋藤 百合子")
    segment_id = make_segment(condition("customer.kind", "choice", "in", "person"), name="個人のお客様")
    body = misaki_client.get(at("segment", segment_id)).content.decode()
    for said in ("個人のお客様", "齋藤 百合子", "この人たちに配信する"):
        assert said in body
    assert Segment.rows.get().last_count == 1
    listed = misaki_client.get(at("list")).content.decode()
    assert "個人のお客様" in listed


def test_saving_by_the_screen(misaki_client, organisation):
    assert misaki_client.post(at("new"), {"save": "1", "name": " "}).status_code == 422
    assert Segment.rows.count() == 0
    answer = misaki_client.post(at("new"), {"save": "1", "name": "みんな"})
    segment = Segment.rows.get()
    assert (answer.url, segment.name) == (at("segment", segment.pk), "みんな")
    assert misaki_client.get(at("edit", segment.pk)).status_code == 200
    misaki_client.post(at("edit", segment.pk), {"save": "1", "name": "全員"})
    assert Segment.rows.get().name == "全員"


def test_the_live_answer_counts(misaki_client, organisation):
    customer()
    body = misaki_client.post(at("build"), {}, headers={"HX-Request": "true"}).content.decode()
    assert "いまの人数" in body


def test_archiving_leads_to_the_list_and_the_page_is_gone(misaki_client, make_segment):
    segment_id = make_segment()
    assert misaki_client.post(at("archive", segment_id)).url == at("list")
    for page in (at("segment", segment_id), at("edit", segment_id)):
        assert misaki_client.get(page).status_code == 404


def test_the_outsider_and_the_masked(sign_in, yoshida, masked, make_segment):
    segment_id = make_segment(IN_TAITO, name="台東区の人")
    assert sign_in(yoshida).get(at("segment", segment_id)).status_code == 404
    assert sign_in(yoshida).post(at("archive", segment_id)).status_code == 403
    client = sign_in(masked)
    assert client.get(at("segment", segment_id)).status_code == 403
    assert client.get(at("edit", segment_id)).status_code == 403
    assert "台東" not in client.get(at("list")).content.decode()
