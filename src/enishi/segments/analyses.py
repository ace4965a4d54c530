"""How many are in a rule, asked of the mirror: for rules over orders in a window, which PostgreSQL takes seconds for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from enishi.customers.mirrored import CUSTOMERS
from enishi.platform import wiring
from enishi.rules.facts import Fact, Registry
from enishi.rules.ibis_eval import is_mirrored, matching
from enishi.rules.shapes import Derived, Rows
from enishi.rules.tree import Rule, conditions
from enishi.warehouse.analysis import Analysis, Params
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


class RuleParams(Params):
    """A rule, and the business day on which it is asked."""

    rule: Rule
    today: date


def members(tables: Tables, params: RuleParams) -> ir.Table:
    """The rows of `tables.customers` of those in the rule."""
    return matching(params.rule, tables, today=params.today, registry=_built_in(), customers=CUSTOMERS)


def results(tables: Tables, params: RuleParams) -> Mapping[str, ir.Table]:
    """`count`: one row: `members` of the customers of the reach are in the rule, of `everybody`."""
    found = members(tables, params)
    everybody = tables.customers.aggregate(everybody=tables.customers.count())
    return {"count": found.aggregate(members=found.count()).cross_join(everybody)}


COUNT = Analysis(RuleParams, results)


def is_for_the_mirror(rule: Rule, known: Registry) -> bool:
    """Whether the rule counts rows of orders, and nothing in it is missing from the mirror."""
    facts = [known.fact(found.fact) for found in conditions(rule)]
    return any(_reads_rows(fact, known) for fact in facts) and can_be_asked(rule, known)


def can_be_asked(rule: Rule, known: Registry) -> bool:
    """Whether nothing in the rule is missing from the mirror."""
    return all(is_mirrored(known.fact(found.fact), known, CUSTOMERS) for found in conditions(rule))


def _reads_rows(fact: Fact, known: Registry) -> bool:
    if isinstance(fact.shape, Derived):
        return any(_reads_rows(known.fact(found.fact), known) for found in conditions(fact.shape.rule))
    return isinstance(fact.shape, Rows)


def _built_in() -> Registry:
    """The facts that do not hang on what a company has set: the mirror holds no others. Who asked has checked the rule against
    those of today."""
    return Registry(fact for listed in wiring.load("FACTS") if not callable(listed) for fact in listed)
