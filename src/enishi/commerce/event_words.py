"""What the events of commerce are about, for the audit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.platform.event_words import Noun

NOUNS: Mapping[str, Noun] = {
    "order": Noun(_("注文"), "record", "commerce.order"),
    "product": Noun(pgettext_lazy("singular", "商品"), "settings", "commerce.product"),
    "category": Noun(_("商品カテゴリ"), "settings", "commerce.productcategory"),
}
