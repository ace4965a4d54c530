"""What is printed of customers: 顧客カルテ of one, 宛名ラベル of many. Masked as on the screen, in final words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from enishi.customers import access, timeline
from enishi.customers.bulk.selection import Selection
from enishi.customers.listing import Sort
from enishi.customers.models import ConsentState, Customer
from enishi.customers.models.consent import Channel
from enishi.customers.queries.record import CustomerRecord, customer_record
from enishi.customers.queries.relations import Ties, ties_of
from enishi.customers.resolve import all_ids
from enishi.customers.timeline import TimelineEntry
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.japanese.dates import format_date
from enishi.platform.organisation import organisation
from enishi.platform.policy import present_many

type Json = dict[str, object]

TEMPLATES: Final = Path(__file__).parents[1] / "print"

_ORDERS, _CONTACTS = 10, 15  # the latest, on a card
MOST_LABELS = 2_000  # some ten seconds, and half a gigabyte for as many envelopes


# ---- 顧客カルテ -----------------------------------------------------------------------------------------------------


def customer_card(actor: Actor, customer_id: int, *, now: datetime) -> Json:
    """The data of `card.typ`. Raises NotFound. The queries of the record page, without its counts."""
    record, today = customer_record(actor, customer_id, now=now), time.today(now)
    ids = all_ids(customer_id)
    return {
        "title": _("顧客カルテ"),
        "footer": _("%(at)s %(by)s 印刷・社外秘：個人情報を含みます。不要になったら裁断してください。")
        % {"at": _moment(now), "by": actor.name},
        "number": record.number,
        "name": record.name,
        "ruby": record.ruby,
        "honorific": record.honorific,
        "marks": [words for words in (record.stage_label, _("担当 %(name)s") % {"name": record.owner} if record.owner else "") if words],
        "notices": _notices(record),
        "tags": [name for _pk, name in record.tags],
        "groups": [
            {"label": _("連絡先"), "properties": _contact_facts(record)},
            *(
                {
                    "label": group.label,
                    "properties": [{"label": p.label, "lines": list(p.lines), "note": p.note} for p in group.properties],
                }
                for group in record.groups
            ),
        ],
        "consents": {"label": _("同意"), "properties": [_fact(c.label, c.words, _joined(c.basis, c.since)) for c in record.consents]},
        "ties": {"label": _("関係"), "properties": _ties(ties_of(actor, customer_id, today=today))},
        "lists": [_list(actor, ids, _("最近の注文"), "order", _ORDERS), _list(actor, ids, _("最近の応対"), "contact", _CONTACTS)],
    }


def _notices(record: CustomerRecord) -> list[str]:
    found = []
    if record.leave_alone:
        found.append(_("こちらから話しかけない（ご本人の希望）"))
    if record.archived_on:
        found.append(_("%(on)s にごみ箱に入れた顧客です。") % {"on": record.archived_on})
    return found


def _contact_facts(record: CustomerRecord) -> list[Json]:
    """Every contact point with its type, and what is known against it."""
    return [
        {"label": _joined(group.label, contact.mark), "lines": list(contact.lines), "note": _joined(contact.state_words, contact.period)}
        for group in record.contact_points
        for contact in group.contacts
    ]


def _fact(label: str, words: str, note: str = "") -> Json:
    return {"label": label, "lines": [words] if words else [], "note": note}


def _joined(*parts: str) -> str:
    return "・".join(part for part in parts if part)


def _ties(ties: Ties) -> list[Json]:
    return [_fact(group.label, tie.name, _joined(tie.post, tie.period)) for group in ties.groups for tie in group.ties]


def _list(actor: Actor, ids: Sequence[int], label: str, group: str, size: int) -> Json:
    """What the apps that are on put on the timeline, as the viewer may read it."""
    return {"label": label, "rows": [_row(entry) for entry in timeline.merged(actor, ids, group=group, size=size).entries]}


def _row(entry: TimelineEntry) -> Json:
    at = format_date(time.local(entry.at).date()) if entry.all_day else _moment(entry.at)
    return {"at": at, "kind": entry.label, "lines": entry.title.split("\n"), "note": entry.detail, "amount": entry.amount}


def _moment(at: datetime) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M}"


# ---- 宛名ラベル -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """Paper with places for addresses: A4 with labels side by side, or an envelope with one. Lengths in millimetres; `left` and `top`
    are to the first place, `sizes` how large its letters may be, of which the largest that fits is taken."""

    key: str
    label: str | Promise
    columns: int
    rows: int
    width_mm: float
    height_mm: float
    left_mm: float
    top_mm: float
    paper_mm: tuple[float, float] = (210.0, 297.0)
    sizes: tuple[float, ...] = (1.15, 1.0, 0.9, 0.8, 0.7, 0.6, 0.52, 0.45)
    names_sender: bool = False  # an envelope says at its lower edge who has sent it

    @property
    def size(self) -> int:
        return self.columns * self.rows

    def place(self, number: int) -> tuple[float, float]:
        """Of the label with this number, from 0: along the rows, from the top."""
        row, column = divmod(number, self.columns)
        return round(self.left_mm + column * self.width_mm, 2), round(self.top_mm + row * self.height_mm, 2)


_LARGE: Final = (1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6, 0.45)
SHEETS: Final[dict[str, LabelSheet]] = {
    sheet.key: sheet
    for sheet in (
        LabelSheet("2x6", gettext_lazy("12面（2列×6段、86.4×42.3mm）"), 2, 6, 86.4, 42.3, 18.6, 21.6),
        LabelSheet("3x4", gettext_lazy("12面（3列×4段、70×74.25mm、余白なし）"), 3, 4, 70.0, 74.25, 0.0, 0.0),
        LabelSheet("3x8", gettext_lazy("24面（3列×8段、66×33.9mm）"), 3, 8, 66.0, 33.9, 6.0, 12.9),
        # JIS S 5502, laid down with the flap at the left: the stamp's place is the upper right corner.
        LabelSheet("naga3", gettext_lazy("封筒 長形3号（120×235mm、横書き）"), 1, 1, 140.0, 52.0, 62.0, 32.0, (235.0, 120.0), _LARGE, True),
        LabelSheet("kaku2", gettext_lazy("封筒 角形2号（240×332mm、横書き）"), 1, 1, 190.0, 80.0, 92.0, 80.0, (332.0, 240.0), _LARGE, True),
    )
}
ORDERS: Final = {"kana": Sort("kana", "", ("sort_kana",)), "postal": Sort("postal", "", ("postal_code", "sort_kana"))}


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """What the dialog says before labels are printed."""

    selected: int
    printable: int  # with an address
    without_address: int
    refused: int  # with an address, and do not want to get mail by post
    unknown: int  # with an address, and were never asked


@dataclass(frozen=True, slots=True)
class _Label:
    id: int
    kind: str
    name: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None


def label_counts(actor: Actor, selection: Selection, *, now: datetime) -> LabelCounts:
    """Raises NotAllowed where the actor does not read addresses, and what the list raises. Four counts."""
    rows = _reachable(actor, selection, now=now)
    selected, printable = rows.count(), _with_address(rows).count()
    asked = ConsentState.rows.filter(customer_id__in=_with_address(rows).values("pk"), channel=Channel.POST, purpose="marketing")
    refused, allowed = asked.filter(allowed=False).count(), asked.filter(allowed=True).count()
    return LabelCounts(selected, printable, selected - printable, refused, printable - refused - allowed)


def _reachable(actor: Actor, selection: Selection, *, now: datetime) -> QuerySet[Customer]:
    if not access.reads_addresses(actor):
        raise NotAllowed
    return access.within(actor, selection.customers(actor, now=now).order_by(), "export")


def _with_address(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    return rows.exclude(street="", city="").exclude(name="")


def printable(actor: Actor, selection: Selection, *, leave_out_refused: bool, now: datetime) -> QuerySet[Customer]:
    """Whose labels are printed, in no order. Raises NotAllowed where the actor does not read addresses, and what the list raises."""
    rows = _with_address(_reachable(actor, selection, now=now))
    if leave_out_refused:
        refused = ConsentState.rows.filter(channel=Channel.POST, purpose="marketing", allowed=False)
        rows = rows.exclude(pk__in=refused.values("customer_id"))
    return rows


def labels_of(actor: Actor, customer_ids: Sequence[int]) -> list[tuple[int, Json]]:
    """Id and words of the labels of those whom the actor may still take out and who still have an address, in the order of the
    ids. Two queries at most, and one view-log row. Raises NotAllowed where the actor does not read addresses."""
    if not access.reads_addresses(actor):
        raise NotAllowed
    rows = _with_address(access.within(actor, access.visible_customers(actor).filter(pk__in=customer_ids), "export"))
    found = {row.id: row for row in present_many(_Label, actor, rows)}
    return [(pk, _label(found[pk])) for pk in customer_ids if pk in found]


def _label(row: _Label) -> Json:
    place = "".join(part for part in (row.prefecture, row.city, row.street) if part)
    company = row.kind == Customer.Kind.COMPANY
    return {
        "postal_code": row.postal_code or "",
        "lines": [line for line in (place, row.building) if line],
        "name": row.name or "",
        "honorific": pgettext("after a name", "御中") if company else pgettext("after a name", "様"),
    }


def label_pages(labels: Sequence[Json], sheet: LabelSheet, *, skip: int, right_mm: float, down_mm: float) -> Json:
    """The data of `labels.typ`. `skip`: labels of the first sheet that are gone already; the rest moves the whole print."""
    pages: list[list[Json]] = []
    for number, label in enumerate(labels, start=skip):
        page, place = divmod(number, sheet.size)
        x, y = sheet.place(place)
        while len(pages) <= page:
            pages.append([])
        pages[page].append({**label, "x_mm": x + right_mm, "y_mm": y + down_mm})
    return {
        "title": _("宛名"),
        "width_mm": sheet.width_mm,
        "height_mm": sheet.height_mm,
        "paper_mm": sheet.paper_mm,
        "sizes": sheet.sizes,
        "sender": _sender() if sheet.names_sender else [],
        "pages": pages,
    }


def _sender() -> list[str]:
    """Who we are, as an envelope says it. One query."""
    ours = organisation()
    return [line for line in (ours.address, ours.name) if line]
