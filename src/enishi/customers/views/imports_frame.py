"""What every page of one import shows: its steps, and its progress in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.queries.imports import ImportRecord, State
from enishi.platform import policy
from enishi.platform.http import ActorRequest
from enishi.platform.runs import time_left

_STEPS: tuple[tuple[str, str | Promise], ...] = (
    ("file", gettext_lazy("ファイル")),
    ("content", gettext_lazy("内容の確認")),
    ("columns", gettext_lazy("列の対応")),
    ("findings", gettext_lazy("気づいたこと")),
    ("consent", gettext_lazy("同意の確認")),
    ("check", gettext_lazy("試し取り込み")),
    ("run", gettext_lazy("取り込み")),
)


@dataclass(frozen=True, slots=True)
class ProgressWords:
    """The progress line of work under way."""

    title: str
    done: int
    total: int
    pace: str
    left: str
    detail: str


def steps(target: str) -> list[str | Promise]:
    """The names of the steps; a file without people asks for no consent."""
    return [label for key, label in _STEPS if key != "consent" or target == "customers"]


def place_of(step: str, target: str) -> int:
    keys = [key for key, _label in _STEPS if key != "consent" or target == "customers"]
    return keys.index(step) + 1


def frame_of(request: ActorRequest, record: ImportRecord, step: str = "run") -> dict[str, Any]:
    """The context that the pages of one import share."""
    return {
        "record": record,
        "steps": steps(record.target),
        "step": place_of(step, record.target) + (record.state == State.DONE),
        "trail": [(_("取り込み"), reverse("imports:list")), (record.file_name, "")],
        "progress": progress_words(record),
        "may_update": policy.allowed(request.actor, "import", "update"),
        "may_discard": policy.allowed(request.actor, "import", "archive"),
    }


def progress_words(record: ImportRecord) -> ProgressWords | None:
    """None where nothing is under way."""
    if not record.worked_on:
        return None
    if record.state == State.STAGING:
        return ProgressWords(
            _("%(file)s を読んでいます") % {"file": record.file_name}, 0, 0, "", "", _("%(n)s行") % {"n": f"{record.total:,}"}
        )
    title = _("%(file)s を確かめています") if record.state == State.CHECKING else _("%(file)s を取り込んでいます")
    detail = _("%(done)s／%(total)s行") % {"done": f"{record.done:,}", "total": f"{record.total:,}"}
    if record.rejected_count:
        detail += _("・エラー %(n)s行") % {"n": f"{record.rejected_count:,}"}
    return ProgressWords(
        title % {"file": record.file_name},
        record.done,
        record.total,
        _("毎秒 %(n)s行") % {"n": f"{record.pace:,}"} if record.pace else "",
        time_left(done=record.done, total=record.total, pace=record.pace),
        detail,
    )
