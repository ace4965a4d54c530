"""/api/v1/customers: the verbs of the screens, for other systems."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Header, Path, Query, Router, Status

from enishi.customers import access
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import record_consent
from enishi.customers.actions.customers import archive_customer, change_customer, create_customer, restore_customer
from enishi.customers.actions.tags import put_tag, remove_tag
from enishi.customers.actions.upserts import Push, upsert_customer, upsert_customers
from enishi.customers.api.schemas import (
    BulkIn,
    BulkOut,
    ConsentIn,
    CountIn,
    CountOut,
    CustomerChange,
    CustomerFields,
    CustomerIn,
    CustomerOut,
    IdentityKind,
    NoteIn,
    NoteOut,
    PageIn,
    PageOut,
    QueryIn,
    RegisteredOut,
    TagIn,
    WrittenOut,
)  # fmt: skip
from enishi.customers.api.warnings import told
from enishi.customers.details import Details
from enishi.customers.open_fields import cut
from enishi.customers.queries import exchange
from enishi.customers.queries.consent import is_stopped
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.actions.installation import make_once
from enishi.platform.api import REFUSALS, ApiRequest
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs

# The first address that fits is taken: those with words of their own stand before `/{key}`.
router = Router()
Key = Annotated[str, Path(max_length=40)]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=200)]
IfNoneMatch = Annotated[str, Header(alias="If-None-Match", max_length=200)]


def _shown(request: ApiRequest, key: str, response: HttpResponse, *, contacts: bool = False, **more: object) -> dict[str, Any]:
    """One customer, with what else the answer tells of them."""
    facts, version = exchange.customer_facts(request.auth, key, contacts=contacts)
    response["ETag"] = f'"{version}"'
    return facts.as_dict(request.auth) | cut(request.auth, more)


def _seen(if_match: str) -> str | None:
    """The fingerprint in an ETag; None where the caller did not say what they looked at."""
    return if_match.strip().strip('"').partition(".")[0] if if_match.strip() not in ("", "*") else None


# ---- reading ------------------------------------------------------------------------------------------------------


@router.get("", response={200: PageOut, **REFUSALS}, operation_id="list_customers")
@needs("customer", "read", parts=())
def list_customers(request: ApiRequest, asked: Annotated[PageIn, Query()]) -> dict[str, Any]:
    """Customers in the order of their ids, those in the recycle bin apart. `text` searches as the screen does."""
    return _page(request, asked, rule=None)


@router.post("/query", response={200: PageOut, **REFUSALS}, operation_id="query_customers")
@needs("customer", "read", parts=())
def query_customers(request: ApiRequest, payload: QueryIn) -> dict[str, Any]:
    """Customers in a rule. 403 `rule.fact_not_readable` where it asks about something that the token may not read."""
    return _page(request, payload, rule=payload.rule)


def _page(request: ApiRequest, asked: PageIn, *, rule: object) -> dict[str, Any]:
    found = exchange.customer_slice(
        request.auth, now=time.now(), rule=rule, text=asked.text, archived=asked.archived, after=asked.cursor, size=asked.limit
    )
    return {"items": [row.as_dict(request.auth) for row in found.rows], "next_cursor": found.next_id}


@router.post("/count", response={200: CountOut, **REFUSALS}, operation_id="count_customers")
@needs("customer", "read", parts=())
def count_customers(request: ApiRequest, payload: CountIn) -> dict[str, int]:
    """How many customers are in a rule and found by a text."""
    return {"count": exchange.count_matching(request.auth, now=time.now(), rule=payload.rule, text=payload.text)}


@router.post("/bulk", response={200: BulkOut, **REFUSALS}, operation_id="upsert_customers")
@needs("customer", "bulk", parts=())
def post_bulk(request: ApiRequest, payload: BulkIn) -> dict[str, Any]:
    """Up to 500 upserts, each for itself; what is refused is told at its index and leaves the others alone."""
    results = upsert_customers(pushes=[item.push() for item in payload.items], actor=request.auth, now=time.now())
    said: list[dict[str, Any]] = []
    for index, result in enumerate(results):
        if result.upserted is not None:
            said.append(
                {"index": index, "outcome": result.upserted.outcome, "id": result.upserted.id, "warnings": told(result.upserted.remarks)}
            )
        elif (refusal := result.refusal) is not None:
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            said.append({"index": index, "outcome": "refused", "code": refusal.code, "message": str(refusal), "fields": fields})
    return {"results": said}


@router.get("/{key}", response={200: CustomerOut, 304: None, **REFUSALS}, operation_id="get_customer")
@needs("customer", "read", parts=())
def get_customer(
    request: ApiRequest, response: HttpResponse, key: Key, include: Literal["", "contacts"] = "", if_none_match: IfNoneMatch = ""
) -> Any:
    """One customer by number (C-000042) or id, also one that was merged away. The ETag names this version."""
    shown = _shown(request, key, response, contacts=include == "contacts")
    return Status(304, None) if if_none_match and if_none_match == response["ETag"] else shown


# ---- writing ------------------------------------------------------------------------------------------------------


@router.post("", response={201: RegisteredOut, **REFUSALS}, operation_id="create_customer")
@needs("customer", "create", parts=())
def post_customer(
    request: ApiRequest,
    response: HttpResponse,
    payload: CustomerIn,
    idempotency_key: OnceKey = "",
) -> Any:
    """Register a customer. With an Idempotency-Key the same call again gives the same customer and registers nobody; warnings are
    told once, by the call that registers."""
    fields = payload.model_dump(include=set(CustomerFields.model_fields))
    now, warnings = time.now(), list[dict[str, object]]()

    def make() -> int:
        made = create_customer(
            details=Details(**fields),
            actor=request.auth,
            now=now,
            consent=[consent.statement() for consent in payload.consents],
            shares_address=payload.shares_address,
            lifts_suppression=any(consent.lift_suppression for consent in payload.consents),
            door="api",
        )
        warnings.extend(told(made.remarks))
        return made.id

    made = make_once(key=idempotency_key, call=b"create_customer " + request.body, make=make, actor=request.auth, now=now)
    return Status(201, _shown(request, str(made), response, suppressed=is_stopped(request.auth, made), warnings=warnings))


@router.put("/by/{kind}/{value}", response={200: WrittenOut, 201: WrittenOut, **REFUSALS}, operation_id="upsert_customer")
@needs("customer", "update", parts=())
def put_customer(
    request: ApiRequest, response: HttpResponse, payload: CustomerFields, kind: IdentityKind, value: Annotated[str, Path(max_length=254)]
) -> Any:
    """Change the customer with this member number, shop id, mail address or phone, or register one. 201 where registered."""
    push = Push(kind, value, payload.model_dump(exclude_unset=True))
    done = upsert_customer(push=push, actor=request.auth, now=time.now())
    return Status(201 if done.outcome == "created" else 200, _shown(request, str(done.id), response, warnings=told(done.remarks)))


@router.patch("/{key}", response={200: WrittenOut, **REFUSALS}, operation_id="change_customer")
@needs("customer", "update", parts=())
def patch_customer(
    request: ApiRequest,
    response: HttpResponse,
    payload: CustomerChange,
    key: Key,
    if_match: IfMatch = "",
) -> Any:
    """Change the given fields. With If-Match only if nobody changed the customer since: else 409."""
    given = payload.model_dump(exclude_unset=True, exclude={"shares_address"})
    found = locate(request.auth, key)
    changed = change_customer(
        customer_id=found.id, given=given, seen=_seen(if_match), actor=request.auth, now=time.now(), shares_address=payload.shares_address
    )
    return _shown(request, key, response, warnings=told(changed.remarks))


@router.post("/{key}/archive", response={204: None, **REFUSALS}, operation_id="archive_customer")
@needs("customer", "archive", parts=())
def post_archive(request: ApiRequest, key: Key) -> Any:
    """Into the recycle bin."""
    archive_customer(customer_id=locate(request.auth, key).id, actor=request.auth, now=time.now())
    return Status(204, None)


@router.post("/{key}/restore", response={204: None, **REFUSALS}, operation_id="restore_customer")
@needs("customer", "archive", parts=())
def post_restore(request: ApiRequest, key: Key) -> Any:
    """Out of the recycle bin."""
    restore_customer(customer_id=locate(request.auth, key).id, actor=request.auth, now=time.now())
    return Status(204, None)


@router.post("/{key}/consents", response={200: CustomerOut, **REFUSALS}, operation_id="record_consent")
@needs("customer", "update", parts=(access.CONSENTS,))
def post_consent(request: ApiRequest, response: HttpResponse, payload: ConsentIn, key: Key) -> Any:
    """Write down what the customer said about one channel."""
    record_consent(
        statement=payload.statement(locate(request.auth, key).id),
        actor=request.auth,
        now=time.now(),
        lifts_suppression=payload.lift_suppression,
    )
    return _shown(request, key, response)


@router.post("/{key}/tags", response={200: CustomerOut, **REFUSALS}, operation_id="put_tag")
@needs("customer", "update", parts=(access.TAGS,))
def post_tag(request: ApiRequest, response: HttpResponse, payload: TagIn, key: Key) -> Any:
    """Put a tag, made where nobody used it before; twice is once."""
    put_tag(customer_id=locate(request.auth, key).id, name=payload.name, actor=request.auth, now=time.now())
    return _shown(request, key, response)


@router.delete("/{key}/tags/{tag_id}", response={200: CustomerOut, **REFUSALS}, operation_id="remove_tag")
@needs("customer", "update", parts=(access.TAGS,))
def delete_tag(request: ApiRequest, response: HttpResponse, key: Key, tag_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Any:
    """Take a tag off; nothing happens where it is not there."""
    remove_tag(customer_id=locate(request.auth, key).id, tag_id=tag_id, actor=request.auth, now=time.now())
    return _shown(request, key, response)


@router.post("/{key}/notes", response={201: NoteOut, **REFUSALS}, operation_id="add_note")
@needs("customer", "update", parts=(access.ACTIVITIES,))
def post_note(
    request: ApiRequest,
    payload: NoteIn,
    key: Key,
    idempotency_key: OnceKey = "",
) -> Any:
    """Write a note on the timeline."""
    found, now = locate(request.auth, key), time.now()

    def make() -> int:
        return record_activity(customer_id=found.id, kind="note", text=payload.text, actor=request.auth, now=now).id

    call = f"add_note {found.id} ".encode() + request.body
    return Status(201, {"id": make_once(key=idempotency_key, call=call, make=make, actor=request.auth, now=now)})
