"""People and records for tests of access: who may see what, and what must not be seen.

Every protected text of every record is a canary, a word that stands nowhere else. `RELATIONS` say how a record lies to a
person: their own, their team's, or another team's. The house test `test_access_matrix` asks every route as everybody;
`./enishi seed --scenario acl` plants the same for tests from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from enishi.platform import files, wiring
from enishi.platform.models import ApprovalRequest, ApprovalStep, AuditFile, ChangeSet, FieldChange, Role, StoredFile, Team, User

OWN, TEAM, OTHER = "own", "team", "other"
RELATIONS = (OWN, TEAM, OTHER)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks. `name` is the end of the login: acl-own. Whose token may do less than its owner asks by that alone."""

    name: str
    roles: tuple[str, ...]
    signed_in: bool = True
    active: bool = True
    scopes: tuple[str, ...] | None = None

    @property
    def login(self) -> str:
        return f"acl-{self.name}"


PEOPLE = (
    Person("anonymous", (), signed_in=False),
    Person("deactivated", ("ec_lead",), active=False),
    Person("nobody", ()),
    Person("own", ("sales",)),
    Person("team_masked", ("store_staff",)),
    Person("team", ("store_manager",)),
    Person("director", ("director",)),
    Person("viewer", ("viewer",)),
    Person("marketer", ("ec_staff",)),
    Person("lead", ("ec_lead",)),
    Person("weak_token", ("ec_lead",), scopes=("customer.read",)),
    Person("manager", ("sales_manager",)),
    Person("support", ("support",)),
    Person("admin", ("admin",)),
)


@dataclass(frozen=True, slots=True)
class Canary:
    """A word that only readers of this object may meet, and of records that lie so to them; `personal`: who read names in clear;
    `sensitive`: who read that class in clear as well."""

    token: str
    object: str
    relation: str
    personal: bool = True
    sensitive: bool = False


@dataclass
class Ground:
    """One set of records: whose they are, their ids by the names that routes use, and their canaries.

    `name` tells sets of one relation apart. Planting twice gives the same records.
    """

    relation: str
    team: Team
    stranger: User  # owns what belongs to somebody else
    now: datetime
    owner: User | None = None
    name: str = ""
    ids: dict[str, int | str] = field(default_factory=dict)
    canaries: list[Canary] = field(default_factory=list)

    def mark(self, column: str, object_key: str = "customer", *, relation: str = "", personal: bool = True, sensitive: bool = False) -> str:
        """A canary for one column. `relation`: where it is not that of the set."""
        token = f"canary{object_key}{self.relation}{self.name}{column}".lower().replace("_", "")
        self.canaries.append(Canary(token, object_key, relation or self.relation, personal, sensitive))
        return token


type Planter = Callable[[Ground], None]


def plant(ground: Ground) -> Ground:
    """Every app's records of this set, by the wire CANARIES, lower apps first."""
    planters: list[Planter] = wiring.load("CANARIES")
    for planter in planters:
        planter(ground)
    return ground


def changes_and_files(ground: Ground) -> None:
    """A change of the customer's city, and a file, which is its owner's alone."""
    customer_id = ground.ids["customer_id"]
    before, after = ground.mark("before"), ground.mark("after")
    change = FieldChange.rows.filter(object="customers.customer", object_id=customer_id, before=before).first()
    if change is None:
        deed = ChangeSet.rows.create(actor_kind="staff", actor=ground.stranger, door="screen", at=ground.now)
        change = FieldChange.rows.create(
            change_set=deed,
            object="customers.customer",
            object_id=customer_id,
            field="city",
            before=before,
            after=after,
            privacy_class="personal",
        )
    ground.ids["change_id"] = change.pk
    reason, kept_until = ground.mark("reason", "nobody"), ground.now + timedelta(days=7)
    audit_file = AuditFile.rows.filter(owner=ground.stranger, reason=reason).first()
    if audit_file is None:
        audit_file = AuditFile.rows.create(
            kind="log",
            owner=ground.stranger,
            format=AuditFile.Format.CSV,
            state=AuditFile.State.DONE,
            reason=reason,
            file=stored_file(ground, "log", ground.mark("content", "nobody")),
            created_at=ground.now,
            expires_at=kept_until,
        )
    ground.ids["audit_file_id"] = audit_file.pk
    ground.ids |= {"team_id": ground.team.pk, "role_id": Role.rows.order_by("pk").values_list("pk", flat=True).first() or 1}
    asked = ApprovalRequest.rows.filter(requester=ground.stranger, subject_id=audit_file.pk).first()
    if asked is None:
        said = {"kind": "export", "subject": "platform.auditfile", "subject_id": audit_file.pk, "requester": ground.stranger}
        title = ground.mark("title", "audit", relation=OTHER, personal=False)
        asked = ApprovalRequest.rows.create(title=title, created_at=ground.now, expires_at=ground.now + timedelta(days=7), **said)
        ApprovalStep.rows.create(request=asked, place=1, person=ground.stranger)
    ground.ids["approval_id"] = asked.pk
    stored_file(ground, "file")


def stored_file(ground: Ground, object_key: str, content: str = "") -> StoredFile:
    """A file of the stranger with this text in it. Its name is read by the right to `object_key`, whatever the set's relation."""
    name = ground.mark("name", object_key, relation=OTHER)
    made = {"name": f"{name}.csv", "size_bytes": len(content), "sha256": "0", "owner": ground.stranger, "created_at": ground.now}
    file, new = StoredFile.rows.get_or_create(token=f"{ground.relation}{ground.name}{object_key}"[:32].ljust(32, "0"), defaults=made)
    if new:
        path = files.path_of(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return file
