"""What a password may be, beside Django's own rules: ten letters or more of any kind, none that everybody tries first."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from enishi.platform.models import Organisation, User

LONGEST = 512  # letters; hashing more is work for nothing
_FEWEST_OF_ONES_OWN = 6
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class OwnWordsValidator:
    """The name of the product and of the company are what a stranger tries first; a year or a sign behind them adds little."""

    def validate(self, password: str, user: User | None = None) -> None:
        company = Organisation.rows.values_list("name", flat=True).first() or ""
        rest = _plain(password)
        for word in ("enishi", "縁", _plain(company), *(_plain(part) for part in company.split())):
            if word:
                rest = rest.replace(word, "")
        if len(rest) < _FEWEST_OF_ONES_OWN and rest != _plain(password):
            raise ValidationError(_("会社や製品の名前から推測できます。ほかの言葉を足してください。"), code="password_own_words")

    def get_help_text(self) -> str:
        return _("会社や製品の名前だけにしないでください。")


class LongestValidator:
    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("%(n)d文字以内で入力してください。") % {"n": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        return ""


def _plain(text: str) -> str:
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text).lower())
