"""Verbs of ログインの決まり: what the company asks of everybody who signs in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.models import Organisation, Role, UserRole
from enishi.platform.networks import is_within
from enishi.platform.rights import token_hash


@action
def ask_for_second_factor(*, starts_on: date | None, actor: Actor, now: datetime) -> None:
    """From this day on whoever exports, sends, configures or reveals needs a second factor; None: nobody does. Records
    `organisation.changed` where that is new. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    organisation = Organisation.rows.select_for_update().get()
    before = organisation.second_factor_from
    if before == starts_on:
        return
    organisation.second_factor_from = starts_on
    organisation.save(update_fields=["second_factor_from"])
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Organisation, [(organisation.pk, {"second_factor_from": (before, starts_on)})])
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)


class OwnAddressMissing(Invalid):
    """The list would shut out who saves it."""

    code = "networks.own_address_missing"


@action
def limit_networks(*, company: Sequence[str], roles: Mapping[int, Sequence[str]], ip: str, actor: Actor, now: datetime) -> str:
    """From where people may work from now on; gives the code that opens all lists again, once, or "" where none is left.

    Records `organisation.changed` and `role.networks_changed` where any is new. Raises NotAllowed, OwnAddressMissing (`ip`, where
    the actor is, must stay inside of the lists that are theirs).
    """
    policy.require(actor, "settings", "configure")
    own = set(UserRole.rows.filter(user_id__in=[actor.user_id]).values_list("role_id", flat=True))
    wrong = {"company": company} if company and not is_within(company, ip) else {}
    wrong |= {f"role_{pk}": found for pk, found in roles.items() if found and pk in own and not is_within(found, ip)}
    if wrong:
        words = gettext("いま使っているアドレス %(ip)s が入っていません。保存すると、あなたが使えなくなります。") % {"ip": ip}
        raise OwnAddressMissing(fields={name: [words] for name in wrong})
    organisation = Organisation.rows.select_for_update().get()
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    if organisation.networks != list(company):
        changes.record_changes(deed, Organisation, [(organisation.pk, {"networks": (organisation.networks, list(company))})])
        organisation.networks = list(company)
        events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)
    for role in Role.rows.select_for_update().filter(pk__in=list(roles)).order_by("pk"):
        found = list(roles[role.pk])
        if role.networks != found:
            changes.record_changes(deed, Role, [(role.pk, {"networks": (role.networks, found)})])
            role.networks = found
            role.save(update_fields=["networks"])
            events.record("role.networks_changed", subject=role.pk, customer=None, actor=actor, at=now)
    limited = bool(organisation.networks) or Role.rows.exclude(networks=[]).exists()
    code = secrets.token_hex(8) if limited else ""
    organisation.network_code_hash = token_hash(code) if limited else b""
    organisation.save(update_fields=["networks", "network_code_hash"])
    return code


class WrongCode(Invalid):
    code = "networks.wrong_code"


@action
def open_networks(*, code: str | None, actor: Actor, now: datetime) -> None:
    """Drop all lists: by the code that was shown when they were saved, or from the command line (None). Records `networks.opened`.

    Raises WrongCode, NotAllowed (only who may configure knows what to do then)."""
    policy.require(actor, "settings", "configure")
    organisation = Organisation.rows.select_for_update().get()
    if code is not None:
        kept = bytes(organisation.network_code_hash)
        if not kept or not secrets.compare_digest(kept, token_hash(code.strip().lower())):
            raise WrongCode(fields={"code": [_("コードが違うか、もう使われています。")]})
    organisation.networks, organisation.network_code_hash = [], b""
    organisation.save(update_fields=["networks", "network_code_hash"])
    Role.rows.exclude(networks=[]).update(networks=[])
    events.record("networks.opened", subject=organisation.pk, customer=None, actor=actor, at=now)
