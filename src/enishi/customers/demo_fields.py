"""The demo's own fields: what a tea shop writes about its customers beside names and contacts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from enishi.customers.fields import layout
from enishi.customers.fields.layout import Item, Section
from enishi.customers.models import CustomField, FormLayout
from enishi.platform import time
from enishi.platform.demo.chapter import Chapter, Story

_MEMBERS, _TEAS, _USES = (
    ("一般会員", "銀葉会員", "金葉会員"),
    ("煎茶", "ほうじ茶", "抹茶", "和紅茶", "玄米茶"),
    ("内祝い", "お中元", "お歳暮", "手土産"),
)
# By the customer's number, so that the same company comes out the same: membership by what they bought, tastes by half of
# them, a use by a third; of companies the closing day and what is expected of a year.
_PEOPLE = """
UPDATE customers_customer AS c SET custom = jsonb_strip_nulls(jsonb_build_object(
  %(member)s::text, CASE WHEN c.lifecycle = 'best' THEN 'c3' WHEN c.lifecycle IN ('repeat', 'revived') THEN 'c2' WHEN c.id %% 3 > 0 THEN 'c1' END,
  %(teas)s::text, CASE WHEN c.id %% 2 = 0 THEN to_jsonb(ARRAY['c' || 1 + c.id %% 3, 'c' || 4 + c.id %% 2]) END,
  %(use)s::text, CASE WHEN c.id %% 3 = 0 THEN 'c' || 1 + c.id %% 4 END))
 WHERE c.kind = 'person'
"""
_COMPANIES = """
UPDATE customers_customer AS c SET custom = jsonb_strip_nulls(jsonb_build_object(
  %(closing)s::text, CASE WHEN c.id %% 2 = 0 THEN '月末' ELSE '20日' END, %(expected)s::text, 100000 * (1 + c.id %% 40)))
 WHERE c.kind = 'company'
"""


def _end(story: Story) -> None:
    made = [
        _field(story, 1, "choice", "会員区分", choices=_MEMBERS, for_kind="person", meaning="年間の購入額で毎年4月に見直します。"),
        _field(
            story,
            2,
            "choices",
            "好きなお茶",
            choices=_TEAS,
            for_kind="person",
            meaning="店頭やお電話で伺ったもの。",
            privacy_class="personal",
            purpose="お客様に合う商品のご提案のため",
        ),
        _field(story, 3, "choice", "贈り物の用途", choices=_USES, for_kind="person"),
        _field(story, 4, "text", "締め日", for_kind="company", example="月末"),
        _field(story, 5, "money", "年間取引見込", for_kind="company", meaning="担当が毎年4月に見積もります。"),
    ]
    keys = dict(zip(("member", "teas", "use", "closing", "expected"), [field.key for field in made], strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, keys)
        cursor.execute(_COMPANIES, keys)
    section = Section(key="s1", label="お客様について", items=[Item(field=field.key) for field in made])
    sections = layout.stored((*layout.standard(), section))
    at = story.moment(30, 10 * 3_600)
    FormLayout.rows.create(sections=sections, created_at=at, published_at=at, note=_("お客様についての項目を加えた"))


def _field(story: Story, place: int, kind: str, label: str, *, choices: Sequence[str] = (), **said: str) -> CustomField:
    return CustomField.rows.create(
        kind=kind,
        label=label,
        position=place,
        choices=[{"key": f"c{n}", "label": word, "retired": False, "parents": []} for n, word in enumerate(choices, start=1)],
        created_at=story.moment(30, 9 * 3_600),
        last_used_on=time.today(story.now),
        **said,
    )


CHAPTER = Chapter("fields", end=_end)
