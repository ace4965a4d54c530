"""最近見た顧客 and お気に入り: one's own, only what may still be seen, and whoever a merged customer is today."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from enishi.customers.actions import bookmarks as actions
from enishi.customers.actions.activities import record_activity
from enishi.customers.models import Customer, Favourite, Visit
from enishi.customers.queries.bookmarks import favourite_start, has_any, recent_start
from enishi.customers.queries.story import story
from enishi.platform.errors import NotFound
from enishi.platform.search import starting_points

HTMX = {"HX-Request": "true"}


def visit(actor, at, *customers):
    for place, customer in enumerate(customers):
        actions.note_visit(customer_id=customer.pk, actor=actor, now=at + timedelta(minutes=place))


def names(start):
    return [hit.label for hit in start.hits]


def three(make_customer):
    return [make_customer(name=name) for name in ("青木", "馬場", "千葉")]


# ---- last viewed


def test_the_last_viewed_stand_first_and_each_once(make_customer, misaki, now):
    a, b, c = three(make_customer)
    visit(misaki, now, a, b, c, a)
    assert names(recent_start(misaki, 20)) == ["青木", "千葉", "馬場"]
    assert Visit.rows.count() == 3


def test_twenty_are_shown_and_the_oldest_forgotten(make_customer, misaki, now, monkeypatch):
    monkeypatch.setattr(actions, "KEPT_VISITS", 2)
    a, b, c = three(make_customer)
    visit(misaki, now, a, b, c)
    assert Visit.rows.count() == 2
    assert names(recent_start(misaki, 1)) == ["千葉"]


def looked_at(actor, customer, now, **asked):
    """The words of the line 「ここまで前回見ました」 and what stands below it; nothing where it is not shown."""
    lines = [line for day in story(actor, customer.pk, now=now, **asked).days for line in day.lines]
    return next(((line.looked, line.entry.title) for line in lines if line.looked), None)


def note(actor, customer, at, text):
    record_activity(customer_id=customer.pk, kind="note", text=text, actor=actor, now=at)


def test_the_timeline_tells_how_far_it_was_read_the_last_time(make_customer, misaki, yoshida, now):
    customer, day = make_customer(owner_id=yoshida.user_id), timedelta(days=1)
    note(yoshida, customer, now, "前に読んだメモ")
    assert looked_at(misaki, customer, now + day) is None  # never looked before
    visit(misaki, now + day, customer)
    assert looked_at(misaki, customer, now + 2 * day) is None  # nothing new since
    note(yoshida, customer, now + 2 * day, "新しいメモ")
    found = looked_at(misaki, customer, now + 3 * day)
    assert found is not None
    assert found[1] == "前に読んだメモ"
    visit(misaki, now + 3 * day, customer)
    assert looked_at(misaki, customer, now + 3 * day + timedelta(minutes=5)) == found  # going back and forth is one look
    assert looked_at(misaki, customer, now + 4 * day) is None
    assert looked_at(yoshida, customer, now + 4 * day) is None


def test_looks_are_ones_own(make_customer, misaki, yoshida, now):
    visit(misaki, now, make_customer(owner_id=yoshida.user_id))
    assert (recent_start(yoshida, 20).hits, has_any(yoshida), has_any(misaki)) == ([], False, True)


def test_who_is_out_of_sight_or_in_the_bin_is_not_named(make_customer, yoshida, now):
    mine, gone, binned = (make_customer(name=name, owner_id=yoshida.user_id) for name in ("青木", "馬場", "千葉"))
    visit(yoshida, now, mine, gone, binned)
    Customer.rows.filter(pk=gone.pk).update(owner=None)
    Customer.rows.filter(pk=binned.pk).update(archived_at=now)
    assert names(recent_start(yoshida, 20)) == ["青木"]
    with pytest.raises(NotFound):
        actions.note_visit(customer_id=gone.pk, actor=yoshida, now=now)


def test_masked_viewers_find_their_way_back_under_a_mask(make_customer, hayashi, yanaka, now):
    visit(hayashi, now, make_customer(team=yanaka))
    [hit] = recent_start(hayashi, 20).hits
    assert (hit.label, hit.ruby) == ("齋＊＊", "")


def test_a_merged_customer_is_the_one_of_today_and_stands_once(make_customer, merge_away, misaki, now):
    current = make_customer(name="青木")
    old_id = merge_away(current)
    Visit.rows.create(user_id=misaki.user_id, customer_id=old_id, at=now)
    Favourite.rows.create(user_id=misaki.user_id, customer_id=old_id, at=now)
    visit(misaki, now, current)
    assert (names(recent_start(misaki, 20)), names(favourite_start(misaki, 20))) == (["青木"], ["青木"])
    actions.add_favourite(customer_id=current.pk, actor=misaki, now=now)
    assert Favourite.rows.count() == 1
    actions.remove_favourite(customer_id=current.pk, actor=misaki)
    assert Favourite.rows.count() == 0


# ---- favourites


def test_a_star_is_put_on_and_taken_off_once(make_customer, misaki, now):
    customer = make_customer()
    for _twice in range(2):
        actions.add_favourite(customer_id=customer.pk, actor=misaki, now=now)
    assert names(favourite_start(misaki, 20)) == ["齋藤 百合子"]
    for _twice in range(2):
        actions.remove_favourite(customer_id=customer.pk, actor=misaki)
    assert favourite_start(misaki, 20).hits == []


def test_opening_a_record_asks_for_its_star_and_pressing_it_turns_it(misaki_client, make_customer):
    customer = make_customer()
    record = misaki_client.get(reverse("customers:record", args=[customer.number])).content.decode()
    assert reverse("customers:visit", args=[customer.number]) in record
    off = misaki_client.post(reverse("customers:visit", args=[customer.number]), headers=HTMX).content.decode()
    on = misaki_client.post(reverse("customers:star", args=[customer.number]), headers=HTMX).content.decode()
    assert ('aria-pressed="false"' in off, "/star/" in off, 'aria-pressed="true"' in on, "/unstar/" in on) == (True,) * 4
    assert Visit.rows.get().customer_id == customer.pk
    misaki_client.post(reverse("customers:unstar", args=[customer.number]), headers=HTMX)
    assert not Favourite.rows.exists()


def test_the_list_shows_stars_and_has_a_tab_of_its_own_for_them(misaki_client, make_customer, misaki, yoshida, now):
    starred, other = make_customer(name="青木"), make_customer(name="馬場", owner_id=yoshida.user_id)
    actions.add_favourite(customer_id=starred.pk, actor=misaki, now=now)
    drawn = re.findall(r'<button class="star"[^>]*><svg', misaki_client.get(reverse("customers:list")).content.decode())
    assert len(drawn) == 2
    actions.add_favourite(customer_id=other.pk, actor=yoshida, now=now)
    url = reverse("customers:list")
    assert misaki_client.get(f"{url}?view=all").content.decode().count("/unstar/") == 1
    tab = misaki_client.get(f"{url}?view=favourites").content.decode()
    assert ("青木" in tab, "馬場" in tab, "ほかの人には見えません" in tab) == (True, False, True)


def test_the_palette_offers_them_before_anything_is_typed(misaki_client, make_customer, misaki, now):
    url = reverse("platform:search")
    assert "2文字から探せます" in misaki_client.get(url, {"q": " "}, headers=HTMX).content.decode()
    starred, looked = make_customer(name="青木"), make_customer(name="馬場")
    actions.add_favourite(customer_id=starred.pk, actor=misaki, now=now)
    visit(misaki, now, looked)
    assert [(start.label, names(start)) for start in starting_points(misaki)] == [("お気に入り", ["青木"]), ("最近見た顧客", ["馬場"])]
    answer = misaki_client.get(url, headers=HTMX).content.decode()
    assert answer.index("お気に入り") < answer.index("青木") < answer.index("最近見た顧客") < answer.index("馬場")


def test_home_has_the_panel_once_there_is_somebody(misaki_client, make_customer, misaki, now):
    panel = reverse("customers:at-hand")
    assert panel not in misaki_client.get(reverse("platform:home")).content.decode()
    visit(misaki, now, make_customer(name="青木"))
    assert panel in misaki_client.get(reverse("platform:home")).content.decode()
    assert "青木" in misaki_client.get(panel, headers=HTMX).content.decode()


def test_strangers_get_no_star(sign_in, yoshida, make_customer):
    customer, client = make_customer(), sign_in(yoshida)
    for name in ("visit", "star", "unstar"):
        assert client.post(reverse(f"customers:{name}", args=[customer.number]), headers=HTMX).status_code == 404
    assert (Visit.rows.count(), Favourite.rows.count()) == (0, 0)
