"""PDFs, set by Typst from templates of ours. What people wrote goes in as data and is never read as markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typst
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import ActionError

#: The faces that templates ask for, in this order; what none of them has is looked for in the server's other fonts.
FACES: Final = ("Noto Sans CJK JP", "Noto Sans JP")
_FONT_PACKAGES: Final = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")


class FontsMissing(ActionError):
    code = "print.fonts_missing"
    message = _("日本語の書体がサーバーにないため、印刷用のPDFを作れません。管理者に「Noto Sans CJK JP」を入れるよう伝えてください。")


def pdf_of(template: Path, data: Mapping[str, object]) -> bytes:
    """The PDF of a template (`.typ`) that reads `sys.inputs.data` as JSON. The template's folder is all it can see.

    Tens of milliseconds for a page. Raises FontsMissing.
    """
    fonts = _fonts()
    text = json.dumps({**data, "faces": list(FACES)}, ensure_ascii=False)
    pdf = typst.compile(str(template), root=str(template.parent), font_paths=fonts, sys_inputs={"data": text}, format="pdf")
    if not isinstance(pdf, bytes):
        raise TypeError("a PDF is one file")
    return pdf


def require_fonts() -> None:
    """Raises FontsMissing, before somebody waits for a print that cannot be."""
    _fonts()


@cache
def _fonts() -> typst.Fonts:
    """The fonts of our own packages and of the system, looked through once a process."""
    fonts = typst.Fonts(include_system_fonts=True, font_paths=[str(folder) for folder in font_folders()])
    if not set(FACES) & set(fonts.families()):
        raise FontsMissing
    return fonts


def font_folders() -> list[Path]:
    """Where the packages of Japanese fonts lie, as far as they are installed."""
    packages = [find_spec(name) for name in _FONT_PACKAGES]
    return [Path(folder) for package in packages if package for folder in package.submodule_search_locations or ()]
