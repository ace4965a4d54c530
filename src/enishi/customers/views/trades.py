"""設定: 業種テンプレート — what people of a trade usually set up, shown before it is used, and taken back as a whole."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.trades import undo_trade, use_trade
from enishi.customers.queries.trades import trade_page
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST

_PAGE = "customers/fields/trade.html"


@require_GET
@needs("settings", "configure")
def trade(request: ActorRequest, trade_key: str) -> HttpResponse:
    """One template: what it would add, and the uses of it."""
    return render(request, _PAGE, {"trade": trade_page(request.actor, trade_key)})


@require_POST
@needs("settings", "configure")
def use(request: ActorRequest, trade_key: str) -> HttpResponse:
    """使う; what stands in the way is said above."""
    try:
        added = use_trade(key=trade_key, actor=request.actor, now=time.now())
    except Invalid as refusal:
        texts = [text for found in refusal.fields.values() for text in found] or [str(refusal)]
        return render(request, _PAGE, {"trade": trade_page(request.actor, trade_key), "refusals": texts}, status=422)
    if added is None:
        messages.info(request, _("すべてそろっているので、何も加えませんでした。"))
    else:
        messages.success(request, _("テンプレートを使いました。項目・フォーム・呼び方・ビューに反映されています。"))
    return redirect("customers:trade", trade_key)


@require_POST
@needs("settings", "configure")
def undo(request: ActorRequest, trade_key: str, use_id: int) -> HttpResponse:
    """元に戻す; what stays is said on the page."""
    undo_trade(use_id=use_id, actor=request.actor, now=time.now())
    messages.success(request, _("テンプレートを使う前に戻しました。"))
    return redirect("customers:trade", trade_key)
