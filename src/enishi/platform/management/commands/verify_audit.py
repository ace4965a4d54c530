"""Walks along the seals of the append-only tables and says what is not as it was sealed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from enishi.platform import anchors, sealing

SHOWN = 50


class Command(BaseCommand):
    help = "Verify the audit: every sealed row, every link of the chain, and the copies of the seals outside of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor", type=Path, action="append", default=[], help="a copy of the seals kept elsewhere; may be given again"
        )
        parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEAL", help="go on at this seal")
        parser.add_argument("--json", action="store_true")

    def handle(self, *, anchor: list[Path], first: int, json: bool, **options: object) -> None:
        known = _gathered(anchor)
        seals = rows = 0
        problems: list[sealing.Problem] = []
        last = first - 1
        try:
            for looked in sealing.walk(first=max(first, 1), anchors=known):
                seals, rows, last = seals + 1, rows + looked.rows, looked.number
                problems += looked.problems
                if not json:
                    for problem in looked.problems[:SHOWN]:
                        self.stdout.write(f"× {problem}")
                    if seals % 100 == 0:
                        self.stderr.write(f"… {looked.number}")
        except KeyboardInterrupt:
            raise CommandError(
                f"中断しました。続きは --from {last + 1} / interrupted; go on with --from {last + 1}", returncode=130
            ) from None
        self._tell(seals, rows, last, problems, known, as_json=json)
        if problems:
            raise CommandError(f"{len(problems)}件の問題があります / {len(problems)} problems", returncode=1)

    def _tell(
        self, seals: int, rows: int, last: int, problems: list[sealing.Problem], known: dict[int, set[str]], *, as_json: bool
    ) -> None:
        if as_json:
            found = {"seals": seals, "rows": rows, "last": last, "anchors": len(known), "problems": [one.as_json() for one in problems]}
            self.stdout.write(json.dumps(found))
            return
        if not seals:
            self.stdout.write("まだ封印がありません。最初の封印は、起動した日のうちに作られます。 / Nothing is sealed yet.")
            return
        self.stdout.write(f"封印 {seals}・記録 {rows:,} 行・控え {len(known)} / {seals} seals, {rows:,} rows, {len(known)} anchors")
        if not problems:
            self.stdout.write("✓ 問題はありません / everything is as it was sealed")


def _gathered(files: list[Path]) -> dict[int, set[str]]:
    """The installation's own copy and those that were given, as one. Raises CommandError."""
    known = anchors.own()
    for file in files:
        try:
            found = anchors.read(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        if not found:
            raise CommandError(f"{file}: 封印の控えがありません / holds no seals", returncode=2)
        for number, hashes in found.items():
            known.setdefault(number, set()).update(hashes)
    return known
