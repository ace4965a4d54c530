"""/api/v1/customers/{key}/contacts: every mail address, phone and postal address of a customer."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from ninja import Path, Router, Status

from enishi.customers import access
from enishi.customers.actions.contacts import add_contact, change_contact, make_contact_primary, remove_contact
from enishi.customers.api.contact_schemas import ContactFields, ContactIn, ContactsOut, ContactWrittenOut
from enishi.customers.api.warnings import told
from enishi.customers.queries.contacts import ContactLine, contact_of, contacts_of
from enishi.customers.queries.record import locate
from enishi.customers.standards.book import Remark
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest
from enishi.platform.guards import needs

router = Router()
Key = Annotated[str, Path(max_length=40)]
Called = Annotated[str, Path(max_length=18, description="As `contact` in the list: an id, or email, phone, address for the primary one.")]


@router.get("/{key}/contacts", response={200: ContactsOut, **REFUSALS}, operation_id="list_contacts")
@needs("customer", "read", parts=(access.CONTACTS,))
def list_contacts(request: ApiRequest, key: Key) -> Any:
    """The primary ones are the customer's own columns; further ones follow, those that work no more last."""
    return {"items": contacts_of(request.auth, locate(request.auth, key).id)}


def _written(contact: ContactLine, remarks: Iterable[Remark]) -> dict[str, Any]:
    return {**asdict(contact), "warnings": told(remarks)}


@router.post("/{key}/contacts", response={201: ContactWrittenOut, **REFUSALS}, operation_id="add_contact")
@needs("customer", "update", parts=(access.CONTACTS,))
def post_contact(request: ApiRequest, payload: ContactIn, key: Key) -> Any:
    """Add one. The first of its kind that works becomes the primary one."""
    found = locate(request.auth, key)
    added = add_contact(
        customer_id=found.id,
        point=payload.point(),
        shares_address=payload.shares_address,
        actor=request.auth,
        now=time.now(),
        door="api",
    )
    return Status(201, _written(contact_of(request.auth, found.id, added.contact), added.remarks))


@router.put("/{key}/contacts/{contact}", response={200: ContactWrittenOut, **REFUSALS}, operation_id="change_contact")
@needs("customer", "update", parts=(access.CONTACTS,))
def put_contact(request: ApiRequest, payload: ContactFields, key: Key, contact: Called) -> Any:
    """Write one anew: all of it, what is left out becomes empty."""
    found = locate(request.auth, key)
    kind = contact_of(request.auth, found.id, contact).kind
    remarks = change_contact(
        customer_id=found.id,
        contact=contact,
        point=payload.of_kind(kind),
        shares_address=payload.shares_address,
        actor=request.auth,
        now=time.now(),
        door="api",
    )
    return _written(contact_of(request.auth, found.id, contact), remarks)


@router.post("/{key}/contacts/{contact}/primary", response={200: ContactsOut, **REFUSALS}, operation_id="make_contact_primary")
@needs("customer", "update", parts=(access.CONTACTS,))
def post_primary(request: ApiRequest, key: Key, contact: Called) -> Any:
    """Change places with the primary one of its kind, which goes on as a further one. 409 `contact.stopped` where it works no more."""
    found = locate(request.auth, key)
    make_contact_primary(customer_id=found.id, contact=contact, actor=request.auth, now=time.now(), door="api")
    return {"items": contacts_of(request.auth, found.id)}


@router.delete("/{key}/contacts/{contact}", response={204: None, **REFUSALS}, operation_id="remove_contact")
@needs("customer", "update", parts=(access.CONTACTS,))
def delete_contact(request: ApiRequest, key: Key, contact: Called) -> Any:
    """Take away one that was wrong; one that works no more is rather changed to `invalid`."""
    remove_contact(customer_id=locate(request.auth, key).id, contact=contact, actor=request.auth, now=time.now(), door="api")
    return Status(204, None)
