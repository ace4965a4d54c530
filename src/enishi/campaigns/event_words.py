"""What the events of campaigns are about, for the audit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from enishi.platform.event_words import Noun

NOUNS: Mapping[str, Noun] = {"audience": Noun(_("配信対象"), "send", "campaigns.audience")}
