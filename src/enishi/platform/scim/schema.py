"""The part of SCIM (RFC 7643) that is served, and how its resources become what our actions take, and back: staff's names and mail
addresses, and no more of them."""

from __future__ import annotations

import json
from datetime import datetime

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Email,
    ETag,
    Filter,
    InvalidValueException,
    Meta,
    Patch,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)

from enishi.platform.actions.scim_groups import SaidGroup
from enishi.platform.actions.scim_users import SaidUser
from enishi.platform.models import User
from enishi.platform.queries.scim import DirectoryGroup, DirectoryUser
from enishi.platform.scim.resources import Group as GroupResource
from enishi.platform.scim.resources import Name
from enishi.platform.scim.resources import User as UserResource

LONGEST, LONGEST_NAME, MOST_SAID = 254, 60, 10_000
MOST_RESULTS = 200


#: Entra ID names what it removes in `value` and replaces values that are not there yet: both are taken as they are meant.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


def provider() -> ScimProvider:
    """What is served, and what is not: no bulk, no sorting, no passwords."""
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token made by an administrator, in the Authorization header.",
                primary=True,
            )
        ],
    )
    types = [
        ResourceType(id=name, name=name, endpoint=endpoint, description=about, schema_=model.__schema__)
        for name, endpoint, about, model in (
            ("User", "/Users", "Staff", UserResource),
            ("Group", "/Groups", "Groups of the directory", GroupResource),
        )
    ]
    return ScimProvider([UserResource, GroupResource], types, config, POLICY)


# ---- from us to them ------------------------------------------------------------------------------------------------


def _meta(name: str, created_at: datetime, changed_at: datetime, version: str) -> Meta:
    return Meta(resource_type=name, created=created_at, last_modified=changed_at, version=version)


def user_resource(user: DirectoryUser) -> UserResource:
    groups = [{"value": str(pk), "$ref": f"Groups/{pk}", "display": name, "type": "direct"} for pk, name in user.groups]
    said = {
        **user.said,
        "id": str(user.id),
        "externalId": user.external_id or None,
        "userName": user.user_name,
        "active": user.is_active,
        "groups": groups or None,
    }
    resource: UserResource = UserResource.model_validate(said)
    resource.meta = _meta("User", user.created_at, user.changed_at, user.version)
    return resource


def group_resource(group: DirectoryGroup) -> GroupResource:
    members = [{"value": str(pk), "$ref": f"Users/{pk}", "type": "User"} for pk in group.member_ids]
    said = {
        "id": str(group.id),
        "externalId": group.external_id or None,
        "displayName": group.display_name,
        "members": members or None,
    }
    resource: GroupResource = GroupResource.model_validate(said)
    resource.meta = _meta("Group", group.created_at, group.changed_at, group.version)
    return resource


# ---- from them to us ------------------------------------------------------------------------------------------------


def said_user(resource: UserResource) -> SaidUser:
    """Raises InvalidValueException where a name is empty or too long."""
    said = resource.model_dump()
    attributes = {key: said[key] for key in ("name", "displayName", "title", "preferredLanguage", "emails") if said.get(key) is not None}
    if len(json.dumps(attributes)) > MOST_SAID:
        raise InvalidValueException(detail="The user is too large")
    user_name = _text("userName", resource.user_name)
    if not user_name:
        raise InvalidValueException(detail="userName is required")
    return SaidUser(
        user_name=user_name,
        external_id=_text("externalId", resource.external_id),
        active=resource.active is not False,
        attributes=attributes,
        display_name=_shown_name(resource, user_name)[:LONGEST_NAME],
        title=(resource.title or "").strip()[:LONGEST_NAME],
        email=_address(resource.emails or []),
        language=User.Language.ENGLISH if (resource.preferred_language or "").lower().startswith("en") else User.Language.JAPANESE,
    )


def said_group(resource: GroupResource) -> SaidGroup:
    """Raises InvalidValueException where the name is empty or too long, or a member is nobody of ours."""
    name = _text("displayName", resource.display_name)
    if not name:
        raise InvalidValueException(detail="displayName is required")
    ids = [number(member.value) for member in resource.members or []]
    if None in ids:
        raise InvalidValueException(detail="members: unknown id")
    return SaidGroup(
        display_name=name, external_id=_text("externalId", resource.external_id), member_ids=[pk for pk in ids if pk is not None]
    )


def number(resource_id: str | None) -> int | None:
    """The id of a row; None for what can be none."""
    word = resource_id or ""
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 and str(int(word)) == word else None


def _text(attribute: str, value: str | None) -> str:
    text = (value or "").strip()
    if len(text) > LONGEST:
        raise InvalidValueException(detail=f"{attribute} is longer than {LONGEST} characters")
    return text


def _shown_name(resource: UserResource, user_name: str) -> str:
    """As staff read names: what the directory shows, else family name first."""
    name = resource.name or Name()
    parts = " ".join(part.strip() for part in (name.family_name, name.given_name) if part and part.strip())
    return next(text.strip() for text in (resource.display_name, name.formatted, parts, user_name) if text and text.strip())


def _address(emails: list[Email]) -> str:
    """The primary address, else the one for work, else the first."""
    told = [email for email in emails if email.value]
    ranked = sorted(told, key=lambda email: (email.primary is not True, email.type != Email.Type.work))
    return str(ranked[0].value) if ranked else ""
