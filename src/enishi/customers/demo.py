"""The demo's customers: people and firms with identities, consents and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import numpy as np

from enishi.customers.models import ConsentRecord, ConsentState, Customer, CustomerTag, Identity, Tag
from enishi.customers.search import search_columns
from enishi.platform.bulk import Plain, array_text
from enishi.platform.demo.chapter import Chapter, Rows, Story, chosen, move_sequence, numbers
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.chance import Ints
from enishi.platform.demo.world.people import ALLOWED, SOURCES, UNKNOWN, is_member
from enishi.platform.demo.world.script import PART
from enishi.platform.demo.world.summary import LIFECYCLES
from enishi.platform.demo.world.text import PeopleText, people_text
from enishi.platform.demo.world.world import Block

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
# By the consents of the world: unknown, given, from business, refused.
_ALLOWED = ("f", "t", "t", "f")
_BASIS = ("unknown", "consent", "relation", "refused")


def _begin(story: Story) -> None:
    names = sorted({tag for part in PART.values() for tag in part.tags})
    story.shelf["tags"] = {name: Tag.rows.create(name=name).pk for name in names}


def _block(story: Story, block: Block) -> Iterator[Rows]:
    who, text = block.people, people_text(block.people)
    joined = story.moments(who.joined_day, who.joined_second)
    yield Customer, _customers(story, block, text, joined)
    yield Identity, _identities(numbers(who.key), np.flatnonzero(is_member(who.key)).tolist(), text.email, joined)
    yield from _consents(story, block, joined)
    yield from _tags(story, who.key.tolist())


def _customers(story: Story, block: Block, text: PeopleText, joined: list[str]) -> dict[str, Sequence[str | None]]:
    who, summary = block.people, block.summary
    keys, size = who.key.tolist(), len(who)
    codes = Plain(f"C-{key:06d}" for key in keys)
    found = [
        search_columns(name=name, kana=kana, email=email, phone=phone)
        for name, kana, email, phone in zip(text.name, text.kana, text.email, text.phone, strict=True)
    ]
    owners = [str(story.user_ids[login]) for login in staff.OWNER_LOGINS]
    teams = [str(story.team_ids[staff.TEAMS[place]]) for place in staff.TEAM_OF_PLACE]
    return {
        "id": numbers(who.key),
        "number": codes,
        "kind": chosen(Plain(("person", "company")), who.company.astype(np.int64)),
        "name": text.name,
        "family_name": text.family_name,
        "given_name": text.given_name,
        "kana": text.kana,
        "sort_kana": [columns.sort_kana for columns in found],
        "email": text.email,
        "phone": text.phone,
        "phone_e164": text.phone_e164,
        "postal_code": text.postal_code,
        "prefecture": text.prefecture,
        "city": text.city,
        "street": text.street,
        "building": text.building,
        "birthday_on": [day.isoformat() if day else None for day in text.birthday],
        "gender": text.gender,
        "acquisition_source": chosen([SOURCE_WORDS[source] for source in SOURCES], who.source),
        "lifecycle": chosen(Plain(LIFECYCLES), summary.lifecycle),
        "lifecycle_on": story.dates(summary.lifecycle_day),
        "leave_alone": ["t" if key in PART and PART[key].leave_alone else "f" for key in keys],
        "name_grams": [array_text(columns.name_grams) for columns in found],
        "contact_grams": [array_text(columns.contact_grams) for columns in found],
        "grams_version": [str(columns.grams_version) for columns in found],
        "owner_id": chosen([*owners, None], who.owner),  # −1 is the last: nobody
        "team_id": chosen(Plain(teams), who.place),
        "created_at": joined,
        "custom": Plain(["{}"] * size),
    }


def _identities(keys: list[str], members: list[int], mails: list[str], joined: list[str]) -> dict[str, Sequence[str | None]]:
    """A member number for those at these places; a mail address for the first who has it."""
    written = list(_first_of_each(mails))
    return {
        "customer_id": [keys[i] for i in members] + [keys[i] for i in written],
        "kind": ["member"] * len(members) + ["email"] * len(written),
        "value": [f"E{keys[i]:>07}" for i in members] + [mails[i].lower() for i in written],
        "created_at": [joined[i] for i in members] + [joined[i] for i in written],
    }


def _first_of_each(mails: list[str]) -> Iterable[int]:
    """Places of the first customer with each address; a shared one belongs to nobody else."""
    first: dict[str, int] = {}
    for place, mail in enumerate(mails):
        if mail:
            first.setdefault(mail.lower(), place)
    return first.values()


def _consents(story: Story, block: Block, joined: list[str]) -> Iterator[Rows]:
    """What was said when joining, then the withdrawals by unsubscribe links; and what holds today."""
    who, history = block.people, story.world.history
    left = np.flatnonzero((block.left_day < history.length) & (block.left_day >= 0))
    left_at = story.moments(block.left_day[left], np.full(len(left), 20 * 3600))
    said = [
        (channel, np.flatnonzero(state != UNKNOWN), state) for channel, state in (("email", who.mail_consent), ("post", who.post_consent))
    ]
    for channel, rows, state in said:
        yield ConsentRecord, _given(story, block, channel, rows, state[rows], Plain(joined[i] for i in rows.tolist()))
    yield ConsentRecord, _withdrawn(story, block, left, left_at)
    gone = dict(zip(left.tolist(), left_at, strict=True))
    for channel, rows, state in said:
        yield ConsentState, _today(who.key, channel, rows, state, joined, gone if channel == "email" else {})


def _given(story: Story, block: Block, channel: str, rows: Ints, state: Ints, at: list[str]) -> dict[str, Sequence[str | None]]:
    who, size = block.people, len(rows)
    return {
        "customer_id": numbers(who.key[rows]),
        "channel": [channel] * size,
        "purpose": ["marketing"] * size,
        "allowed": chosen(Plain(_ALLOWED), state),
        "basis": chosen(Plain(_BASIS), state),
        "source": ["demo"] * size,
        "place": chosen(PLACE_WORDS, who.place[rows]),
        "given_on": story.dates(who.joined_day[rows]),
        "wording": [WORDING if channel == "email" and code == ALLOWED else "" for code in state.tolist()],
        "at": at,
    }


def _withdrawn(story: Story, block: Block, rows: Ints, at: list[str]) -> dict[str, Sequence[str | None]]:
    size = len(rows)
    return {
        "customer_id": numbers(block.people.key[rows]),
        "channel": ["email"] * size,
        "purpose": ["marketing"] * size,
        "allowed": ["f"] * size,
        "basis": ["refused"] * size,
        "source": ["unsubscribe"] * size,
        "place": [""] * size,
        "given_on": story.dates(block.left_day[rows]),
        "wording": [""] * size,
        "at": at,
    }


def _today(keys: Ints, channel: str, rows: Ints, state: Ints, joined: list[str], gone: dict[int, str]) -> dict[str, Sequence[str | None]]:
    """`gone`: place of a customer → when they withdrew, which comes after everything else."""
    who = sorted({*rows.tolist(), *gone})
    return {
        "customer_id": [str(keys[i]) for i in who],
        "channel": [channel] * len(who),
        "purpose": ["marketing"] * len(who),
        "allowed": ["f" if i in gone else _ALLOWED[state[i]] for i in who],
        "basis": ["refused" if i in gone else _BASIS[state[i]] for i in who],
        "changed_at": [gone.get(i) or joined[i] for i in who],
    }


def _tags(story: Story, keys: list[int]) -> Iterator[Rows]:
    parts = [PART[key] for key in keys if key in PART]
    if not parts:
        return
    tags = story.shelf["tags"]
    assert isinstance(tags, dict)
    at = (story.now - timedelta(days=3)).isoformat()
    tagged = [(str(part.key), str(tags[name])) for part in parts for name in part.tags]
    yield CustomerTag, {"customer_id": [key for key, _ in tagged], "tag_id": [tag for _, tag in tagged], "at": [at] * len(tagged)}


def _end(story: Story) -> None:
    move_sequence("customers_customer")
    from enishi.platform.models import Counter

    Counter.rows.update_or_create(prefix="C", defaults={"last": story.world.customers})


CHAPTER = Chapter("customers", _begin, _block, _end, (Customer, Identity, ConsentRecord, ConsentState, CustomerTag))
