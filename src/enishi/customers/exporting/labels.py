"""宛名ラベル in the making: words of labels in a draft, line by line, and the PDF they become."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime

from enishi.customers.exporting.drafting import draft_name
from enishi.customers.models import ExportRun
from enishi.customers.queries.printing import SHEETS, TEMPLATES, label_pages, labels_of
from enishi.platform import drafts, events, printing
from enishi.platform.actor import Actor

_A_WHILE = 5.0  # seconds, within the lease of a run


def add_labels(run: ExportRun, actor: Actor, ids: Sequence[int]) -> int:
    """Put the labels of these customers behind those that are there; how many they are. Raises NotAllowed, DraftLost, DiskFull."""
    labels = labels_of(actor, ids)
    lines = "".join([json.dumps(label, ensure_ascii=False) + "\n" for label in labels])
    run.draft_bytes = drafts.append(draft_name(run.pk, 0), run.draft_bytes, lines.encode())
    run.written_count += len(labels)
    return len(labels)


def _labels(run: ExportRun) -> list[tuple[int, dict[str, object]]]:
    text = b"".join(drafts.pieces(draft_name(run.pk, 0))).decode()
    return [(pk, label) for pk, label in map(json.loads, text.split("\n")[:-1])]


def make_pdf(run: ExportRun, keep_up: Callable[[], object]) -> None:
    """Of the draft make the file; `keep_up` is called every few seconds meanwhile. Raises FontsMissing, DraftLost, DiskFull."""
    wishes = run.wishes
    labels = [label for _pk, label in _labels(run)]
    pages = label_pages(labels, SHEETS[wishes["sheet"]], skip=wishes["first"] - 1, right_mm=wishes["right_mm"], down_mm=wishes["down_mm"])
    with ThreadPoolExecutor(1, "printing") as pool:
        coming = pool.submit(printing.pdf_of, TEMPLATES / "labels.typ", pages)
        while wait([coming], timeout=_A_WHILE).not_done:
            keep_up()
    drafts.append(draft_name(run.pk, "book"), 0, coming.result())


def tell(run: ExportRun, actor: Actor, now: datetime) -> None:
    """Records `customer.printed` for each. One query."""
    about: dict[str, events.Primitive] = {"sheet": run.wishes["sheet"], "export": run.pk}
    events.record_many([events.NewEvent("customer.printed", pk, pk, now, about) for pk, _label in _labels(run)], actor=actor)
