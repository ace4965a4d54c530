"""How well customers are written down, for rules: their points, what is missing of them, and which fields break the input standards.

As they were measured last, once a day. Every one of these tells of names, addresses, contacts and birthdays at once, so it takes the right to
all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from enishi.customers.access import ADDRESS, EMAIL, NAME, PHONE
from enishi.customers.fields import catalogue
from enishi.customers.models import QualityMark
from enishi.customers.quality.marking import GAPS
from enishi.customers.quality.scoring import scored
from enishi.customers.standards import current
from enishi.customers.standards.rule import label_of
from enishi.platform import time
from enishi.platform.privacy import Privacy
from enishi.rules.facts import Fact, Group
from enishi.rules.shapes import Column, Membership, Summary
from enishi.rules.values import Choice, Kind

QUALITY = Group("quality", _("データ品質"), "activity")
_OTHERS = (EMAIL, PHONE, ADDRESS, "customer.birthday")


def _scored() -> QuerySet[Any]:
    return scored(QualityMark.rows.all(), time.today())


def _with_gaps() -> QuerySet[Any]:
    return QualityMark.rows.exclude(gaps=[])


def _with_breaches() -> QuerySet[Any]:
    return QualityMark.rows.exclude(breaches=[])


def _gaps() -> Sequence[Choice]:
    return [Choice(key, label) for key, label in GAPS.items()]


def _ruled_fields() -> Sequence[Choice]:
    """Fields for which there are rules, but for those that are nobody's to see by this right."""
    own = catalogue.all_fields()
    fields = [name for name in current.current().fields if name not in own or own[name].privacy is not Privacy.SENSITIVE]
    return [Choice(name, label_of(name, own)) for name in sorted(fields)]


#: What tells of every field that is looked at, and so takes the right to each of them.
_telling = partial(Fact, privacy=Privacy.PERSONAL, right=NAME, others=_OTHERS, group=QUALITY)
FACTS: list[Fact] = [
    _telling(
        key="quality.score",
        label=_("データ品質の点"),
        kind=Kind.NUMBER,
        shape=Summary(rows=_scored, customer=F("customer_id"), value=F("score")),
        unit=_("点"),
        help=_("100点満点。毎日1回測ります。"),
    ),
    _telling(
        key="quality.gaps",
        label=_("足りない項目"),
        kind=Kind.LABELS,
        shape=Membership(rows=_with_gaps, customer=F("customer_id"), member=F("gaps"), several=True),
        choices=_gaps,
    ),
    _telling(
        key="quality.breaches",
        label=_("入力基準に合わない項目"),
        kind=Kind.LABELS,
        shape=Membership(rows=_with_breaches, customer=F("customer_id"), member=F("breaches"), several=True),
        choices=_ruled_fields,
    ),
    Fact(
        key="customer.verified",
        label=_("登録内容を最後に確かめた日"),
        kind=Kind.DATE,
        privacy=Privacy.INTERNAL,
        group=QUALITY,
        shape=Column(F("verified_on")),
    ),
]
