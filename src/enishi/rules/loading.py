"""Loads facts of a few customers plainly, for the Python reference: why somebody is in, one customer × many rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.lookups import In

from enishi.platform import time
from enishi.rules.facts import Fact, Registry
from enishi.rules.python_eval import LoadedFacts, Row
from enishi.rules.shapes import Column, Consent, CustomField, Derived, Membership, Rows, RowSource, Summary
from enishi.rules.sql_custom import DAY_PATTERN, MOMENT_PATTERN
from enishi.rules.tree import Rule, conditions
from enishi.rules.values import Kind, Value

type _ByCustomer[T] = Mapping[int, T]


def load_for(
    rules: Iterable[Rule], queryset: QuerySet[Any], *, ids: Sequence[int], now: datetime, registry: Registry
) -> dict[int, LoadedFacts]:
    """What the rules ask of these customers, by id; ids outside the queryset are left out.

    One query for columns and custom fields, one per summary column and label set, two per consent, one per row
    source. Rows are loaded whole: meant for a screenful of customers, not for lists.
    """
    return load(_asked_facts(rules, registry), queryset, ids=ids, now=now, registry=registry)


def load(
    facts: Sequence[Fact], queryset: QuerySet[Any], *, ids: Sequence[int], now: datetime, registry: Registry
) -> dict[int, LoadedFacts]:
    """These facts of these customers, as `load_for`."""
    today = time.today(now)
    own = _own_columns([fact for fact in facts if isinstance(fact.shape, Column | CustomField)], queryset.filter(pk__in=ids), today)
    values, found = own, list(own)
    for fact in facts:
        for customer, value in _other_values(fact, found).items():
            values[customer][fact.key] = value
    rows = _rows_by_source([fact for fact in facts if isinstance(fact.shape, Rows)], found)
    return {
        customer: LoadedFacts(registry, values[customer], {name: by_customer.get(customer, []) for name, by_customer in rows.items()})
        for customer in found
    }


def _asked_facts(rules: Iterable[Rule], registry: Registry) -> list[Fact]:
    asked: dict[str, Fact] = {}
    waiting = list(rules)
    while waiting:
        for condition in conditions(waiting.pop()):
            fact = registry.fact(condition.fact)
            if fact.key not in asked and isinstance(fact.shape, Derived):
                waiting.append(fact.shape.rule)
            asked[fact.key] = fact
    return list(asked.values())


def _own_columns(facts: Sequence[Fact], queryset: QuerySet[Any], today: date) -> dict[int, dict[str, Value]]:
    sources = [fact.shape.source if isinstance(fact.shape, Column) else F("custom") for fact in facts]
    found: dict[int, dict[str, Value]] = {}
    for customer, *raw in queryset.order_by("pk").values_list(F("pk"), *sources):
        found[customer] = {fact.key: _own_value(fact, value, today) for fact, value in zip(facts, raw, strict=True)}
    return found


def _own_value(fact: Fact, raw: Any, today: date) -> Value:
    match fact.shape:
        case CustomField():
            return _custom_value(raw.get(fact.shape.name) if isinstance(raw, dict) else None, fact.kind, fact.shape.instant)
        case Column(plain=None, instant=True):
            return None if raw is None else time.local(raw).date()
        case Column(plain=None):
            return raw  # type: ignore[no-any-return]
        case Column(plain=compute) if compute is not None:
            return compute(raw, today)
        case _:
            raise TypeError(f"{fact.key} is no column of the customer")


def _custom_value(raw: object, kind: Kind, instant: bool) -> Value:
    match kind, raw:
        case Kind.LABELS, list():
            # What is no key (a file) counts where emptiness is asked about; no rule can name it.
            return frozenset(key if isinstance(key, str) else f"\0{key}" for key in raw)
        case Kind.DATE, str() if instant:
            return _local_day(raw)
        case ((Kind.NUMBER | Kind.MONEY), int() | float()) if not isinstance(raw, bool):
            return Decimal(str(raw))
        case Kind.DATE, str() if re.fullmatch(DAY_PATTERN, raw):
            try:
                return date.fromisoformat(raw)
            except ValueError:
                return None
        case Kind.FLAG, bool():
            return raw
        case ((Kind.TEXT | Kind.CHOICE), str()):
            return raw
        case _:
            return None


def _local_day(raw: str) -> date | None:
    try:
        return time.local(datetime.fromisoformat(raw)).date() if re.fullmatch(MOMENT_PATTERN, raw) else None
    except ValueError:
        return None


def _other_values(fact: Fact, ids: Sequence[int]) -> _ByCustomer[Value]:
    match fact.shape:
        case Summary(rows=rows, customer=customer, value=value, absent=absent):
            return dict.fromkeys(ids, absent) | _pairs(rows(), customer, value, ids)
        case Consent(allowed=allowed, denied=denied, customer=customer):
            refused = dict.fromkeys(_pairs(denied(), customer, customer, ids), "denied")
            return refused | dict.fromkeys(_pairs(allowed(), customer, customer, ids), "allowed")
        case Membership(rows=rows, customer=customer, member=member, several=several):
            labels: dict[int, set[Any]] = {}
            for owner, held in rows().filter(_in(customer, ids)).values_list(customer, member):
                labels.setdefault(owner, set()).update(held if several else [held])
            return {owner: frozenset(held) for owner, held in labels.items()}
        case _:
            return {}


def _in(customer: F, ids: Sequence[int]) -> In[Any]:
    return In(customer, ids)


def _pairs(rows: QuerySet[Any], customer: F, value: F, ids: Sequence[int]) -> dict[int, Value]:
    return dict(rows.filter(_in(customer, ids)).values_list(customer, value))


def _rows_by_source(facts: Sequence[Fact], ids: Sequence[int]) -> dict[str, dict[int, list[Row]]]:
    sources: dict[str, RowSource] = {}
    measured: dict[str, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact.shape, Rows):
            sources[fact.shape.source.name] = fact.shape.source
            if fact.shape.of is not None:
                measured.setdefault(fact.shape.source.name, []).append(fact)
    return {name: _rows(source, measured.get(name, []), ids) for name, source in sources.items()}


def _rows(source: RowSource, measured: Sequence[Fact], ids: Sequence[int]) -> dict[int, list[Row]]:
    properties = list(source.properties.values())
    columns = [fact.shape.of for fact in measured if isinstance(fact.shape, Rows) and fact.shape.of is not None]
    query = source.rows().annotate(rule_customer=source.customer()).filter(rule_customer__in=ids)
    found: dict[int, list[Row]] = {}
    for customer, at, *raw in query.values_list("rule_customer", source.at, *columns, *[trait.value for trait in properties]):
        of = {fact.key: value for fact, value in zip(measured, raw, strict=False)}
        seen = {trait.key: value for trait, value in zip(properties, raw[len(columns) :], strict=True)}
        day = time.local(at).date() if source.instant and at is not None else at
        found.setdefault(customer, []).append(Row(day, of, seen))
    return found
