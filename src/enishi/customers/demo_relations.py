"""The demo's ties: who is in charge at the inns and shops that buy by the crate, and couples who buy side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle

from enishi.customers.models import Customer, Relation
from enishi.customers.ties import HOUSEHOLD, WORKS_FOR
from enishi.platform.demo.chapter import Chapter, Story

COMPANIES, HOUSEHOLDS = 60, 150
_POSTS = (("", "女将"), ("仕入課", "課長"), ("総務部", ""), ("調理場", "料理長"), ("", "店長"), ("フロント", "支配人"))


def _end(story: Story) -> None:
    Relation.rows.bulk_create([*_in_charge(story), *_couples()])


def _in_charge(story: Story) -> Iterator[Relation]:
    """A person or two at each company: those who were registered next after it."""
    companies = Customer.rows.filter(kind="company").order_by("pk").values_list("pk", "created_at")[:COMPANIES]
    posts = cycle(_POSTS)
    for n, (company, since) in enumerate(companies):
        people = Customer.rows.filter(kind="person", pk__gt=company).order_by("pk").values_list("pk", flat=True)[: 1 + n % 2]
        for nth, person in enumerate(people):
            department, title = next(posts)
            began = min((since + timedelta(days=20)).date(), story.now.date())
            moved_on = story.now.date() - timedelta(days=200)
            has_left = nth > 0 and began < moved_on
            yield Relation(
                source_id=person,
                target_id=company,
                kind=WORKS_FOR,
                department=department,
                title=title,
                is_primary=not has_left,
                from_on=began,
                until_on=moved_on if has_left else None,
            )


def _couples() -> Iterator[Relation]:
    """Neighbours in the order of registration who share a family name and a prefecture."""
    people = Customer.rows.filter(kind="person").exclude(family_name="").exclude(prefecture="").order_by("pk")
    waiting: dict[tuple[str, str], int] = {}
    found = 0
    for pk, family, prefecture, gender in people.values_list("pk", "family_name", "prefecture", "gender")[:20_000]:
        head = waiting.pop((family, prefecture), None)
        if head is None:
            waiting[family, prefecture] = pk
            continue
        yield Relation(
            source_id=pk, target_id=head, kind=HOUSEHOLD, one_at_a_time=True, title={"female": "妻", "male": "夫"}.get(gender, "")
        )
        found += 1
        if found == HOUSEHOLDS:
            return


CHAPTER = Chapter("relations", end=_end)
