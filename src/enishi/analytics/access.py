"""Who may see and say what things cost."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.platform.objects import ALL_ONLY, RightsObject

OBJECTS = (
    RightsObject(
        key="cost",
        label=pgettext_lazy("object", "費用と広告費"),
        acts=dict.fromkeys(("read", "update"), ALL_ONLY),
        can={"update": _("粗利率や配送費などの前提と、広告費を変えられます")},
    ),
)
