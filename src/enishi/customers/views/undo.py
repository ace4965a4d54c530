"""A done thing with its undo: what the small buttons of tasks and of the composer answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from enishi.platform.http import ActorRequest, onward
from enishi.platform.templatetags.ui import UNDO

#: Lists of tasks and the timeline ask again when they hear it.
CHANGED = "enishi:tasks"


@dataclass(frozen=True, slots=True)
class Undo:
    """Where the button 「元に戻す」 of a toast posts, and what."""

    url: str
    fields: dict[str, str] = field(default_factory=dict)


def undone_by(request: ActorRequest, words: str, url: str) -> None:
    """A toast on the page that follows, whose button 「元に戻す」 posts to `url`."""
    messages.success(request, words, extra_tags=f"{UNDO}{url}")


def told(request: ActorRequest, words: str, undo: Undo | None = None, *, changed: str = CHANGED) -> HttpResponse:
    """htmx: a toast with the undo, and the word that lists ask again. Without htmx: back to where the form stood."""
    if not request.htmx:
        messages.success(request, words)
        return redirect(onward(request))
    answer = render(request, "customers/undo_toast.html", {"words": words, "undo": undo})
    answer["HX-Trigger"] = changed
    return answer
