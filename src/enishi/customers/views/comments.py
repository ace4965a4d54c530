"""Comments on an activity of the timeline: the thread opens where it stands, and is written into there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.comments import LONGEST, Commented, add_comment, change_comment, remove_comment, restore_comment
from enishi.customers.queries.comments import OpenThread, thread_of, thread_with
from enishi.customers.queries.record import Located, locate
from enishi.customers.views.undo import Undo, told
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("activity", "create")
def thread(request: ActorRequest, key: str, activity_id: int) -> HttpResponse:
    """htmx: the thread with a place for a new comment; POST writes it."""
    found = locate(request.actor, key)
    if request.method == "GET":
        return _opened(request, found, thread_of(request.actor, found.id, activity_id))
    text = request.POST.get("text", "")
    try:
        done = add_comment(customer_id=found.id, activity_id=activity_id, text=text, actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _opened(request, found, thread_of(request.actor, found.id, activity_id), text=text, problem=_words(refusal))
    return _written(request, found, done, _("コメントしました。"), Undo(reverse("customers:comment-remove", args=[found.number, done.id])))


@require_http_methods(["GET", "POST"])
@needs("activity", "create")
def edit(request: ActorRequest, key: str, comment_id: int) -> HttpResponse:
    """htmx: the thread with one's own comment open; POST writes it."""
    found = locate(request.actor, key)
    opened = thread_with(request.actor, found.id, comment_id)
    if request.method == "GET":
        return _opened(request, found, opened, comment_id=comment_id, text=opened.text)
    text = request.POST.get("text", "")
    try:
        done = change_comment(customer_id=found.id, comment_id=comment_id, text=text, actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _opened(request, found, opened, comment_id=comment_id, text=text, problem=_words(refusal))
    return _written(request, found, done, _("コメントを変えました。"), None)


@require_POST
@needs("activity", "create")
def remove(request: ActorRequest, key: str, comment_id: int) -> HttpResponse:
    """One's own comment away, with an undo; the timeline asks again."""
    found = locate(request.actor, key)
    remove_comment(customer_id=found.id, comment_id=comment_id, actor=request.actor, now=time.now())
    return told(request, _("コメントを削除しました。"), Undo(reverse("customers:comment-restore", args=[found.number, comment_id])))


@require_POST
@needs("activity", "create")
def restore(request: ActorRequest, key: str, comment_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    restore_comment(customer_id=found.id, comment_id=comment_id, actor=request.actor, now=time.now())
    return told(request, _("コメントを元に戻しました。"))


def _opened(
    request: ActorRequest, found: Located, opened: OpenThread, *, comment_id: int = 0, text: str = "", problem: str = ""
) -> HttpResponse:
    context = _context(found, opened) | {"editing": comment_id, "is_open": "closed" not in request.GET, "write_url": request.path}
    context |= {"text": text, "problem": problem, "longest": LONGEST}
    if not request.htmx and request.method == "GET":
        return redirect("customers:record", key=found.number)
    return render(request, "customers/comments.html#thread", context, status=422 if problem else 200)


def _written(request: ActorRequest, found: Located, done: Commented, words: str, undo: Undo | None) -> HttpResponse:
    if done.told:
        words = _("%(words)s%(names)sさんに知らせました。") % {"words": words, "names": _("さん・").join(done.told)}
    if not request.htmx:
        messages.success(request, words)
        return redirect("customers:record", key=found.number)
    context = _context(found, thread_of(request.actor, found.id, done.activity_id)) | {"words": words, "undo": undo}
    return render(request, "customers/comments.html#written", context)


def _context(found: Located, opened: OpenThread) -> dict[str, object]:
    return {"thread": opened.thread, "record_url": reverse("customers:record", args=[found.number]), "can_comment": True}


def _words(refusal: Invalid) -> str:
    return next((text for texts in refusal.fields.values() for text in texts), str(refusal))
