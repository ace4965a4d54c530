"""The demo's activities and tasks: what the staff wrote down in the last weeks, and what they have to do today."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Final

from enishi.customers.models import Activity, ActivityGrams, Comment, Customer, Mention, Task
from enishi.platform import time
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.demo.world.script import PART

# kind, what was said; what is to follow, or nothing
_TALKS: Final = (
    ("call", "お歳暮ののしの名入れを確認。表書きは「御歳暮」、名入れは苗字のみ。", "のし見本を送る"),
    ("shop", "栗きんとんを試食。お母様の分も取り置きを希望。", "取り置きの日をお知らせする"),
    ("call", "届け先が3か所に増える。送り状は別々に。", "届け先の一覧を受け取る"),
    ("note", "包装は簡単でよいとのこと。紙袋は人数分入れる。", ""),
    ("mail", "新茶の入荷時期のお問い合わせに返信。5月の連休明けとお伝えした。", ""),
    ("call", "配達の時間帯を午前中に変更。次回からも同じ。", "配送の希望を登録する"),
    ("visit", "客室用のだしセットを提案。年間120室分の見積をご希望。", "見積を出す"),
    ("shop", "贈り物の相談。予算は5,000円、甘さ控えめのもの。", "詰め合わせの案を2つ用意する"),
    ("note", "お電話は15時以降は出られない。メールがよい。", ""),
    ("call", "前回の煎茶の感想。香りが気に入ったとのこと。", "次の便に合うお茶を選ぶ"),
)
_WRITERS: Final = ("takahashi", "mori", "yamazaki", "kobayashi", "yoshida")
_DUE: Final = (2, 0, 4, 8, 1, -1, 3, 11)  # days from today, in turn
_FIRST, _STEP, _MOST = 20, 17, 60  # which customers beside the fixed ones


def _end(story: Story) -> None:
    _notes_of_the_fixed(story)
    talks, dues = cycle(_TALKS), cycle(_DUE)
    today = time.today(story.now)
    for place, customer in enumerate(_people(story)):
        kind, text, follows = next(talks)
        writer = story.user_ids[_WRITERS[place % len(_WRITERS)]]
        owner = customer.owner_id or writer
        at = story.now - timedelta(days=place * 2 // 3 + 1, minutes=37 * place % 400)
        activity = _write(customer, kind, text, owner, at)
        if follows:
            _follow(activity, follows, owner, today + timedelta(days=next(dues)))
    _call(story)


def _people(story: Story) -> list[Customer]:
    ids = range(_FIRST, min(story.world.customers, _FIRST + _STEP * _MOST), _STEP)
    return list(Customer.rows.filter(pk__in=ids).order_by("pk"))


def _notes_of_the_fixed(story: Story) -> None:
    author, at = story.user_ids["hayashi"], story.now - timedelta(days=3)
    noted = {part.key: part.note for part in PART.values() if part.note}
    for customer in Customer.rows.filter(pk__in=noted).order_by("pk"):
        _write(customer, Activity.Kind.NOTE, noted[customer.pk], author, at, on_top=True)
    lead = story.user_ids["takahashi"]
    for customer, title, days in zip(
        Customer.rows.filter(pk__in=noted).order_by("pk")[:4],
        ("お歳暮の届け先を確認する", "折り返し電話（のしの名入れ違い）", "取り置きの期限をお知らせする", "定期便の休止を確かめる"),
        (-1, 0, 0, 3),
        strict=False,
    ):
        activity = _write(customer, Activity.Kind.CALL, "折り返しのご希望。午前中ならお出になれる。", lead, story.now - timedelta(hours=20))
        _follow(activity, title, lead, time.today(story.now) + timedelta(days=days))


def _write(customer: Customer, kind: str, text: str, author: int, at: datetime, *, on_top: bool = False) -> Activity:
    pinned_at = at if on_top else None
    activity = Activity.rows.create(customer=customer, kind=kind, text=text, author_id=author, at=at, pinned_at=pinned_at)
    ActivityGrams.of(activity).save(force_insert=True)
    return activity


def _follow(activity: Activity, title: str, assignee: int, due_on: date) -> None:
    Task.rows.create(
        customer=activity.customer,
        activity=activity,
        title=title,
        due_on=due_on,
        assignee_id=assignee,
        created_at=activity.at,
        created_by_id=assignee,
    )


def _call(story: Story) -> None:
    """森 calls 髙橋."""
    customer = Customer.rows.filter(pk__in=PART).order_by("pk").first()
    if customer is None:
        return
    text = "@髙橋 美咲 お歳暮の件、在庫を確かめました。12/5 着で承れます。"
    activity = _write(customer, Activity.Kind.NOTE, text, story.user_ids["mori"], story.now - timedelta(hours=2))
    Mention.rows.create(activity=activity, user_id=story.user_ids["takahashi"])
    said = "のしの名入れは「髙﨑」様です。「高崎」ではありません。"
    Comment.rows.create(
        activity=activity, customer=customer, text=said, author_id=story.user_ids["kobayashi"], at=story.now - timedelta(hours=1)
    )
    ActivityGrams.of(activity, [said]).save()


CHAPTER = Chapter("activities", end=_end)
