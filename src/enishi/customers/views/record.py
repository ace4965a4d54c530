"""The record page of one customer and its parts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.consent import SuppressedAddress, record_consent
from enishi.customers.actions.customers import archive_customer, restore_customer
from enishi.customers.actions.tags import put_tag, remove_tag
from enishi.customers.forms.activities import ActivityForm
from enishi.customers.forms.customers import ConsentForm, TagForm
from enishi.customers.models.consent import Channel
from enishi.customers.queries.choices import tag_names
from enishi.customers.queries.composer import composer
from enishi.customers.queries.consent import is_stopped
from enishi.customers.queries.consent_proof import purposes_in_use
from enishi.customers.queries.looks import may_see_looks
from enishi.customers.queries.merging import merges_of
from enishi.customers.queries.record import Located, customer_record, locate, looking_at
from enishi.customers.queries.relations import ties_of
from enishi.customers.queries.story import story
from enishi.customers.queries.tasks import shifts, tasks_of
from enishi.platform import modules, policy, time
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST


@require_GET
@needs("customer", "read")
def record(request: ActorRequest, key: str) -> HttpResponse:
    """顧客の画面. An id, or a number that was merged away, leads to the customer of today."""
    found = locate(request.actor, key)
    if found.number != key:
        return redirect("customers:record", key=found.number)
    return page(request, found)


def page(request: ActorRequest, found: Located, *, form: ActivityForm | None = None, status: int = 200) -> HttpResponse:
    """The whole page; with a `form` that was refused, what was typed stays in the composer."""
    now = time.now()
    looking = looking_at(request.actor, found.id)
    # What is revealed is this person's own columns: others on the page, and what others wrote, stay as the role shows them.
    around = request.actor if ("customer", found.id) in request.actor.revealed else looking
    customer = customer_record(looking, found.id, now=now, log=False)
    if form is None and customer.can_record:
        form = empty_form(request, found.id)
    context = {
        "customer": customer,
        "ties": ties_of(around, found.id, today=time.today(now)),
        "story": story(around, found.id, now=now, log=False),
        "tasks": tasks_of(around, found.id, now=now),
        "shifts": shifts(time.today(now)),
        "form": form,
        "panels": _panels(request, found.id),
        "merges": merges_of(found.id),
        "tag_names": tag_names(),
        "can_see_looks": may_see_looks(request.actor),
    }
    return render(request, "customers/record.html", context, status=status)


def empty_form(request: ActorRequest, customer_id: int) -> ActivityForm:
    found = composer(request.actor, customer_id, now=time.now())
    return ActivityForm(people=found.people, due_on=found.due_on, me=found.me)


def _panels(request: ActorRequest, customer_id: int) -> list[str]:
    """Addresses of the panels that other apps contribute and the viewer may read."""
    panels: list[tuple[str, str]] = modules.wired("CUSTOMER_PANELS")
    return [reverse(view, args=[customer_id]) for thing, view in panels if policy.allowed(request.actor, thing, "read")]


@require_GET
@needs("customer", "read")
def facts(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: 基本情報 again, after one of them was changed."""
    found = locate(request.actor, key)
    if not request.htmx:
        return redirect("customers:record", key=found.number)
    return render(request, "customers/facts.html", {"customer": customer_record(request.actor, found.id, now=time.now()), "again": True})


@require_GET
@needs("customer", "read")
def timeline(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: the timeline narrowed to `group`, or the page of it that follows `before`."""
    found = locate(request.actor, key)
    if not request.htmx:
        return redirect("customers:record", key=found.number)
    before = request.GET.get("before", "")
    now = time.now()
    context = {
        "story": story(request.actor, found.id, group=request.GET.get("group", ""), before=before, now=now),
        "number": found.number,
        "shifts": shifts(time.today(now)),
    }
    if not before:
        context["tasks"] = tasks_of(request.actor, found.id, now=now)
    return render(request, f"customers/timeline.html#{'days' if before else 'story'}", context)


@require_POST
@needs("customer", "update")
def tag_add(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    form = TagForm(request.POST)
    if not form.is_valid():
        raise Invalid(fields={"name": [_("タグの名前を40文字以内で入力してください。")]})
    put_tag(customer_id=found.id, name=form.cleaned_data["name"], actor=request.actor, now=time.now())
    return redirect("customers:record", key=found.number)


@require_POST
@needs("customer", "update")
def tag_remove(request: ActorRequest, key: str, tag_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    remove_tag(customer_id=found.id, tag_id=tag_id, actor=request.actor, now=time.now())
    return redirect("customers:record", key=found.number)


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def consent(request: ActorRequest, key: str, channel: str) -> HttpResponse:
    """The dialog in which one channel's consent is changed; POST writes it down."""
    if channel not in Channel.values:
        raise NotFound
    found = locate(request.actor, key)
    stopped = channel == Channel.EMAIL and is_stopped(request.actor, found.id)
    form = ConsentForm(request.POST or None, purposes=purposes_in_use(), is_suppressed=stopped)
    if request.method == "POST" and form.is_valid():
        statement = form.statement(customer_id=found.id, channel=channel)
        lifts = bool(form.cleaned_data.get("lifts_suppression"))
        try:
            record_consent(statement=statement, actor=request.actor, now=time.now(), lifts_suppression=lifts)
        except SuppressedAddress as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("同意を記録しました。"))
            return _go(request, reverse("customers:record", args=[found.number]))
    context = {"form": form, "number": found.number, "channel": channel, "channel_label": Channel(channel).label}
    return render(request, "customers/consent_dialog.html", context, status=422 if form.errors else 200)


def _go(request: ActorRequest, url: str) -> HttpResponse:
    """To another page, also from htmx."""
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)


@require_POST
@needs("customer", "archive")
def archive(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    archive_customer(customer_id=found.id, actor=request.actor, now=time.now())
    messages.success(request, _("%(number)s をごみ箱に入れました。ごみ箱から戻せます。") % {"number": found.number})
    return redirect("customers:list")


@require_POST
@needs("customer", "archive")
def restore(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    restore_customer(customer_id=found.id, actor=request.actor, now=time.now())
    messages.success(request, _("%(number)s をごみ箱から戻しました。") % {"number": found.number})
    return redirect("customers:record", key=found.number)
