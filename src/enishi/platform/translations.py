"""The English catalogue: what the source says in Japanese, what English has for it, and the compiled file Django reads.

Japanese texts in the source are the keys (ADR 0015). Babel reads and writes the files, so that no machine needs a
gettext of its own; Django turns templates into something that Babel's reader of Python understands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

#: The folder that holds `enishi` and `config`.
SOURCE = Path(__file__).resolve().parents[2]
#: Functions that mark a text; the numbers say which arguments are texts, "c" which one is the context.
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
JAPANESE = re.compile("[\u3001-\u3003\u3005-\u30fa\u30fc-\u30ff\u4e00-\u9fff\uff01-\uff65]+")
#: What an English text may say in Japanese: names, and words that stand in people's files and mails as they are.
KEPT_WORDS = ("縁", "日本語", "様", "㈱", "株式会社")
#: Placeholders that English may leave out: it counts without counters (購入回数が1回) and has no Japanese eras.
LEFT_OUT = {"unit", "era"}

_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[ds]|\{(\w*)[^{}]*\}")
_NOT_SCREENS = {"tests", "migrations"}
# Without dates or names, so that two people's changes meet only in the texts themselves.
_HEADER = rb"""# The English texts of Enishi, by the Japanese ones in the source. `./enishi translations` keeps the list.
msgid ""
msgstr ""
"Language: en\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def catalogue_path(source_dir: Path) -> Path:
    return source_dir / "enishi" / "locale" / "en" / "LC_MESSAGES" / "django.po"


def compiled_path(source_dir: Path) -> Path:
    return catalogue_path(source_dir).with_suffix(".mo")


# ---- reading ----------------------------------------------------------------------------------------------


def screens(source_dir: Path) -> list[Path]:
    """The files whose texts people see: templates and Python, tests and migrations apart."""
    found = [source_dir / "config" / name for name in ("menus.py", "wiring.py")]
    for path in (source_dir / "enishi").rglob("*.*"):
        parts = path.relative_to(source_dir).parts
        is_template = path.suffix in (".html", ".txt") and "templates" in parts
        if (path.suffix == ".py" or is_template) and not _NOT_SCREENS.intersection(parts):
            found.append(path)
    return sorted(found)


def in_source(source_dir: Path) -> Catalog:
    """Every marked text, with the files that say it."""
    found = Catalog(locale="en")
    for path in screens(source_dir):
        name = str(path.relative_to(source_dir))
        for line, texts, _comments, context in extract("python", BytesIO(_as_python(path)), KEYWORDS):
            if texts:
                found.add(texts, locations=[(name, line)], context=context)
    return found


def _as_python(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":  # what is left of the markup are letters; without indentation they read as names
        text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    return text.encode()


def in_catalogue(source_dir: Path) -> Catalog:
    """The English catalogue as it is kept; an empty one where there is none."""
    path = catalogue_path(source_dir)
    if not path.is_file():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


# ---- writing ----------------------------------------------------------------------------------------------


def update(source_dir: Path) -> int:
    """Bring the list of the catalogue to what the source says: new texts come without English, gone ones leave.

    Gives the number of texts that wait for English.
    """
    kept, wanted = in_catalogue(source_dir), in_source(source_dir)
    for message in wanted:
        before = kept.get(message.id, message.context) if message.id else None
        if before is not None:
            message.string = before.string
    with catalogue_path(source_dir).open("wb") as file:
        file.write(_HEADER)
        write_po(file, wanted, width=0, omit_header=True, sort_by_file=True, include_lineno=False)
    compile_catalogue(source_dir)
    return sum(1 for message in wanted if message.id and not _texts(message.string))


def compile_catalogue(source_dir: Path) -> None:
    """Write the file that Django reads, beside the catalogue and in one move: other processes may be reading it."""
    path = compiled_path(source_dir)
    fresh = path.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        write_mo(file, in_catalogue(source_dir))
    fresh.replace(path)


# ---- checking ---------------------------------------------------------------------------------------------


def problems(source_dir: Path) -> list[str]:
    """What is wrong with the catalogue, a line each; empty where it is whole."""
    kept, wanted = in_catalogue(source_dir), in_source(source_dir)
    found = [_told("not in the catalogue", message) for message in wanted if _absent(message, kept)]
    found += [_told("no longer said", message) for message in kept if _absent(message, wanted)]
    found += [_told("no longer said", message) for message in kept.obsolete.values()]
    for message in kept:
        found += [_told(problem, message) for problem in _problems_of(message)] if message.id else []
    return found


def _absent(message: Message, catalogue: Catalog) -> bool:
    other = catalogue.get(message.id, message.context) if message.id else message
    return other is None or _texts(other.id) != _texts(message.id)


def _problems_of(message: Message) -> Iterator[str]:
    english = _texts(message.string)
    if message.fuzzy:
        yield "marked as a guess"
    if not english or len(english) < len(_texts(message.id)):
        yield "no English"
        return
    wanted = _placeholders(_texts(message.id)[-1])
    for place, text in enumerate(english):
        is_singular = len(english) > 1 and place == 0  # "1 person" need not print the number
        if not _same(_placeholders(text), wanted, may_miss_one=is_singular):
            yield f"placeholders differ in {text!r}"
        if left := JAPANESE.search(_without_kept_words(text)):
            yield f"Japanese left in the English: {left.group()}"


def _same(told: list[str], wanted: list[str], *, may_miss_one: bool) -> bool:
    strange = [name for name in told if name not in wanted]
    missing = [name for name in wanted if name not in told and name not in LEFT_OUT]
    return not strange and len(missing) <= (1 if may_miss_one else 0)


def _placeholders(text: str) -> list[str]:
    """`%(name)s` by its name, `%d` and `{}` as they stand. `%%` is a sign, not a place."""
    found = [match.group(1) or match.group(2) or match.group() for match in _PLACEHOLDER.finditer(text.replace("%%", ""))]
    return sorted(set(found))


def _without_kept_words(text: str) -> str:
    for word in KEPT_WORDS:
        text = text.replace(word, "")
    return text


def _texts(texts: str | Iterable[str] | None) -> list[str]:
    return [text for text in ([texts] if isinstance(texts, str) else texts or ()) if text]


def _told(problem: str, message: Message) -> str:
    places = ", ".join(sorted({name for name, _line in message.locations})) or "the catalogue"
    return f"{places}: {problem}: {_texts(message.id)[0]!r}"
