"""Orders and products on screens."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from enishi.commerce.queries import orders, panel
from enishi.commerce.queries.coupons import MOST as MOST_COUPONS
from enishi.commerce.queries.coupons import coupon_rows
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, wants_part
from enishi.platform.listing import window_of


def with_params(base: str, extra: str = "", **params: str) -> str:
    query = "&".join(part for part in (urlencode({k: v for k, v in params.items() if v}), extra) if part)
    return f"{base}?{query}" if query else base


@require_GET
@needs("order", "read")
def order_list(request: ActorRequest) -> HttpResponse:
    """注文の一覧. `view`, `q`, `after`/`before`+`n`. htmx: the part `results`."""
    view, text = request.GET.get("view", ""), request.GET.get("q", "").strip()
    page = orders.order_page(request.actor, view=view, text=text, window=window_of(request.GET.dict()))
    base = reverse("commerce:orders")
    part = wants_part(request, "order-list")
    context = {
        "page": page,
        "text": text,
        "part": part,
        "tabs": [{"label": label, "url": with_params(base, view=key), "current": key == view} for key, label in orders.VIEWS],
        "previous_url": with_params(base, page.slice.previous, view=view, q=text) if page.slice.previous else "",
        "next_url": with_params(base, page.slice.next, view=view, q=text) if page.slice.next else "",
    }
    return render(request, "commerce/orders.html#results" if part else "commerce/orders.html", context)


@require_GET
@needs("order", "read")
def order(request: ActorRequest, number: str) -> HttpResponse:
    """One order with its lines."""
    return render(request, "commerce/order.html", {"order": orders.order_record(request.actor, number)})


@require_GET
@needs("order", "read")
def coupons(request: ActorRequest) -> HttpResponse:
    """クーポンの一覧: each code with the orders that used it."""
    return render(request, "commerce/coupons.html", {"rows": coupon_rows(request.actor), "most": MOST_COUPONS})


@require_GET
@needs("order", "read")
def customer_panel(request: ActorRequest, customer_id: int) -> HttpResponse:
    """htmx: 購入の要約 on the customer's page."""
    found = panel.purchase_panel(request.actor, customer_id, today=time.today(time.now()))
    return render(request, "commerce/customer_panel.html", {"panel": found})
