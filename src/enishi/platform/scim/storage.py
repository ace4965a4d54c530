"""Where the SCIM server of scim2-server reads and writes: our queries and our actions, on behalf of one token."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, cast

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    NotImplementedException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ScimFilter,
    SearchRequest,
    TooManyException,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator
from scim2_models.path.expressions import FilterNode
from scim2_server.storage import ScimStorage, SearchPage

from enishi.platform import time
from enishi.platform.actions import scim_groups, scim_users
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError
from enishi.platform.queries import scim as queries
from enishi.platform.queries.scim import Mine, compared
from enishi.platform.scim.resources import Group as GroupResource
from enishi.platform.scim.resources import User as UserResource
from enishi.platform.scim.schema import group_resource, number, said_group, said_user, user_resource

MOST_SEARCHED = 5_000  # users that a filter is held against one by one; an `eq` on a name or an id looks them up


class DatabaseStorage(ScimStorage):
    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    # ---- reading ------------------------------------------------------------------------------------------------

    def get(
        self, resource_type: ResourceType, resource_id: str, *, response_parameters: ResponseParameters[Any] | None = None
    ) -> Resource[Any]:
        pk = number(resource_id)
        if pk is None:
            raise NotFoundException
        return self._told(lambda: self._read(resource_type, pk))

    def _read(self, resource_type: ResourceType, pk: int) -> Resource[Any]:
        if resource_type.name == "User":
            return user_resource(queries.directory_user(self.actor, pk))
        return group_resource(queries.directory_group(self.actor, pk))

    def search(self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None) -> SearchPage:
        if len(resource_types) != 1:
            raise NotImplementedException(detail="Search in /Users or in /Groups")
        start = (search_request.start_index or 1) - 1
        stop = start + (search_request.count or 0)
        wanted: ScimFilter[Any] | None = search_request.filter
        mine = narrowed(wanted.ast) if wanted is not None else Mine()
        if wanted is None:
            total, resources = self._rows(resource_types[0], mine, start, stop)
            return SearchPage(total, resources)
        total, resources = self._rows(resource_types[0], mine, 0, MOST_SEARCHED)
        if total > MOST_SEARCHED:
            raise TooManyException
        found = [resource for resource in resources if wanted.match(resource)]
        return SearchPage(len(found), found[start:stop])

    def _rows(self, resource_type: ResourceType, mine: Mine, start: int, stop: int) -> tuple[int, list[Resource[Any]]]:
        if resource_type.name == "User":
            total, users = queries.directory_users(self.actor, mine, start=start, stop=stop)
            return total, [user_resource(user) for user in users]
        total, groups = queries.directory_groups(self.actor, mine, start=start, stop=stop)
        return total, [group_resource(group) for group in groups]

    # ---- writing ------------------------------------------------------------------------------------------------

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        return self._told(lambda: self._read(resource_type, self._create(resource)))

    def _create(self, resource: Resource[Any]) -> int:
        now = time.now()
        if not isinstance(resource, UserResource):
            return scim_groups.create_group(said=said_group(cast("GroupResource", resource)), actor=self.actor, now=now)
        said = said_user(resource)
        try:
            return scim_users.provision_user(said=said, actor=self.actor, now=now)
        except scim_users.AlreadyHere:
            scim_users.note_meeting(said=said, actor=self.actor, now=now)
            raise

    def update(self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None) -> Resource[Any]:
        pk = number(resource.id) or 0
        seen, now = expected_version or "", time.now()

        def change() -> Resource[Any]:
            if isinstance(resource, UserResource):
                said = said_user(resource)
                scim_users.change_provisioned_user(scim_user_id=pk, said=said, seen=seen, actor=self.actor, now=now)
            else:
                group = said_group(cast("GroupResource", resource))
                scim_groups.change_group(group_id=pk, said=group, seen=seen, actor=self.actor, now=now)
            return self._read(resource_type, pk)

        return self._told(change)

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        pk, seen, now = number(resource_id) or 0, expected_version or "", time.now()
        if resource_type.name == "User":
            self._told(lambda: scim_users.remove_provisioned_user(scim_user_id=pk, seen=seen, actor=self.actor, now=now))
        else:
            self._told(lambda: scim_groups.remove_group(group_id=pk, seen=seen, actor=self.actor, now=now))

    def _told[R](self, act: Callable[[], R]) -> R:
        """Our refusals as those of SCIM."""
        try:
            return act()
        except ActionError as refusal:
            raise scim_exception(refusal) from refusal


_TAKEN = {"scim.user_name_taken", "scim.external_id_taken", "scim.already_here"}


def scim_exception(refusal: ActionError) -> SCIMException:
    """The same refusal with the status and the scimType of RFC 7644 3.12."""
    if refusal.code in _TAKEN:
        return UniquenessException(detail=str(refusal))
    kinds: dict[int, type[SCIMException]] = {
        403: ForbiddenException,
        404: NotFoundException,
        412: PreconditionFailedException,
        422: InvalidValueException,
    }
    return kinds.get(refusal.status, ConflictException)(detail=str(refusal))


# ---- filters --------------------------------------------------------------------------------------------------------


def narrowed(node: FilterNode) -> Mine:
    """Rows among which are all that the filter matches: by what it asks to be equal to a name or an id. What remains is matched by
    the library, one by one."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        found = Mine()
        for term in node.terms:
            one = narrowed(term)
            found = Mine(_both(found.ids, one.ids), _both(found.user_keys, one.user_keys), _both(found.external_ids, one.external_ids))
        return found
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return Mine()
    if node.attr_path.sub_attr:
        return Mine()
    attribute = node.attr_path.attr.lower()
    if attribute == "username":
        return replace(Mine(), user_keys=[compared(node.value)])
    if attribute == "externalid" and node.value:
        return replace(Mine(), external_ids=[node.value])
    if attribute == "id":
        pk = number(node.value)
        return replace(Mine(), ids=[] if pk is None else [pk])
    return Mine()


def _both[T](left: Collection[T] | None, right: Collection[T] | None) -> Collection[T] | None:
    if left is None or right is None:
        return right if left is None else left
    return [one for one in left if one in right]
