"""Files as people bring them, and an import of one from the file to its end, without jobs and screens."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection
from django.db.models import Model
from psycopg import sql

from enishi.customers.actions import import_undo, imports
from enishi.customers.imports import checking, running, staging, undoing
from enishi.customers.imports.questions import needs_consent
from enishi.customers.imports.staged import rejected_rows
from enishi.customers.models import ImportRun, ImportUndo
from enishi.platform import time
from enishi.platform.actor import SYSTEM, Actor

HEADINGS = "会員番号,氏名,フリガナ,メールアドレス,電話番号,郵便番号,住所,生年月日,性別"


def csv(*lines: str, headings: str = HEADINGS, encoding: str = "cp932") -> bytes:
    """A file as Excel on Windows writes it."""
    return ("\r\n".join([headings, *lines]) + "\r\n").encode(encoding)


def staged(data: bytes, *, target: str = "customers", name: str = "顧客.csv", actor: Actor = SYSTEM) -> ImportRun:
    """The run of a file, read into the staging table."""
    run_id = imports.start_import(target=target, name=name, chunks=[data], actor=actor, now=time.now(), foreground=True)
    staging.stage(run_id)
    return ImportRun.rows.get(pk=run_id)


def answered(
    run: ImportRun,
    *,
    actor: Actor = SYSTEM,
    mapping: Mapping[int, str] | None = None,
    repairs: bool = True,
    consent: str = "relation",
    **options: str,
) -> ImportRun:
    """The run with every question answered."""
    guessed = {int(column): key for column, key in run.mapping.items()}
    imports.map_columns(run_id=run.pk, mapping=guessed if mapping is None else mapping, options=options, actor=actor)
    run.refresh_from_db()
    imports.accept_repairs(run_id=run.pk, keys=[f["key"] for f in run.findings if f["repair"]] if repairs else [], actor=actor)
    run.refresh_from_db()
    if needs_consent(run):
        imports.answer_consent(run_id=run.pk, basis=consent, place="店頭の入会申込書", actor=actor)
    run.refresh_from_db()
    return run


def checked(run: ImportRun, *, actor: Actor = SYSTEM) -> ImportRun:
    imports.check_import(run_id=run.pk, actor=actor, foreground=True)
    checking.check(run.pk)
    run.refresh_from_db()
    return run


def begun(run: ImportRun, *, actor: Actor = SYSTEM) -> ImportRun:
    imports.run_import(run_id=run.pk, actor=actor, now=time.now(), foreground=True)
    run.refresh_from_db()
    return run


def imported(data: bytes, *, target: str = "customers", actor: Actor = SYSTEM, name: str = "顧客.csv", **answers: object) -> ImportRun:
    """The run of a file, over."""
    run = answered(staged(data, target=target, actor=actor, name=name), actor=actor, **answers)
    begun(run, actor=actor)
    list(running.run_stretch(run.pk, seconds=600))
    run.refresh_from_db()
    return run


def messages_of(run: ImportRun) -> list[str]:
    """What was said about the rejected rows, in the order of the file."""
    rows = rejected_rows(run).order_by("row_no")
    return ["／".join(message["text"] for message in row.messages) for row in rows]


# ---- taking back ------------------------------------------------------------------------------------------


def looked_at(run: ImportRun, *, actor: Actor = SYSTEM) -> ImportUndo:
    """The undo of an import, checked and waiting for the word."""
    import_undo.check_undo(run_id=run.pk, actor=actor, now=time.now(), foreground=True)
    undo = ImportUndo.rows.get(run=run)
    while undoing.run_stretch(undo.pk, seconds=600):
        pass
    undo.refresh_from_db()
    return undo


def undone(run: ImportRun, *, actor: Actor = SYSTEM) -> ImportUndo:
    """The undo of an import, over."""
    undo = looked_at(run, actor=actor)
    import_undo.undo_import(run_id=run.pk, actor=actor, now=time.now(), foreground=True)
    while undoing.run_stretch(undo.pk, seconds=600):
        pass
    undo.refresh_from_db()
    return undo


_ROWS = "SELECT (to_jsonb(t) - 'row_xid')::text FROM {} AS t ORDER BY 1"


def base(*models: type[Model]) -> dict[str, list[str]]:
    """Every row of these tables, every column but the watermark: the same twice exactly when nothing is different."""
    found = {}
    for model in models:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(_ROWS).format(sql.Identifier(model._meta.db_table)))
            found[model._meta.label] = [row for (row,) in cursor.fetchall()]
    return found
