"""ホーム, the palette, the tray, appearance: what belongs to no app."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from enishi.platform import modules, policy, time
from enishi.platform.actions import installation as actions
from enishi.platform.guards import public, signed_in
from enishi.platform.http import ActorRequest, onward, require_GET, require_POST
from enishi.platform.organisation import is_set_up
from enishi.platform.queries import installation as queries
from enishi.platform.search import search_everything, starting_points

APPEARANCE = {"theme": ("light", "dark"), "text": ("large",), "density": ("tight",), "rail": ("icons",), "cells": ("on",)}


@require_GET
@public("sends newcomers to the first-run page or to sign-in; shows nothing itself")
def home(request: ActorRequest) -> HttpResponse:
    """今日やること: panels that other apps contribute, loaded one by one."""
    if request.actor.kind == "anonymous":
        return redirect("account_login" if is_set_up() else "platform:set-up")
    allowed = [panel for panel in modules.wired("HOME_PANELS") if policy.allowed(request.actor, *panel["needs"])]
    panels = [p for p in allowed if "while" not in p or p["while"](request.actor)]
    today = time.today(time.now())
    main = [p for p in panels if p.get("column", "main") == "main"]
    side = [p for p in panels if p.get("column", "main") == "side"]
    return render(
        request,
        "platform/home.html",
        {"main_panels": main, "side_panels": side, "today": today, "may_move_clock": policy.allowed(request.actor, "demo", "configure")},
    )


@require_GET
@signed_in
def search(request: ActorRequest) -> HttpResponse:
    """htmx: the palette's answers for `q`: records by the viewer's rights, then screens of the menu; for none where to start."""
    text = request.GET.get("q", "")[:100].strip()
    if not text:
        return render(request, "platform/search_starts.html", {"starts": starting_points(request.actor)})
    return render(request, "platform/search_results.html", {"hits": search_everything(request.actor, text), "text": text})


@require_GET
@signed_in
def tray(request: ActorRequest) -> HttpResponse:
    """htmx: the job tray; it asks again by itself only while something runs, and then tells the page that it has ended."""
    lines = queries.tray(request.actor, time.now())
    running = [line for line in lines if line.state == "running"]
    response = render(request, "platform/tray.html", {"lines": lines, "running": running})
    if not running and request.GET.get("was") == "running":
        response["HX-Trigger"] = "enishi:work-ended"
    return response


@require_POST
@signed_in
def language(request: ActorRequest) -> HttpResponse:
    """Keep the user's language, and show the page they were on in it."""
    actions.choose_language(actor=request.actor, language=request.POST.get("language", ""), now=time.now())
    return redirect(onward(request))


@require_POST
@signed_in
def appearance(request: ActorRequest) -> HttpResponse:
    """Keep one choice of looks (theme, text, density, rail, cells) in a cookie. An unknown value means the default."""
    response = HttpResponse(status=204)
    for name, values in APPEARANCE.items():
        if name in request.POST:
            value = request.POST[name]
            if value in values:
                response.set_cookie(name, value, max_age=31_536_000, samesite="Lax", secure=request.is_secure(), httponly=True)
            else:
                response.delete_cookie(name, samesite="Lax")
    return response
