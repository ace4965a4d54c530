"""How the audit names what things cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.models import AdCost, ChannelCost, Source
from enishi.commerce.models import Order
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import AuditObject, Named


def _settings(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return dict.fromkeys(ids, Named(_("LTVの前提")))


def _channels(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = ChannelCost.rows.filter(pk__in=ids).values_list("pk", "channel")
    return {pk: Named(str(Order.Channel(channel).label)) for pk, channel in rows}


def _costs(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = AdCost.rows.filter(pk__in=ids).values_list("pk", "month", "source__name", "medium")
    return {pk: Named(" ".join((f"{month:%Y/%m}", source, medium)).strip()) for pk, month, source, medium in rows}


def _sources(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return {pk: Named(name) for pk, name in Source.rows.filter(pk__in=ids).values_list("pk", "name")}


def _word(field: str) -> str | None:
    return _("まとめた表記") if field == "spelling" else None


SETTINGS = AuditObject(names=_settings)
CHANNELS = AuditObject(names=_channels, called=gettext_lazy("販売チャネルの費用"))
AD_COSTS = AuditObject(names=_costs, called=gettext_lazy("広告費"))
SOURCES = AuditObject(names=_sources, label=_word)
