"""What a detail says, in the words of the screens."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from enishi.customers.cells.reading import Offered
from enishi.customers.details import CHOICES, Details, chosen_words, column_of, value_of
from enishi.customers.fields import values
from enishi.customers.fields.catalogue import all_fields
from enishi.customers.models import Customer
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.names import full_name


def words_of(details: Details, names: tuple[str, ...], offered: Offered) -> str:
    """The words of a cell; "" for an empty one."""
    if names == ("family_name", "given_name"):
        return full_name(details.family_name, details.given_name)
    return " ".join(filter(None, (_words(name, value_of(details, name), offered) for name in names)))


def _words(name: str, value: object, offered: Offered) -> str:
    if value is None or value == "":
        return ""
    if (own := all_fields().get(name)) is not None:
        return values.words(own, value)
    if name in ("owner_id", "team_id"):
        return dict(offered.owners if name == "owner_id" else offered.teams).get(str(value), _("ほかの人"))
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, date):
        return format_date(value)
    return chosen_words(name, str(value)) if name in CHOICES else str(value)


def label_of(name: str) -> str:
    """The words of a detail."""
    own = all_fields().get(name)
    return own.label if own else str(getattr(Customer._meta.get_field(column_of(name)), "verbose_name", name))
