"""The resources of SCIM that are served, as models of scim2-models. The names of the classes are those that references speak of.

Attributes that are not here (phone numbers, addresses, departments, passwords) are read over, as RFC 7644 3.3 lets a server do,
so that what a directory sends by default is neither refused nor kept.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from scim2_models import URN, CaseExact, ComplexAttribute, Email, GroupMembership, Mutability, Reference, Required, Resource, Uniqueness


class Name(ComplexAttribute):
    formatted: str | None = None
    """The full name as it is shown."""
    family_name: str | None = None
    given_name: str | None = None


class User(Resource[Any]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name by which the directory knows the user."""
    name: Name | None = None
    display_name: str | None = None
    title: str | None = None
    preferred_language: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of a user here."""
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None
