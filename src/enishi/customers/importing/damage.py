"""What has happened to a table on its way, mostly in Excel: eaten zeros, digits lost to 4.90E+12, house numbers that became
days, totals among the rows. Each finding says how many rows, shows some, and proposes a repair where one is safe.

`DamageScan` looks at every row once, in constant memory; `Repairs` applies what the user agreed to, row by row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.importing import symptoms
from enishi.customers.importing.records import BROKEN_LETTERS, EXTRA_CELLS, OPEN_QUOTE, Row
from enishi.customers.importing.sniff import FileShape
from enishi.customers.importing.vocabulary import heading_key
from enishi.platform.japanese.normalise import clean, fold

_SAMPLES: Final = 5


class Severity(StrEnum):
    TELL = "tell"  # nothing to decide
    REPAIR = "repair"  # a repair is proposed
    STOP = "stop"  # data is lost: the import does not start before it is mended or the column is left out


class Damage(StrEnum):
    LOST_PHONE_ZERO = "lost_phone_zero"
    LOST_POSTAL_ZERO = "lost_postal_zero"
    LOST_DIGITS = "lost_digits"
    DECIMAL_CODE = "decimal_code"
    NUMBER_AS_DAY = "number_as_day"
    DATE_SERIAL = "date_serial"
    HASHES = "hashes"
    FORMULA_ERROR = "formula_error"
    TOTAL_ROW = "total_row"
    REPEATED_HEADER = "repeated_header"
    WIDE_DIGITS = "wide_digits"
    MERGED_HEADER = "merged_header"
    TITLE_ROWS = "title_rows"
    EMPTY_COLUMNS = "empty_columns"
    SAME_HEADINGS = "same_headings"
    BROKEN_LETTERS = "broken_letters"
    OPEN_QUOTE = "open_quote"
    EXTRA_CELLS = "extra_cells"


_STOP, _REPAIR, _TELL = Severity.STOP, Severity.REPAIR, Severity.TELL


class _Words(NamedTuple):
    severity: Severity
    message: str | Promise
    advice: str | Promise
    repair: str | Promise | None = None  # the label of the choice


_WORDS: Final[dict[Damage, _Words]] = {
    Damage.LOST_PHONE_ZERO: _Words(
        _REPAIR,
        _("電話番号の先頭の0が消えています。"),
        _("Excel が番号を数値として読むと0が消えます。0を補うと電話番号として正しくなる行だけを直します。"),
        _("先頭の0を補う"),
    ),
    Damage.LOST_POSTAL_ZERO: _Words(
        _REPAIR,
        _("郵便番号の先頭の0が消えています。"),
        _("北海道・東北などの0で始まる郵便番号です。0を補うと実在する番号になる行だけを直します。"),
        _("先頭の0を補う"),
    ),
    Damage.LOST_DIGITS: _Words(
        _STOP,
        _("番号が「4.90E+12」のような指数表示になり、下の桁が失われています。"),
        _("この列からは元の番号を戻せません。元のシステムから書き出し直し、Excel で開かずにそのまま取り込んでください。"),
    ),
    Damage.DECIMAL_CODE: _Words(
        _REPAIR,
        _("番号に「.0」が付いています。"),
        _("集計ソフトが番号を数値として書き出したためです。"),
        _("「.0」を取る"),
    ),
    Damage.NUMBER_AS_DAY: _Words(
        _REPAIR,
        _("「1-2」のような番地や番号が日付に変わっています。"),
        _("Excel は「1-2」を「1月2日」と読みます。元に戻した値を確かめてください。"),
        _("「1-2」の形に戻す"),
    ),
    Damage.DATE_SERIAL: _Words(
        _TELL, _("日付が Excel の通し番号（例: 46348）になっています。"), _("日付として読みます。値を確かめてください。")
    ),
    Damage.HASHES: _Words(
        _STOP,
        _("「####」になっている値があります。"),
        _("列の幅が足りないまま保存されています。Excel で列の幅を広げて保存し直してください。"),
    ),
    Damage.FORMULA_ERROR: _Words(
        _REPAIR,
        _("Excel の計算エラー（#N/A など）があります。"),
        _("元の表の数式を直すか、空として取り込みます。"),
        _("空として取り込む"),
    ),
    Damage.TOTAL_ROW: _Words(
        _REPAIR, _("合計や小計の行があります。"), _("データではない行として読み飛ばします。"), _("合計・小計の行を読み飛ばす")
    ),
    Damage.REPEATED_HEADER: _Words(
        _REPAIR, _("途中に見出しと同じ行があります。"), _("データではない行として読み飛ばします。"), _("見出しの行を読み飛ばす")
    ),
    Damage.WIDE_DIGITS: _Words(_TELL, _("全角の数字があります。"), _("半角として読みます。")),
    Damage.MERGED_HEADER: _Words(
        _TELL, _("見出しが2行に分かれています（結合セル）。"), _("上下の見出しをつないで読みました。列の意味を確かめてください。")
    ),
    Damage.TITLE_ROWS: _Words(_TELL, _("見出しの上に表題などの行があります。"), _("読み飛ばしました。")),
    Damage.EMPTY_COLUMNS: _Words(_TELL, _("見出しも値もない列があります。"), _("読み飛ばします。")),
    Damage.SAME_HEADINGS: _Words(_TELL, _("同じ見出しの列が2つ以上あります。"), _("列の意味をそれぞれ確かめてください。")),
    Damage.BROKEN_LETTERS: _Words(
        _TELL,
        _("読めない文字のある行があります。"),
        _("その行は取り込まず、エラーの一覧に出します。多いときは文字コードを選び直してください。"),
    ),
    Damage.OPEN_QUOTE: _Words(
        _TELL,
        _('引用符「"」が閉じられていない行があります。'),
        _("その行は取り込まず、エラーの一覧に出します。後ろの行は読めています。"),
    ),
    Damage.EXTRA_CELLS: _Words(
        _TELL,
        _("見出しより列の多い行があります。"),
        _("値の中の区切り文字が引用符で囲まれていないようです。その行は取り込まず、エラーの一覧に出します。"),
    ),
}
_OF_ROWS: Final = {BROKEN_LETTERS: Damage.BROKEN_LETTERS, OPEN_QUOTE: Damage.OPEN_QUOTE, EXTRA_CELLS: Damage.EXTRA_CELLS}


class Sample(NamedTuple):
    row: int
    before: str
    after: str | None  # None where nothing can be proposed


@dataclass(slots=True)
class Finding:
    """One thing that was noticed, in one column or in the file as a whole (column None)."""

    kind: Damage
    column: int | None
    heading: str
    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def severity(self) -> Severity:
        return _WORDS[self.kind].severity

    @property
    def message(self) -> str:
        return str(_WORDS[self.kind].message)

    @property
    def advice(self) -> str:
        return str(_WORDS[self.kind].advice)

    @property
    def repair(self) -> str | None:
        """The label of the proposed repair, or None."""
        label = _WORDS[self.kind].repair
        return str(label) if label else None

    @property
    def key(self) -> str:
        """By which an agreement to the repair is kept: "lost_phone_zero:3"."""
        return f"{self.kind}:{'' if self.column is None else self.column}"

    def as_json(self) -> dict[str, object]:
        words = {"key": self.key, "severity": self.severity, "message": self.message, "advice": self.advice, "repair": self.repair}
        return asdict(self) | {"samples": [sample._asdict() for sample in self.samples]} | words


class DamageScan:
    """Looks at the rows of a table for damage. `kinds`: column → kind of value (values.py) of the field it will become."""

    def __init__(self, header: Sequence[str], kinds: Mapping[int, str]) -> None:
        self._header = header
        self._found: dict[tuple[Damage, int | None], Finding] = {}
        self._checks = [(column, symptoms.PLAIN.get(kind), symptoms.OF_KIND.get(kind, ())) for column, kind in kinds.items()]
        self._filled = [False] * len(header)
        self._nameless = {column for column, name in enumerate(header) if not name}

    def look(self, rows: Sequence[Row]) -> None:
        """Take rows into account, column by column: most cells are told to be whole at one look."""
        data = [row for row in rows if self._is_data(row)]
        if not data:
            return
        numbers = [row.number for row in data]
        columns = list(zip(*(row.cells for row in data), strict=True))
        for column, plain, checks in self._checks:
            for number, cell in _odd(numbers, columns[column], plain):
                if not (cell[0] == "#" and self._hash(column, number, cell)):
                    for check in checks:
                        if (after := check.find(cell)) is not None:
                            self._note(Damage(check.damage), column, number, cell, after or None)
                            break
        for column in self._nameless:
            self._filled[column] = self._filled[column] or bool("".join(columns[column]).strip())

    def _is_data(self, row: Row) -> bool:
        """Note what is wrong with a row itself; False for one that sums up others or repeats the headings."""
        for problem in row.problems:
            self._note(_OF_ROWS[problem.code], problem.column, row.number, problem.detail, None)
        if is_total_row(row.cells):
            self._note(Damage.TOTAL_ROW, None, row.number, _shown(row.cells), None)
            return False
        if is_header_row(row.cells, self._header):
            self._note(Damage.REPEATED_HEADER, None, row.number, _shown(row.cells), None)
            return False
        return True

    def findings(self, shape: FileShape | None = None) -> list[Finding]:
        """Everything that was noticed, what stops first; with the shape also what stood above the rows."""
        found = list(self._found.values())
        empty = [column for column in self._nameless if not self._filled[column]]
        if empty:
            found.append(Finding(Damage.EMPTY_COLUMNS, None, "", len(empty)))
        named = [heading_key(name) for name in self._header if name]
        if len(set(named)) < len(named):
            same = dict.fromkeys(name for name in self._header if name and named.count(heading_key(name)) > 1)
            found.append(Finding(Damage.SAME_HEADINGS, None, "、".join(same), len(same)))
        if shape and shape.header_rows > 1:
            found.append(Finding(Damage.MERGED_HEADER, None, "", shape.header_rows))
        if shape and shape.skipped_rows:
            found.append(Finding(Damage.TITLE_ROWS, None, "", shape.skipped_rows))
        order = [_STOP, _REPAIR, _TELL]
        return sorted(found, key=lambda finding: (order.index(finding.severity), -1 if finding.column is None else finding.column))

    def _hash(self, column: int, number: int, cell: str) -> bool:
        damage = symptoms.of_hash(cell)
        if damage:
            self._note(Damage(damage), column, number, cell, None)
        return damage is not None

    def _note(self, damage: Damage, column: int | None, number: int, before: str, after: str | None) -> None:
        found = self._found.get((damage, column))
        if found is None:
            heading = "" if column is None or column >= len(self._header) else self._header[column]
            found = self._found[damage, column] = Finding(damage, column, heading)
        found.count += 1
        if len(found.samples) < _SAMPLES:
            found.samples.append(Sample(number, before[:80], after))


def _odd(numbers: Sequence[int], cells: Sequence[str], plain: re.Pattern[str] | None) -> Iterable[tuple[int, str]]:
    """The cells of a column that are worth a second look, each with the number of its row."""
    if plain is None:
        return [(number, cell) for number, cell in zip(numbers, cells, strict=True) if cell[:1] == "#"] if "#" in "".join(cells) else ()
    is_plain = plain.fullmatch
    return [(number, cell) for number, cell in zip(numbers, cells, strict=True) if cell and not is_plain(cell)]


def _shown(cells: Sequence[str]) -> str:
    return " / ".join(cell.strip() for cell in cells if cell.strip())


_TOTALS: Final = frozenset(
    map(fold, ("合計", "総計", "小計", "総合計", "合計金額", "計", "累計", "平均", "total", "grand total", "subtotal", "sum"))
)


_LETTERS_OF_TOTALS: Final = re.compile("[計均TtSs]")


def is_total_row(cells: Sequence[str]) -> bool:
    """Whether a row sums up others: its first word is 合計 or the like (perhaps spaced, 合　計), and it is mostly empty."""
    first = cells[0] if cells and cells[0].strip() else next((cell for cell in cells if cell and not cell.isspace()), "")
    if len(first) > 16 or not _LETTERS_OF_TOTALS.search(first):
        return False
    word = fold(first).strip("<>【】[]()*■●:")
    if word not in _TOTALS and not (word.endswith(("合計", "小計", "総計")) and len(word) <= 8):
        return False
    texts = sum(bool(cell.strip()) and not any(letter.isdigit() for letter in cell) for cell in cells)
    return texts <= max(1, len(cells) // 3)


def is_header_row(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row repeats the headings (exports page by page do)."""
    if len(header) < 2 or cells[0].strip() != header[0]:
        return False
    return [clean(cell) for cell in cells] == list(header)


class Repairs:
    """Applies the repairs that the user agreed to. `agreed`: keys of findings; `kinds`: as for the scan."""

    def __init__(self, header: Sequence[str], kinds: Mapping[int, str], agreed: Collection[str]) -> None:
        self._header = header
        self._skip_totals = f"{Damage.TOTAL_ROW}:" in agreed
        self._skip_headers = f"{Damage.REPEATED_HEADER}:" in agreed
        self._blank = [column for column in kinds if f"{Damage.FORMULA_ERROR}:{column}" in agreed]
        self._mends = [
            (column, check)
            for column, kind in kinds.items()
            for check in symptoms.OF_KIND.get(kind, ())
            if f"{check.damage}:{column}" in agreed
        ]

    def apply(self, cells: Sequence[str]) -> list[str] | None:
        """The row with its repairs, or None for a row that is to be skipped."""
        if self._skip_totals and is_total_row(cells):
            return None
        if self._skip_headers and is_header_row(cells, self._header):
            return None
        mended = list(cells)
        for column in self._blank:
            if symptoms.of_hash(mended[column]) == Damage.FORMULA_ERROR:
                mended[column] = ""
        for column, check in self._mends:
            if mended[column] and (after := check.find(mended[column])):
                mended[column] = after
        return mended
