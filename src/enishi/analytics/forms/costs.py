"""Input of what orders cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from enishi.analytics.actions.costs import CostOf
from enishi.commerce.models import Order
from enishi.platform.forms.base import ScreenForm


def _percent(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=7, decimal_places=2, required=required, help_text=help_text)


class CostsForm(ScreenForm):
    """Percent and yen; how much they may be, the action says."""

    margin_bp = _percent(
        _("粗利率の既定値（%）"), required=False, help_text=_("商品に粗利率がないときに使います。空欄なら、粗利率のある商品の平均です。")
    )
    discount_bp = _percent(_("割引率（年、%）"), help_text=_("これから先の見込みを、いまの価値に直す率です。標準は10%です。"))
    profit_bp = _percent(_("確保したい利益率（%）"), help_text=_("目標CPAは、許容CPAから売上LTV×この率を引いた額です。"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for channel, label in Order.Channel.choices:
            words = {"channel": label}
            self.fields[f"{channel}-shipping_jpy"] = forms.IntegerField(label=_("%(channel)sの配送費（円）") % words)
            self.fields[f"{channel}-fee_bp"] = _percent(_("%(channel)sの手数料（%%）") % words)
            self.fields[f"{channel}-promotion_jpy"] = forms.IntegerField(label=_("%(channel)sの販促費（円）") % words)

    def lock(self) -> None:
        """Show what is said to somebody who may not change it."""
        for field in self.fields.values():
            field.disabled = True

    def lines(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Of each channel its label and its fields."""
        for channel, label in Order.Channel.choices:
            yield str(label), [self[f"{channel}-{name}"] for name in ("shipping_jpy", "fee_bp", "promotion_jpy")]

    def told(self) -> dict[str, Any]:
        """What the action is asked with."""
        data = self.cleaned_data
        channels = [
            CostOf(channel, data[f"{channel}-shipping_jpy"], _basis_points(data[f"{channel}-fee_bp"]), data[f"{channel}-promotion_jpy"])
            for channel in Order.Channel.values
        ]
        margin = data["margin_bp"]
        return {
            "margin_bp": None if margin is None else _basis_points(margin),
            "discount_bp": _basis_points(data["discount_bp"]),
            "profit_bp": _basis_points(data["profit_bp"]),
            "channels": channels,
        }


def _basis_points(percent: Decimal) -> int:
    return int(percent * 100)
