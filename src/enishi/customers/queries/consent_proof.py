"""同意の証跡 of one person: every statement of the ledger, with what they were shown, where it came from, when and by whom."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import ConsentPurpose, ConsentRecord, ConsentState, ConsentWording
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.queries.record import locate, looking_at
from enishi.customers.resolve import all_ids
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import User
from enishi.platform.organisation import organisation
from enishi.platform.policy import present, shown
from enishi.platform.sheets.cells import safe_text

type Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """One statement, in its final words."""

    number: int  # of the ledger
    at: str
    channel: str
    purpose: str
    verdict: str  # 配信可, 配信不可
    allowed: bool
    basis: str
    source: str
    place: str
    given_on: str
    by: str
    wording: str
    version: str  # 版3（a1b2c3d4）; 版の記録なし of a yes from before wordings were kept, "" of a no


@dataclass(frozen=True, slots=True)
class Today:
    """What counts today for one purpose and channel."""

    purpose: str
    channel: str
    verdict: str
    allowed: bool
    since: str


@dataclass(frozen=True, slots=True)
class Proof:
    number: str
    name: str
    today: list[Today]
    statements: list[Said]


@dataclass(frozen=True, slots=True)
class _Who:
    id: int
    number: str
    name: str | None = shown("name")


def consent_proof(actor: Actor, customer_id: int) -> Proof:
    """The newest statement first. Raises NotFound. Eight queries, and a view-log row."""
    looking = looking_at(actor, customer_id)
    who = present(_Who, looking, access.readable_customers(actor), pk=customer_id, log=False)
    rows = list(ConsentRecord.rows.filter(customer_id__in=all_ids(customer_id)).order_by("-pk"))
    names = dict(User.rows.filter(pk__in={row.actor_id for row in rows if row.actor_id}).values_list("pk", "display_name"))
    purposes = purpose_names()
    kept = ConsentWording.rows.filter(hash__in={row.wording_hash for row in rows if row.wording_hash})
    versions = {(purpose, hashed): version for purpose, hashed, version in kept.values_list("purpose", "hash", "version")}
    states = ConsentState.rows.filter(customer_id=customer_id).order_by("purpose", "channel")
    return Proof(
        number=who.number,
        name=who.name or _("（氏名は表示できません）"),
        today=[
            Today(purposes.get(s.purpose, s.purpose), str(Channel(s.channel).label), _verdict(s.allowed), s.allowed, _moment(s.changed_at))
            for s in states
        ],
        statements=[_said(row, names, purposes, versions.get((row.purpose, row.wording_hash))) for row in rows],
    )


def purpose_names() -> dict[str, str]:
    """Every purpose that there ever was. One query."""
    return {str(Purpose.MARKETING): usual_purpose()["name"]} | dict(ConsentPurpose.rows.values_list("key", "name"))


def usual_purpose() -> dict[str, str]:
    """What the purpose of mailings is called and says until the company says it itself."""
    return {"name": str(Purpose.MARKETING.label), "text": _("商品・サービス・催しのご案内をお届けするため。")}


def _said(row: ConsentRecord, names: dict[int, str], purposes: dict[str, str], version: int | None) -> Said:
    source = str(ConsentRecord.Source(row.source).label)
    return Said(
        number=row.pk,
        at=_moment(row.at),
        channel=str(Channel(row.channel).label),
        purpose=purposes.get(row.purpose, row.purpose),
        verdict=_verdict(row.allowed),
        allowed=row.allowed,
        basis=str(ConsentRecord.Basis(row.basis).label),
        source=_("%(source)s（%(id)s番）") % {"source": source, "id": row.source_id} if row.source_id else source,
        place=row.place,
        given_on=format_date(row.given_on) if row.given_on else "",
        by=names.get(row.actor_id or 0, _("ご本人・システム")),
        wording=row.wording,
        version=_("版%(n)s（%(hash)s）") % {"n": version, "hash": row.wording_hash[:8]}
        if version
        else _("版の記録なし")
        if row.allowed
        else "",
    )


def _verdict(allowed: bool) -> str:
    return _("配信可") if allowed else _("配信不可")


def _moment(at: datetime) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M}"


# ---- as a file ------------------------------------------------------------------------------------------------------


def _heads() -> list[str]:
    return [
        *(_("記録番号"), _("日時"), _("チャネル"), _("利用目的"), _("配信"), _("根拠"), _("入口"), _("どこで")),
        *(_("いつ"), _("記録した人"), _("示した文言"), _("文言の版")),
    ]


def as_csv(proof: Proof) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(safe_text, [_("顧客番号"), *_heads()]))
    for s in proof.statements:
        cells = (s.at, s.channel, s.purpose, s.verdict, s.basis, s.source, s.place, s.given_on, s.by, s.wording, s.version)
        writer.writerow([safe_text(proof.number), s.number, *map(safe_text, cells)])
    return ("\ufeff" + text.getvalue()).encode()


def as_json(proof: Proof) -> bytes:
    return json.dumps(asdict(proof), ensure_ascii=False, indent=1).encode()


def as_print(proof: Proof, actor: Actor, now: datetime) -> Json:
    """The data of `consents.typ`."""
    return {
        "title": _("同意の証跡"),
        "footer": _("%(at)s %(by)s 出力・%(company)s") % {"at": _moment(now), "by": actor.name, "company": organisation().name},
        "number": proof.number,
        "name": proof.name,
        "today_label": _("いまの同意"),
        "today": [[t.purpose, t.channel, t.verdict, t.since] for t in proof.today],
        "today_heads": [_("利用目的"), _("チャネル"), _("配信"), _("いつから")],
        "none": _("まだ同意の記録がありません。"),
        "statements_label": _("同意台帳の記録（新しい順）"),
        "statements": [
            {"head": f"{s.at}　{s.purpose}・{s.channel}　{s.verdict}", "facts": _facts(s), "wording": s.wording, "version": s.version}
            for s in proof.statements
        ],
        "wording_label": _("示した文言"),
    }


def _facts(said: Said) -> str:
    pairs: Sequence[tuple[str, str]] = (
        (_("根拠"), said.basis),
        (_("入口"), said.source),
        (_("どこで"), said.place),
        (_("いつ"), said.given_on),
        (_("記録した人"), said.by),
        (_("記録番号"), str(said.number)),
    )
    return "　".join(f"{label}：{value}" for label, value in pairs if value)


def proof_of_key(actor: Actor, key: str) -> tuple[int, Proof]:
    """By what an address carries. Raises NotFound."""
    found = locate(actor, key)
    return found.id, consent_proof(actor, found.id)


# ---- the register ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PurposeRow:
    key: str
    name: str
    text: str
    retired: bool
    allowed: int
    refused: int
    versions: int


def purpose_rows() -> list[PurposeRow]:
    """Every purpose with how many said yes and no to it by mail. Three queries."""
    counts = (
        ConsentState.rows.filter(channel=Channel.EMAIL)
        .values("purpose")
        .annotate(yes=Count("pk", filter=Q(allowed=True)), no=Count("pk", filter=Q(allowed=False)))
    )
    said = {row["purpose"]: (row["yes"], row["no"]) for row in counts}
    versions = dict(ConsentWording.rows.values_list("purpose").annotate(n=Count("pk")))
    rows = list(ConsentPurpose.rows.order_by(F("retired_at").asc(nulls_first=True), "pk"))
    if all(row.key != Purpose.MARKETING for row in rows):
        rows.insert(0, ConsentPurpose(key=Purpose.MARKETING, **usual_purpose()))
    return [PurposeRow(r.key, r.name, r.text, r.retired_at is not None, *said.get(r.key, (0, 0)), versions.get(r.key, 0)) for r in rows]


@dataclass(frozen=True, slots=True)
class WordingRow:
    version: int
    text: str
    hash: str
    since: str
    statements: int


def wordings_of(key: str) -> tuple[PurposeRow, list[WordingRow]]:
    """One purpose and every version of its wording, the newest first. Raises NotFound. Five queries."""
    purpose = next((row for row in purpose_rows() if row.key == key), None)
    if purpose is None:
        raise NotFound
    rows = list(ConsentWording.rows.filter(purpose=key).order_by("-version")[:100])
    said = ConsentRecord.rows.filter(purpose=key, wording_hash__in=[row.hash for row in rows])
    counts = dict(said.values_list("wording_hash").annotate(n=Count("pk")))
    return purpose, [WordingRow(r.version, r.text, r.hash, _moment(r.at), counts.get(r.hash, 0)) for r in rows]


def purposes_in_use() -> list[tuple[str, str]]:
    """Those that people are asked for. One query."""
    found = dict(ConsentPurpose.rows.filter(retired_at=None).order_by("pk").values_list("key", "name"))
    return list(({str(Purpose.MARKETING): usual_purpose()["name"]} | found).items())
