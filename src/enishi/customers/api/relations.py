"""/api/v1/customers/{key}/relations: whom a customer is tied to."""

from typing import Annotated, Any

from ninja import Path, Router, Status

from enishi.customers import access
from enishi.customers.actions.relations import change_relation, relate_customers, remove_relation
from enishi.customers.api.schemas import RelationIn, RelationOut, RelationsOut, RelationTerms
from enishi.customers.queries.record import locate
from enishi.customers.queries.relations import tie_of, ties_of
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest
from enishi.platform.guards import needs

router = Router()
Key = Annotated[str, Path(max_length=40)]
RelationId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/{key}/relations", response={200: RelationsOut, **REFUSALS}, operation_id="list_relations")
@needs("customer", "read", parts=(access.RELATIONS,))
def list_relations(request: ApiRequest, key: Key) -> Any:
    """Relations to customers whom the token may see, those that ended last."""
    return {"items": ties_of(request.auth, locate(request.auth, key).id, today=time.today()).all()}


@router.post("/{key}/relations", response={201: RelationOut, **REFUSALS}, operation_id="relate_customers")
@needs("customer", "update", parts=(access.RELATIONS,))
def post_relation(request: ApiRequest, payload: RelationIn, key: Key) -> Any:
    """Tie the customer to another. 409 `relation.already_there` where they are tied so already."""
    found, other, now = locate(request.auth, key), locate(request.auth, payload.other), time.now()
    made = relate_customers(
        customer_id=found.id,
        other_id=other.id,
        kind=payload.kind,
        outward=payload.outward,
        terms=payload.terms(),
        actor=request.auth,
        now=now,
        door="api",
    )
    return Status(201, tie_of(request.auth, found.id, made, today=time.today(now)))


@router.put("/{key}/relations/{relation_id}", response={200: RelationOut, **REFUSALS}, operation_id="change_relation")
@needs("customer", "update", parts=(access.RELATIONS,))
def put_relation(request: ApiRequest, payload: RelationTerms, key: Key, relation_id: RelationId) -> Any:
    """Write the terms of a relation anew; with `until_on` it has ended."""
    found, now = locate(request.auth, key), time.now()
    change_relation(customer_id=found.id, relation_id=relation_id, terms=payload.terms(), actor=request.auth, now=now, door="api")
    return tie_of(request.auth, found.id, relation_id, today=time.today(now))


@router.delete("/{key}/relations/{relation_id}", response={204: None, **REFUSALS}, operation_id="remove_relation")
@needs("customer", "update", parts=(access.RELATIONS,))
def delete_relation(request: ApiRequest, key: Key, relation_id: RelationId) -> Any:
    """Take away a relation that was entered by mistake; one that ended gets `until_on` instead."""
    found = locate(request.auth, key)
    remove_relation(customer_id=found.id, relation_id=relation_id, actor=request.auth, now=time.now(), door="api")
    return Status(204, None)
