"""What files of the audit hold: kinds that apps offer by the wire AUDIT_FILES, and the log itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import time, wiring
from enishi.platform.actor import Actor
from enishi.platform.queries import audit as queries_audit
from enishi.platform.queries.audit_changes import MOST_CHANGES
from enishi.platform.queries.audit_rows import Wanted
from enishi.platform.queries.audit_words import AuditLine
from enishi.platform.sheets.cells import CellValue

type Rows = Sequence[Sequence[CellValue]]


@dataclass(frozen=True, slots=True)
class AuditFileKind:
    """`count(actor, wishes)`: about how many rows; `rows(actor, wishes, position, size)`: the next rows, and where to go on, "" at
    the end. Both ask for rights anew: the file is made by a job."""

    label: str | Promise
    name: str | Promise
    heads: Callable[[], list[str]]
    widths: Sequence[int]
    count: Callable[[Actor, Mapping[str, Any]], int]
    rows: Callable[[Actor, Mapping[str, Any], str, int], tuple[Rows, str]]


def kind_of(key: str) -> AuditFileKind:
    found: AuditFileKind = wiring.load("AUDIT_FILES")[key]
    return found


# ---- the log --------------------------------------------------------------------------------------------------------


def wishes_of(wanted: Wanted) -> dict[str, object]:
    return {
        "since": wanted.since.isoformat(),
        "until": wanted.until.isoformat(),
        "actor_id": wanted.actor_id,
        "group": wanted.group,
        "door": wanted.door,
        "text": wanted.text,
    }


def wanted_of(wishes: Mapping[str, Any]) -> Wanted:
    said = {key: wishes[key] for key in ("actor_id", "group", "door", "text")}
    return Wanted(since=date.fromisoformat(wishes["since"]), until=date.fromisoformat(wishes["until"]), **said)


def _heads() -> list[str]:
    return [_("日時"), _("だれが"), _("入口"), _("操作"), _("対象"), _("件数"), _("理由"), _("変更と補足")]


def _count(actor: Actor, wishes: Mapping[str, Any]) -> int:
    return queries_audit.count(actor, wanted_of(wishes))


def _rows(actor: Actor, wishes: Mapping[str, Any], position: str, size: int) -> tuple[Rows, str]:
    page = queries_audit.audit_page(actor, wanted_of(wishes), before=position, size=size, shown=MOST_CHANGES)
    return [_row(line) for line in page.lines], page.next


def _row(line: AuditLine) -> list[CellValue]:
    local = time.local(line.at)
    said = [
        *line.notes,
        *(
            _("%(field)s：%(before)s → %(after)s") % {"field": c.field, "before": c.before or "―", "after": c.after or "―"}
            for c in line.changes
        ),
    ]
    if line.more_changes:
        said.append(_("ほか"))
    return [
        f"{local:%Y-%m-%d %H:%M:%S}",
        line.who,
        line.door,
        line.what,
        "、".join(named.text for named in line.objects) or None,
        len(line.objects) + line.more or None,
        line.reason or None,
        "\n".join(said) or None,
    ]


LOG = AuditFileKind(
    label=gettext_lazy("監査ログの書き出し"),
    name=gettext_lazy("監査ログ"),
    heads=_heads,
    widths=(20, 18, 12, 28, 40, 8, 30, 60),
    count=_count,
    rows=_rows,
)
