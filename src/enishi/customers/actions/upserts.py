"""Registering or changing customers by what identifies them, one or many: what a shop system pushes again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.actions.customers import change_customer, create_customer
from enishi.customers.details import FIELDS, Details
from enishi.customers.models import Identity
from enishi.customers.open_fields import require_part
from enishi.customers.resolve import resolve_many
from enishi.customers.standards.book import Remark
from enishi.platform import policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.mail import MailProblem, read_mail
from enishi.platform.japanese.normalise import clean, narrow
from enishi.platform.japanese.phone import parse_phone

MOST_AT_ONCE = 500
KINDS = (Identity.Kind.MEMBER, Identity.Kind.SHOP, Identity.Kind.EMAIL, Identity.Kind.PHONE)
#: Under which name the list of a token opens the look at who carries one.
_NAMED: Mapping[str, str] = {
    Identity.Kind.MEMBER: access.MEMBER_NUMBER,
    Identity.Kind.SHOP: access.MEMBER_NUMBER,
    Identity.Kind.EMAIL: access.EMAIL,
    Identity.Kind.PHONE: access.PHONE,
}
#: Identities that are a field of the customer, too.
_FIELD_OF: Mapping[str, str] = {Identity.Kind.EMAIL: "email", Identity.Kind.PHONE: "phone"}

type Outcome = Literal["created", "updated", "unchanged"]


class IdentityTaken(ActionError):
    """The identity recognises somebody whom the actor may not change. Neither who nor whether they see them is told."""

    code = "customer.identity_taken"
    message = gettext_lazy("この連携IDでは登録・変更できません。管理者に確認してください。")


@dataclass(frozen=True, slots=True)
class Push:
    """What a system knows of one customer, and by what it knows them."""

    kind: str  # of `KINDS`
    value: str
    given: Mapping[str, object]  # names and values of Details


@dataclass(frozen=True, slots=True)
class Upserted:
    """`remarks`: what the input standards tell whoever pushed."""

    id: int
    outcome: Outcome
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One push of many: `refusal` where nothing was written of it."""

    upserted: Upserted | None
    refusal: ActionError | None = None


@action
def upsert_customer(*, push: Push, actor: Actor, now: datetime, door: str = "api") -> Upserted:
    """Change the customer whom the identity recognises, or register one who carries it from now on.

    Records `customer.registered` or `customer.updated`. Raises NotAllowed, Invalid, IdentityTaken.
    """
    value = _normalised(push.kind, push.value)
    require_part(actor, _NAMED[push.kind], at="kind")
    unknown = set(push.given) - set(FIELDS)
    if unknown:
        raise Invalid(fields={name: [_("この項目はありません。")] for name in sorted(unknown)})
    known = _holder(push.kind, value)
    if known is not None:
        try:
            changed = change_customer(customer_id=known, given=push.given, seen=None, actor=actor, now=now, shares_address=True, door=door)
        except NotFound as hidden:
            raise IdentityTaken from hidden
        return Upserted(known, "updated" if changed.names else "unchanged", changed.remarks)
    field = _FIELD_OF.get(push.kind)
    given = dict(push.given) | ({field: push.value} if field and not push.given.get(field) else {})
    made = create_customer(details=Details(**given), actor=actor, now=now, shares_address=True, door=door)  # type: ignore[arg-type]
    row, _new = Identity.rows.get_or_create(kind=push.kind, value=value, defaults={"customer_id": made.id, "created_at": now})
    if row.customer_id != made.id:  # the same push at the same time was faster; a second try meets its customer
        raise IdentityTaken
    return Upserted(made.id, "created", made.remarks)


@action
def upsert_customers(*, pushes: Sequence[Push], actor: Actor, now: datetime, door: str = "api") -> list[Result]:
    """Many at once, each for itself: what is refused is told and leaves the others alone. In the order of `pushes`.

    Raises NotAllowed (no right to bulk changes), Invalid (more than 500).
    """
    policy.require(actor, "customer", "bulk")
    if len(pushes) > MOST_AT_ONCE:
        raise Invalid(_("一度に送れるのは%(n)d件までです。") % {"n": MOST_AT_ONCE})
    return [_one_of_many(push, actor, now, door) for push in pushes]


def _one_of_many(push: Push, actor: Actor, now: datetime, door: str) -> Result:
    try:
        with transaction.atomic():
            return Result(upsert_customer(push=push, actor=actor, now=now, door=door))
    except ActionError as refusal:
        return Result(None, refusal)


def _normalised(kind: str, value: str) -> str:
    """The stored form of an identity. Raises Invalid."""
    if kind not in KINDS:
        raise Invalid(fields={"kind": [_("member・shop・email・phone のどれかにしてください。")]})
    found: str | None = narrow(clean(value))
    if kind == Identity.Kind.EMAIL:
        mail = read_mail(value)
        found = None if isinstance(mail, MailProblem) else mail
    elif kind == Identity.Kind.PHONE:
        phone = parse_phone(value)
        found = phone.e164 if phone else None
    if not found or len(found) > 254:
        raise Invalid(fields={"value": [_("この連携IDは正しい形になっていません。")]})
    return found


def _holder(kind: str, value: str) -> int | None:
    """Today's id of the customer who has the identity, locked: two pushes at once come one after the other."""
    row = Identity.rows.select_for_update().filter(kind=kind, value=value).first()
    return resolve_many([row.customer_id])[row.customer_id] if row else None
