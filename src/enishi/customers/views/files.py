"""ファイル on a customer's page: the panel, and the doors behind it. What files hold is served by the files host alone."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.field_files import hold_file
from enishi.customers.actions.files import LARGEST_BYTES, add_file, change_file, remove_file, restore_file, too_large
from enishi.customers.forms.files import FileForm
from enishi.customers.queries.files import file_for_form, held_files, open_file, shelf
from enishi.customers.queries.record import locate
from enishi.customers.views.undo import Undo, told
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST, wants_part

#: The list of files and the timeline ask again when they hear it.
FILES_CHANGED = "enishi:files"


@require_GET
@needs("customer", "read")
def panel(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: the panel of the record page, or its list alone."""
    found = locate(request.actor, key)
    if not request.htmx:
        return redirect("customers:record", key=found.number)
    context = {"shelf": shelf(request.actor, found.id), "largest_bytes": LARGEST_BYTES, "too_large": too_large()}
    return render(request, f"customers/files/panel.html#{'again' if wants_part(request, 'file-list') else 'panel'}", context)


@require_POST
@needs("customer", "update")
def add(request: ActorRequest, key: str) -> HttpResponse:
    """One file. The island sends each of several by itself and shows the words of a refusal beside its name."""
    found = locate(request.actor, key)
    try:
        file = _sent(request)
        add_file(customer_id=found.id, name=str(file.name), chunks=file.chunks(), actor=request.actor, now=time.now())
    except ActionError as refusal:
        if not request.htmx:
            messages.error(request, str(refusal))
            return redirect("customers:record", key=found.number)
        return _refused(refusal)
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("ファイルを置きました。"))
    return redirect("customers:record", key=found.number)


def _sent(request: ActorRequest) -> UploadedFile[bytes]:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Invalid(_("ファイルを選んでください。"))
    return file


def _refused(refusal: ActionError) -> HttpResponse:
    """For the island, which shows it beside the file's name."""
    return HttpResponse(str(refusal), content_type="text/plain; charset=utf-8", status=refusal.status)


@require_POST
@needs("customer", "read")
def hold(request: ActorRequest, field_key: str) -> HttpResponse:
    """One file for a field of a form that is still open; answers the line that the form then holds."""
    try:
        file = _sent(request)
        made = hold_file(field_key=field_key, name=str(file.name), chunks=file.chunks(), actor=request.actor, now=time.now())
    except (NotFound, NotAllowed):
        raise
    except ActionError as refusal:
        return _refused(refusal)
    context = {"file": held_files(request.actor, [field_key], [made])[made], "name": field_key}
    return render(request, "customers/own_files.html#line", context, status=201)


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def edit(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    """The dialog with a file's name and note; POST writes them."""
    found = locate(request.actor, key)
    file = file_for_form(request.actor, found.id, file_id)
    form = FileForm(request.POST or None, initial={"name": file.name, "note": file.note})
    if request.method == "POST" and form.is_valid():
        try:
            change_file(customer_id=found.id, file_id=file_id, actor=request.actor, now=time.now(), **form.cleaned_data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("ファイルの名前とメモを保存しました。"))
            url = reverse("customers:record", args=[found.number])
            return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    context = {"form": form, "number": found.number, "file": file}
    return render(request, "customers/files/dialog.html", context, status=422 if form.errors else 200)


@require_GET
@needs("customer", "read")
def download(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    """To the files host, which sends the file as it was put here."""
    return redirect(open_file(request.actor, locate(request.actor, key).id, file_id, "download").url)


@require_GET
@needs("customer", "read")
def preview(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    """A picture in a dialog (htmx), a PDF on a page of the files host."""
    found = locate(request.actor, key)
    if not request.htmx:
        return redirect(open_file(request.actor, found.id, file_id, "pdf").url)
    opened = open_file(request.actor, found.id, file_id, "preview")
    return render(request, "customers/files/preview.html", {"opened": opened, "number": found.number, "file_id": file_id})


@require_GET
@needs("customer", "read")
def picture(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    """A picture for the page itself: on to the files host."""
    return redirect(open_file(request.actor, locate(request.actor, key).id, file_id, "preview").url)


@require_POST
@needs("customer", "update")
def remove(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    """Into the customer's bin, with an undo."""
    found = locate(request.actor, key)
    remove_file(customer_id=found.id, file_id=file_id, actor=request.actor, now=time.now())
    undo = Undo(reverse("customers:file-restore", args=[found.number, file_id]))
    return told(request, _("ファイルをごみ箱に入れました。"), undo, changed=FILES_CHANGED)


@require_POST
@needs("customer", "update")
def restore(request: ActorRequest, key: str, file_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    restore_file(customer_id=found.id, file_id=file_id, actor=request.actor, now=time.now())
    return told(request, _("ファイルをごみ箱から戻しました。"), changed=FILES_CHANGED)
