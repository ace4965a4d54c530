"""What the events of messaging are about, for the audit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.platform.event_words import Noun

NOUNS: Mapping[str, Noun] = {
    "delivery": Noun(pgettext_lazy("one sending", "配信"), "send", "messaging.delivery"),
    "template": Noun(_("テンプレート"), "send", "messaging.template"),
    "mail_account": Noun(_("送信設定"), "settings", "messaging.mailaccount"),
}
