"""The screens of deliveries: happy, bad input, outsider; queries stay few."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from enishi.campaigns.actions import audiences
from enishi.campaigns.models import Audience
from enishi.campaigns.queries import previews
from enishi.campaigns.tests.conftest import BLOCKS
from enishi.campaigns.tests.test_audiences import masked_marketer
from enishi.customers.actions.purposes import save_purpose
from enishi.customers.models import ConsentState
from enishi.messaging.models import Delivery, Message, Touch
from enishi.platform import rights
from enishi.platform.models import User
from enishi.segments.tests.factories import FIRM, IN_TAITO

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
__all__ = ["masked_marketer"]


@pytest.fixture
def sign_in():
    def enter(actor):
        client = Client()
        client.force_login(User.rows.get(pk=actor.user_id), backend="enishi.platform.signin.ActiveUserBackend")
        return client

    return enter


def at(name, *args):
    return reverse(f"campaigns:{name}", args=args)


def words(response):
    return [str(message) for message in response.context["messages"]]


def typed(delivery_id, **fields):
    """What the editor posts of a draft."""
    delivery, audience = Delivery.rows.get(pk=delivery_id), Audience.rows.get(pk=delivery_id)
    values = {
        "name": delivery.name,
        "segment": audience.segment_id or "",
        "account": delivery.account_id or "",
        "subject": delivery.subject,
        "preheader": delivery.preheader,
        "hypothesis": audience.hypothesis,
        "control_percent": audience.control_percent,
        "block-0-type": "heading",
        "block-0-text": "新茶のご案内",
        "block-1-type": "footer",
        "block-1-sender_name": "縁日堂",
        "block-1-address": "東京都台東区谷中1-2-3",
        "block-1-contact": "0120-000-000",
        "block-1-unsubscribe": "配信停止",
    }
    return values | fields


# ---- the builder


def test_a_new_delivery_is_a_mail_that_already_carries_what_the_law_asks(misaki_client, account, organisation, make_segment):
    segment = make_segment()
    answer = misaki_client.post(at("new"), {"segment": segment.pk})
    delivery = Delivery.rows.get()
    assert answer.url == at("edit", delivery.pk)
    assert (delivery.account_id, Audience.rows.get().segment_id) == (account.pk, segment.pk)
    footer = delivery.blocks[-1]
    assert footer["type"] == "footer"
    assert {footer["sender_name"], footer["address"], footer["contact"]} == {"株式会社縁日堂", organisation.address, "0120-000-000"}


def test_the_builder_shows_the_reach_and_one_real_person(misaki_client, plan, make_people):
    make_people(3)
    make_people(1, allowed=False)
    body = misaki_client.get(at("edit", plan(control_percent=20))).content.decode()
    assert "齋藤様へ" in body
    assert "2,000人より少ないため" in body
    assert "比べずに、全員に送る" in body
    assert "sandbox" in body


def test_one_press_offers_the_mail_to_everybody(misaki_client, plan, make_people):
    make_people(3)
    delivery_id = plan(control_percent=20)
    answer = misaki_client.post(at("save", delivery_id), typed(delivery_id, control_percent="20", operation="everybody"), headers=HTMX)
    assert Audience.rows.get(pk=delivery_id).control_percent == 0
    assert "全員に送ります。" in answer.content.decode()
    assert 'id="control-field"' in answer.content.decode()


def test_the_purpose_is_chosen_in_the_builder_and_said_before_sending(misaki_client, plan, make_people, admin_only, now):
    survey = save_purpose(key="", name="アンケートのお願い", text="ご意見をうかがうため。", actor=admin_only, now=now)
    (willing, _other) = make_people(2)
    ConsentState.rows.create(customer_id=willing, channel="email", purpose=survey, allowed=True, basis="consent", changed_at=now)
    delivery_id = plan()
    assert "アンケートのお願い" in misaki_client.get(at("edit", delivery_id)).content.decode()
    posted = typed(delivery_id, purpose=survey, operation="confirm")
    last_look = misaki_client.post(at("save", delivery_id), posted, headers=HTMX, follow=True).content.decode()
    assert Delivery.rows.get(pk=delivery_id).purpose == survey
    assert "アンケートのお願い" in last_look
    assert "約1人に配信します" in last_look


def test_the_last_look_shows_what_was_typed_last(misaki_client, plan, make_people):
    make_people(1)
    delivery_id = plan()
    answer = misaki_client.post(
        at("save", delivery_id), typed(delivery_id, subject="最後の件名", operation="confirm"), headers=HTMX, follow=True
    )
    assert "最後の件名" in answer.content.decode()
    assert "<dialog" in answer.content.decode()


def test_typing_is_kept_even_where_it_cannot_be_sent_yet(misaki_client, plan, make_people):
    make_people(1)
    delivery_id = plan()
    answer = misaki_client.post(at("save", delivery_id), typed(delivery_id, subject="", name="二番茶"), headers=HTMX)
    delivery = Delivery.rows.get()
    assert (answer.status_code, delivery.name, delivery.subject) == (200, "二番茶", "")
    assert [block["type"] for block in delivery.blocks] == ["heading", "footer"]
    assert 'id="side"' in answer.content.decode()


def test_a_press_answers_the_blocks(misaki_client, plan):
    delivery_id = plan(segment_id=None)
    answer = misaki_client.post(at("save", delivery_id), typed(delivery_id, operation="add", kind="button"), headers=HTMX)
    assert [block["type"] for block in Delivery.rows.get().blocks] == ["heading", "button", "footer"]
    assert 'id="canvas"' in answer.content.decode()


def test_a_delivery_without_a_name_is_told_beside_the_name(misaki_client, plan):
    delivery_id = plan()
    answer = misaki_client.post(at("save", delivery_id), typed(delivery_id, name=" "), headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#name-field")
    assert 'id="name-field"' in answer.content.decode()
    assert Delivery.rows.get().name == "新茶先行案内"


@pytest.mark.parametrize(
    "spoilt", [{"segment": "99999"}, {"segment": "x"}, {"account": "0"}, {"control_percent": "33"}, {"subject": "あ" * 201}]
)
def test_what_was_not_offered_is_refused_and_nothing_is_kept(misaki_client, plan, spoilt):
    delivery_id = plan()
    answer = misaki_client.post(at("save", delivery_id), typed(delivery_id, name="変えた", **spoilt), headers=HTMX)
    assert answer.status_code == 422
    assert "HX-Retarget" not in answer
    assert Delivery.rows.get().name == "新茶先行案内"


def test_a_confirmed_delivery_is_no_draft(misaki_client, plan, freeze, make_people):
    make_people(1)
    delivery = freeze(plan())
    assert misaki_client.get(at("edit", delivery.pk)).url == at("delivery", delivery.pk)
    assert misaki_client.post(at("save", delivery.pk), typed(delivery.pk), headers=HTMX).status_code == 409
    assert misaki_client.post(at("confirm", delivery.pk)).status_code == 409


def test_the_preview_stands_on_the_files_host_alone_in_a_sandbox(plan, misaki, make_people, settings):
    (person,) = make_people(1, name="齋藤 百合子")
    address = urlsplit(previews.preview_url(misaki, plan(), person))
    assert address.hostname == settings.FILES_HOST
    anybody = Client(SERVER_NAME=settings.FILES_HOST)
    shown, spoilt = anybody.get(address.path), anybody.get(address.path[:-1])
    assert "齋藤 百合子 様" in shown.content.decode()
    assert {"default-src 'none'", "sandbox"} <= {part.strip() for part in shown["Content-Security-Policy"].split(";")}
    assert (spoilt.status_code, "期限が切れました" in spoilt.content.decode()) == (404, True)
    assert Client(SERVER_NAME=settings.APP_HOST).get(address.path).status_code == 404


# ---- the last look


def test_the_dialog_says_what_to_whom_and_from_whom(misaki_client, plan, make_people):
    make_people(10, name="齋藤 百合子")
    make_people(2, allowed=None)
    body = misaki_client.get(at("confirm", plan(control_percent=20)), headers=HTMX).content.decode()
    for said in (
        "齋藤様へ",
        "縁日堂 &lt;shop@example.jp&gt;",
        "約8人に配信します",
        "セグメント 12人のうち",
        "約2人（20%）",
        "5分後",
        "齋藤 百合子",
    ):
        assert said in body
    assert "まだ配信できません" not in body


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"segment_id": None}, "送る相手（セグメント）を選んでください。"),
        ({"account_id": None}, "差出人（送信設定）を選んでください。"),
        ({"blocks": BLOCKS[:-1]}, "まだ配信できません"),
    ],
)
def test_the_dialog_says_what_is_missing_and_a_post_past_it_is_refused(misaki_client, plan, make_people, changed, said):
    make_people(1)
    delivery_id = plan(**changed)
    assert said in misaki_client.get(at("confirm", delivery_id), headers=HTMX).content.decode()
    assert misaki_client.post(at("confirm", delivery_id), headers=HTMX).status_code == 422
    assert Delivery.rows.get().state == "draft"


def test_nobody_to_send_to_is_told(misaki_client, plan, make_people, make_segment):
    make_people(1)
    delivery_id = plan(segment_id=make_segment(FIRM).pk)
    assert "いま送れる人がいません" in misaki_client.get(at("confirm", delivery_id), headers=HTMX).content.decode()
    assert misaki_client.post(at("confirm", delivery_id), headers=HTMX).status_code == 409


def test_confirming_leads_to_the_page_where_it_can_be_taken_back(misaki_client, plan, make_people, now):
    make_people(2)
    delivery_id = plan()
    answer = misaki_client.post(at("confirm", delivery_id), headers=HTMX)
    assert answer["HX-Redirect"] == at("delivery", delivery_id)
    while audiences.freeze_chunk(delivery_id=delivery_id, now=now):
        pass
    body = misaki_client.get(at("delivery", delivery_id)).content.decode()
    assert "送信待ち" in body
    assert at("cancel", delivery_id) in body
    assert at("hurry", delivery_id) in body


def test_the_rule_of_others_is_neither_seen_nor_sent(sign_in, masked_marketer, plan, make_segment, make_people):
    make_people(1, name="齋藤 百合子", city="台東区")
    delivery_id = plan(segment_id=make_segment(IN_TAITO).pk)
    client = sign_in(masked_marketer)
    for page in (at("edit", delivery_id), at("confirm", delivery_id)):
        body = client.get(page, headers=HTMX).content.decode()
        assert "見られない項目" in body
        assert "百合子" not in body
    assert client.post(at("confirm", delivery_id), headers=HTMX).status_code == 403
    assert Delivery.rows.get().state == "draft"


# ---- what its state allows


def test_cancel_hurry_stop_and_resume_say_what_they_did(misaki_client, plan, freeze, make_people, now):
    make_people(2)
    delivery = freeze(plan())
    steps = [("hurry", "waiting"), ("stop", "stopped"), ("resume", "sending"), ("stop", "stopped")]
    for name, state in steps:
        if name == "stop":
            Delivery.rows.filter(pk=delivery.pk).update(state="sending", started_at=now)
        assert misaki_client.post(at(name, delivery.pk)).url == at("delivery", delivery.pk)
        delivery.refresh_from_db()
        assert (name, delivery.state) == (name, state)
    told = words(misaki_client.post(at("cancel", delivery.pk), follow=True))
    assert any("取り消せません" in text for text in told)
    assert Delivery.rows.get().state == "stopped"


def test_judging_keeps_the_lesson_and_asks_for_a_choice(misaki_client, plan, freeze, make_people, now):
    make_people(1)
    delivery = freeze(plan())
    Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now)
    told = words(misaki_client.post(at("judge", delivery.pk), {"lesson": "早めに送る"}, follow=True))
    assert told == ["続ける・やめる・試し直すのどれかを選んでください。"]
    assert Audience.rows.get().lesson == ""
    misaki_client.post(at("judge", delivery.pk), {"verdict": "keep", "lesson": "早めに送る"})
    body = misaki_client.get(at("delivery", delivery.pk)).content.decode()
    assert "早めに送る" in body
    assert Audience.rows.get().verdict == "keep"


def test_the_lift_is_told_when_everything_is_sent(misaki_client, plan, freeze, make_people, now):
    make_people(20)
    delivery = freeze(plan(control_percent=50))
    Delivery.rows.filter(pk=delivery.pk).update(state="sending", started_at=now)
    answer = misaki_client.get(at("state", delivery.pk), headers=HTMX)
    assert (answer.context["lift"], "送り終わると、ここに出ます。" in answer.content.decode()) == (None, True)
    Delivery.rows.filter(pk=delivery.pk).update(state="done")
    answer = misaki_client.get(at("state", delivery.pk), headers=HTMX)
    assert "差があるとは言えません（人数不足）" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_acts_are_posts(misaki_client, plan):
    delivery_id = plan()
    for name in ("cancel", "hurry", "stop", "resume", "judge", "save"):
        assert misaki_client.get(at(name, delivery_id)).status_code == 405


# ---- the list and the page


def test_the_list_gives_rates_of_what_was_delivered(misaki_client, plan, freeze, make_people, now):
    ids = make_people(5)
    delivery = freeze(plan())
    Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now)
    Message.rows.all().update(state="accepted")
    Message.rows.filter(customer_id=ids[0]).update(state="rejected")
    message = Message.rows.get(customer_id=ids[1])
    Touch.rows.create(message=message, customer_id=ids[1], kind="open", at=now)
    Touch.rows.create(message=message, customer_id=ids[1], kind="open", machine=True, at=now)
    row = misaki_client.get(at("deliveries")).context["rows"][0]
    assert (row.segment, row.assigned, row.sent, row.delivered, row.opened, row.clicked) == ("みんな", 5, 5, 4, 1, 0)
    assert "開封 25%" in misaki_client.get(at("home"), headers=HTMX).content.decode()


def test_the_list_goes_on_page_by_page(misaki_client, misaki, organisation, now):
    Delivery.rows.bulk_create(Delivery(number=f"D-{n:06d}", name=f"配信{n}", created_at=now, state="done") for n in range(1, 54))
    first = misaki_client.get(at("deliveries"))
    assert (len(first.context["rows"]), first.context["rows"][0].card.name) == (50, "配信53")
    second = misaki_client.get(at("deliveries"), {"before": first.context["more"]})
    assert [row.card.name for row in second.context["rows"]] == ["配信3", "配信2", "配信1"]
    assert second.context["more"] is None
    assert misaki_client.get(at("deliveries"), {"before": "x"}).status_code == 200


def test_pages_cost_few_queries(misaki_client, plan, freeze, make_people, now, django_assert_max_num_queries):
    make_people(30)
    for _ in range(3):
        delivery = freeze(plan(control_percent=20))
        Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now)
    draft = plan()
    pages = [(at("deliveries"), 16), (at("delivery", delivery.pk), 22), (at("edit", draft), 32), (at("home"), 16)]
    for page, most in pages:  # session, user, rights and frame are about ten of them
        misaki_client.get(page)
        with django_assert_max_num_queries(most):
            assert misaki_client.get(page).status_code == 200


# ---- outsiders


@pytest.mark.parametrize("name", ["delivery", "state", "edit", "confirm"])
def test_the_unseen_are_not_found(misaki_client, organisation, name):
    assert misaki_client.get(at(name, 999_999)).status_code == 404


@pytest.mark.parametrize("name", ["save", "confirm", "cancel", "hurry", "stop", "resume", "judge"])
def test_whoever_has_no_such_right_changes_nothing(sign_in, yoshida, plan, name):
    delivery_id = plan()
    assert sign_in(yoshida).post(at(name, delivery_id), typed(delivery_id, name="変えた", verdict="keep")).status_code == 403
    assert (Delivery.rows.get().name, Delivery.rows.get().state) == ("新茶先行案内", "draft")


def test_whoever_only_reads_sees_the_page_and_no_buttons(sign_in, make_user, plan, freeze, make_people, now):
    make_people(1)
    delivery = freeze(plan())
    client = sign_in(rights.actor_of(make_user("boss", "director")))
    body = client.get(at("delivery", delivery.pk)).content.decode()
    assert "送信待ち" in body
    assert at("cancel", delivery.pk) not in body
    assert client.post(at("cancel", delivery.pk)).status_code == 403
    assert client.get(at("edit", delivery.pk)).status_code == 403
    Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now)
    Audience.rows.filter(pk=delivery.pk).update(verdict="stop", lesson="回数を減らす")
    body = client.get(at("delivery", delivery.pk)).content.decode()
    assert at("judge", delivery.pk) not in body
    assert "やめる" in body
    assert "回数を減らす" in body


def test_names_and_lessons_are_text_whatever_they_hold(misaki_client, plan, freeze, make_people, now):
    wild = "<img src=x onerror=\"alert('1')\">"
    make_people(1)
    draft, delivery = plan(name=wild, hypothesis=wild), freeze(plan(name=wild, hypothesis=wild))
    Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now)
    Audience.rows.filter(pk=delivery.pk).update(lesson=wild)
    for page in (at("deliveries"), at("delivery", delivery.pk), at("edit", draft), at("home")):
        assert "<img src=x" not in misaki_client.get(page).content.decode()
