"""/api/v1/analyses: the tables of every analysis, with the figures of the screens and by their rights."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from enishi.analytics.queries.asked import FIRST_DAY, Asked
from enishi.analytics.queries.screens import SCREENS, figures
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.errors import NotFound
from enishi.platform.guards import needs
from enishi.platform.words import own

router = Router()


class AnalysisIn(In):
    """What an analysis does not take, it leaves alone."""

    as_of: date | None = Field(default=None, ge=FIRST_DAY, description="The day up to which is counted; today where it is empty or later.")
    versus: date | None = Field(default=None, ge=FIRST_DAY, description="A day before it, whose values come as `before`.")
    segment: int | None = Field(default=None, ge=1, lt=2**63, description="A segment, whose values come as `before` instead.")
    months: int = Field(default=24, ge=1, le=120, description="How long the window is that ends with the day.")
    nth: int = Field(default=2, ge=2, le=20, description="Of `repeat`: 2 asks for the second purchase.")
    lapse: int = Field(default=365, ge=32, le=1_095, description="Of `repeaters` and `flow`: days without a purchase that make a lapse.")
    attribute: Literal["channel", "payment_method", "acquisition_source", "prefecture", "gender", "kind"] = Field(
        default="channel", description="Of `outcomes`."
    )
    level: Literal["product", "category"] = Field(default="product", description="Of `next-products`.")
    by: Literal["limits", "quintiles"] = Field(default="limits", description="Of `rfm`.")


class ColumnOut(Schema):
    key: str
    label: str
    unit: Literal["people", "orders", "times", "days", "yen", "percent"] = Field(
        description="Yen are whole and without tax; percents are of 100."
    )
    about: str


class LineOut(Schema):
    key: str
    label: str
    values: list[int | float | None] = Field(description="In the order of the columns.")
    before: list[int | float | None] | None = Field(description="The same of what is compared with; null where there is none.")


class TableOut(Schema):
    key: str
    title: str
    columns: list[ColumnOut]
    lines: list[LineOut]


class AnalysisOut(Schema):
    key: str
    label: str
    definition: str
    as_of: date
    at: datetime | None = Field(description="As of which instant the data are.")
    customers: int = Field(description="How many are counted, of those whom the token's owner sees.")
    compared_with: str
    tables: list[TableOut]


class WaitOut(Schema):
    """The figures are not there yet. `running`, `busy` and `starting`: ask again in a second; `away`: nobody counts now."""

    state: Literal["running", "busy", "starting", "away", "failed", "refused"]


class ListedOut(Schema):
    key: str
    label: str
    about: str
    definition: str


class AnalysesOut(Schema):
    items: list[ListedOut]


@router.get("", response={200: AnalysesOut, **REFUSALS}, operation_id="list_analyses")
@needs("order", "read")
def list_analyses(request: ApiRequest) -> Any:
    """Every analysis, with its definition."""
    return {
        "items": [
            {"key": key, "label": own(screen.label), "about": own(screen.about), "definition": own(screen.definition)}
            for key, screen in SCREENS.items()
        ]
    }


@router.get("/{analysis}", response={200: AnalysisOut, 202: WaitOut, 503: WaitOut, **REFUSALS}, operation_id="get_analysis")
@needs("order", "read")
def get_analysis(request: ApiRequest, analysis: str, query: Query[AnalysisIn]) -> Any:
    """The tables of one analysis, as of a day. 202 while they are being counted: ask again soon. 409
    `analysis.segment_not_mirrored` for a segment whose rule asks for what analyses do not know."""
    screen = SCREENS.get(analysis)
    if screen is None:
        raise NotFound
    today = time.today(time.now())
    as_of = min(query.as_of or today, today)
    told = query.model_dump(include={"months", "nth", "lapse", "attribute", "level", "by", "segment"})
    asked = Asked(as_of=as_of, today=today, versus=query.versus if query.versus and query.versus < as_of else None, **told)
    shown = figures(request.auth, analysis, asked)
    if shown.figures is None:
        return Status(202 if shown.comes_soon else 503, {"state": shown.state})
    report = shown.figures.report
    return {
        "key": analysis,
        "label": own(screen.label),
        "definition": own(screen.definition),
        "as_of": as_of,
        "at": shown.at,
        "customers": report.customers,
        "compared_with": shown.figures.other,
        "tables": [asdict(table) for table in report.tables],
    }
