"""What the events of analyses are about, for the audit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from enishi.platform.event_words import Noun

NOUNS: Mapping[str, Noun] = {
    "costs": Noun(_("LTVの前提"), "settings", "analytics.valuesettings"),
    "ad_costs": Noun(_("広告費台帳"), "record"),
    "source": Noun(_("流入経路"), "settings", "analytics.source"),
}
