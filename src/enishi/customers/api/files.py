"""/api/v1/customers/{key}/files: what is kept with a customer as files."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from django.shortcuts import redirect
from ninja import File, Header, Path, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from enishi.customers import access
from enishi.customers.actions.files import add_file, remove_file
from enishi.customers.queries.files import file_facts, file_slice, open_file
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.actions.installation import make_once
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.guards import needs

router = Router()
Key = Annotated[str, Path(max_length=40)]
Id = Annotated[int, Path(ge=1, lt=2**63)]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class FilePageIn(In):
    cursor: int = Field(default=0, ge=0, lt=2**63)
    limit: int = Field(default=50, ge=1, le=200)


class FileOut(Schema):
    """What the token's owner may only see masked comes masked."""

    id: int
    name: str | None
    note: str | None
    kind: str = Field(description="What it is by its content: pdf, jpeg, xlsx …")
    size_bytes: int
    sha256: str
    at: datetime
    added_by_id: int | None
    added_by_name: str | None


class FilePageOut(Schema):
    items: list[FileOut]
    next_cursor: int | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


@router.get("/{key}/files", response={200: FilePageOut, **REFUSALS}, operation_id="list_files")
@needs("customer", "read", parts=(access.FILES,))
def list_files(request: ApiRequest, key: Key, asked: Annotated[FilePageIn, Query()]) -> Any:
    """What is kept with a customer, newest first, without what lies in the bin."""
    found = file_slice(request.auth, locate(request.auth, key).id, before=asked.cursor, size=asked.limit)
    return {"items": [item.as_dict() for item in found.items], "next_cursor": found.next_id}


@router.post("/{key}/files", response={201: FileOut, **REFUSALS}, operation_id="add_file")
@needs("customer", "update", parts=(access.FILES,))
def post_file(request: ApiRequest, key: Key, file: File[UploadedFile], idempotency_key: OnceKey = "") -> Any:
    """Keep a file of at most 50 MB, sent as `multipart/form-data`. 422 `file.kind_refused` for what is not taken in."""
    found, now = locate(request.auth, key), time.now()
    name = str(file.name)

    def make() -> int:
        return add_file(customer_id=found.id, name=name, chunks=file.chunks(), actor=request.auth, now=now)

    call = f"add_file {found.id} {name} {_sum(file) if idempotency_key else ''}".encode()
    made = make_once(key=idempotency_key, call=call, make=make, actor=request.auth, now=now)
    return Status(201, file_facts(request.auth, found.id, made).as_dict())


def _sum(file: UploadedFile) -> str:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@router.get("/{key}/files/{file_id}/content", response={302: None, **REFUSALS}, operation_id="download_file")
@needs("customer", "read", parts=())
def get_content(request: ApiRequest, key: Key, file_id: Id) -> Any:
    """Leads to an address that gives the file for a minute; no token is sent there. 403 where the owner sees it masked."""
    return redirect(open_file(request.auth, locate(request.auth, key).id, file_id, "download").url)


@router.delete("/{key}/files/{file_id}", response={204: None, **REFUSALS}, operation_id="remove_file")
@needs("customer", "update", parts=(access.FILES,))
def delete_file(request: ApiRequest, key: Key, file_id: Id) -> Any:
    """Into the customer's bin, from where it can be taken back on the screen."""
    remove_file(customer_id=locate(request.auth, key).id, file_id=file_id, actor=request.auth, now=time.now())
    return Status(204, None)
