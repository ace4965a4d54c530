"""データ品質: the figures of the day, whom to look at first, and 確認した."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.quality import look_again
from enishi.customers.actions.verifying import ask_owners, verify_customer
from enishi.customers.queries.quality import Narrowing, narrowing_words, quality_page, rule_of, worst
from enishi.customers.queries.record import locate
from enishi.customers.views.customers import EVERYBODY
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST
from enishi.rules.address import packed


@require_GET
@needs("customer", "read")
def quality(request: ActorRequest) -> HttpResponse:
    return render(request, "customers/quality/page.html", {"page": quality_page(request.actor, now=time.now())})


@require_GET
@needs("customer", "read")
def worst_first(request: ActorRequest) -> HttpResponse:
    """Fifty customers with the fewest points, narrowed by what the address says."""
    narrowing = _narrowing(request)
    people = worst(request.actor, narrowing, now=time.now())
    rule = rule_of(narrowing, people)
    context = {
        "people": people,
        "about": narrowing_words(request.actor, narrowing),
        "is_masked": not access.reads_compared(request.actor),
        "list_query": urlencode({"view": EVERYBODY, "rule": packed(rule)}) if rule else "",
    }
    return render(request, "customers/quality/worst.html", context)


@require_POST
@needs("customer", "bulk")
def ask(request: ActorRequest) -> HttpResponse:
    """A task for the owner of each who is on the list."""
    ids = [int(text) for text in request.POST.getlist("ids")[:200] if text.isascii() and text.isdecimal() and len(text) < 19]
    made = ask_owners(customer_ids=ids, actor=request.actor, now=time.now())
    if made:
        messages.success(request, _("確認のタスクを%(n)d件作りました。") % {"n": made})
    else:
        messages.warning(request, _("どの顧客にも、確認のタスクがすでにあるか、作る権限がありません。"))
    return redirect(reverse("customers:quality"))


@require_POST
@needs("customer", "bulk")
def again(request: ActorRequest) -> HttpResponse:
    look_again(actor=request.actor, now=time.now())
    messages.success(request, _("測り直しています。終わると数字が新しくなります。"))
    return redirect("customers:quality")


@require_POST
@needs("customer", "update")
def verify(request: ActorRequest, key: str) -> HttpResponse:
    """登録内容を確かめた."""
    found = locate(request.actor, key)
    verify_customer(customer_id=found.id, actor=request.actor, now=time.now())
    messages.success(request, _("今日、登録内容を確かめたことを記録しました。"))
    return redirect("customers:record", key=found.number)


def _narrowing(request: ActorRequest) -> Narrowing:
    def number(name: str) -> int | None:
        text = request.GET.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None

    said = request.GET
    return Narrowing(
        number("team"), number("owner"), number("import"), said.get("gap", "")[:12], said.get("breach", "")[:20], said.get("stale") == "1"
    )
