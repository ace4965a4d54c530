"""How many customers carry each 流入経路, as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from ibis import _

from enishi.warehouse.analysis import Analysis, Params
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


class SourcesParams(Params):
    as_of: date  # the day on which it is asked: an answer is not kept longer


def results(tables: Tables, params: SourcesParams) -> Mapping[str, ir.Table]:
    """`sources`: each text with its customers."""
    found = tables.customers.group_by(source="acquisition_source").agg(customers=_.count())
    return {"sources": found.order_by("source")}


SOURCES = Analysis(SourcesParams, results)
