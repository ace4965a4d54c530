"""The demo's customers: people and firms with identities, consents, tags and the notes of the fixed ten."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from enishi.customers.models import Tag
from enishi.customers.search import search_columns
from enishi.platform.demo.chapter import Chapter, Story, copy_rows, move_sequence
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.people import ALLOWED, REFUSED, RELATION, SOURCES, UNKNOWN
from enishi.platform.demo.world.script import PART
from enishi.platform.demo.world.summary import LIFECYCLES
from enishi.platform.demo.world.text import PeopleText, people_text
from enishi.platform.demo.world.world import Block

CUSTOMER = (
    "id", "number", "kind", "name", "family_name", "given_name", "kana", "sort_kana", "email", "phone", "phone_e164", "postal_code",
    "prefecture", "city", "street", "building", "birthday_on", "gender", "acquisition_source", "lifecycle", "lifecycle_on", "leave_alone",
    "name_grams", "contact_grams", "grams_version", "owner_id", "team_id", "created_at", "custom",
)  # fmt: skip
RECORD = ("customer_id", "channel", "purpose", "allowed", "basis", "source", "place", "given_on", "wording", "at")
STATE = ("customer_id", "channel", "purpose", "allowed", "basis", "changed_at")
WORDING = "季節のご案内・お得な情報をメールで受け取る"
PLACE_WORDS = ("自社EC 会員登録", "楽天市場 購入時", "谷中本店 店頭用紙", "鎌倉小町店 店頭用紙", "金沢東山店 店頭用紙", "取引開始時")
SOURCE_WORDS = {
    "mall": "モール",
    "instagram": "Instagram広告",
    "search_ad": "検索広告",
    "organic": "自然検索",
    "sns": "SNS",
    "referral": "紹介",
    "shop_qr": "店頭QR",
    "shop": "店頭",
}
_BASIS = {ALLOWED: (True, "consent"), RELATION: (True, "relation"), REFUSED: (False, "refused")}


def _begin(story: Story) -> None:
    names = sorted({tag for part in PART.values() for tag in part.tags})
    story.shelf["tags"] = {name: Tag.rows.create(name=name).pk for name in names}


def _block(story: Story, block: Block) -> None:
    who, text = block.people, people_text(block.people)
    copy_rows("customers_customer", CUSTOMER, _customers(story, block, text))
    joined = [story.moment(day, second) for day, second in zip(who.joined_day, who.joined_second, strict=True)]
    keys = who.key.tolist()
    first_mail = _first_of_each(text.email)
    copy_rows(
        "customers_identity",
        ("customer_id", "kind", "value", "created_at"),
        [
            row
            for place, key in enumerate(keys)
            for row in (
                (key, "member", f"E{key:07d}", joined[place]),
                *([(key, "email", text.email[place].lower(), joined[place])] if place in first_mail else []),
            )
        ],
    )
    statements = list(_statements(story, block))
    copy_rows("customers_consentrecord", RECORD, statements)
    latest = {(row[0], row[1]): (row[0], row[1], row[2], row[3], row[4], row[9]) for row in statements}
    copy_rows("customers_consentstate", STATE, latest.values())
    _tags_and_notes(story, keys)


def _customers(story: Story, block: Block, text: PeopleText) -> list[tuple[object, ...]]:
    who, summary = block.people, block.summary
    users = [story.user_ids[login] for login in staff.OWNER_LOGINS]
    teams = [story.team_ids[name] for name in staff.TEAMS]
    rows: list[tuple[object, ...]] = []
    for i, key in enumerate(who.key.tolist()):
        number = f"C-{key:06d}"
        company = bool(who.company[i])
        found = search_columns(number=number, name=text.name[i], kana=text.kana[i], email=text.email[i], phone=text.phone[i])
        stage_day = int(summary.lifecycle_day[i])
        rows.append(
            (
                key, number, "company" if company else "person", text.name[i], text.family_name[i], text.given_name[i], text.kana[i],
                found.sort_kana, text.email[i], text.phone[i], text.phone_e164[i], text.postal_code[i], text.prefecture[i], text.city[i],
                text.street[i], text.building[i], text.birthday[i], text.gender[i], SOURCE_WORDS.get(SOURCES[who.source[i]], SOURCES[who.source[i]]),
                LIFECYCLES[summary.lifecycle[i]], story.world.history.day(stage_day) if stage_day >= 0 else None,
                key in PART and PART[key].leave_alone, found.name_grams, found.contact_grams, found.grams_version,
                users[who.owner[i]] if who.owner[i] >= 0 else None, teams[staff.TEAM_OF_PLACE[who.place[i]]],
                story.moment(who.joined_day[i], who.joined_second[i]), "{}",
            )
        )  # fmt: skip
    return rows


def _first_of_each(values: list[str]) -> set[int]:
    """Places of the first customer with each address; a shared one belongs to nobody else."""
    first: dict[str, int] = {}
    for place, value in enumerate(values):
        if value:
            first.setdefault(value.lower(), place)
    return set(first.values())


def _statements(story: Story, block: Block) -> list[tuple[object, ...]]:
    """The consent ledger: what was said when joining, then the withdrawals by unsubscribe links."""
    who = block.people
    rows: list[tuple[object, ...]] = []
    history = story.world.history
    for i, key in enumerate(who.key.tolist()):
        at = story.moment(who.joined_day[i], who.joined_second[i])
        given_on = history.day(int(who.joined_day[i]))
        for channel, state in (("email", int(who.mail_consent[i])), ("post", int(who.post_consent[i]))):
            if state == UNKNOWN:
                continue
            allowed, basis = _BASIS[state]
            wording = WORDING if basis == "consent" and channel == "email" else ""
            rows.append((key, channel, "marketing", allowed, basis, "demo", PLACE_WORDS[who.place[i]], given_on, wording, at))
    gone = np.flatnonzero((block.left_day < history.length) & (block.left_day >= 0))
    for i in gone.tolist():
        at = story.moment(block.left_day[i], 20 * 3600)
        rows.append(
            (int(who.key[i]), "email", "marketing", False, "refused", "unsubscribe", "", history.day(int(block.left_day[i])), "", at)
        )
    return rows


def _tags_and_notes(story: Story, keys: list[int]) -> None:
    tags = story.shelf["tags"]
    assert isinstance(tags, dict)
    parts = [PART[key] for key in keys if key in PART]
    at = story.now - timedelta(days=3)
    copy_rows("customers_customertag", ("customer_id", "tag_id", "at"), [(p.key, tags[name], at) for p in parts for name in p.tags])
    author = story.user_ids["hayashi"]
    copy_rows("customers_note", ("customer_id", "text", "author_id", "at"), [(p.key, p.note, author, at) for p in parts if p.note])


def _end(story: Story) -> None:
    move_sequence("customers_customer")
    from enishi.platform.models import Counter

    Counter.rows.update_or_create(prefix="C", defaults={"last": story.world.customers})


CHAPTER = Chapter("customers", _begin, _block, _end)
