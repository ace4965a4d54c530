"""A picture that is safe to show, made anew from one that somebody sent: nothing of its bytes is passed on."""

from __future__ import annotations

import io
import logging
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

_SIDE: Final = 1_600  # pixels of the longer side
_MOST_PIXELS: Final = 40_000_000  # an A4 page at 600 dpi has 35 million; more would take memory that others need
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")


def preview_of(path: Path) -> bytes | None:
    """A JPEG of at most 1,600 pixels, turned as the camera was held, without place or owner in it; of a film its first
    picture. None where the file is too large to be opened safely, or broken."""
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning), Image.open(path, formats=_FORMATS) as image:
            image.draft("RGB", (_SIDE, _SIDE))  # a JPEG is read at a fraction of its size
            if image.width * image.height > _MOST_PIXELS:
                return None
            image.load()
            return _jpeg(ImageOps.exif_transpose(image))
    except Exception:  # a decoder of foreign files may fail in any way; the file is kept without a preview
        logger.info("no preview of a picture", exc_info=True)
        return None


def _jpeg(image: Image.Image) -> bytes:
    image.thumbnail((_SIDE, _SIDE))
    seen = image.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
