"""Who may do what to which customer: the only caller of the platform's policy for customers."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enishi.customers.models import (
    AccessRequest,
    Activity,
    BulkRun,
    Comment,
    Customer,
    CustomerFile,
    CustomField,
    ExportRun,
    MergeBatch,
    SavedView,
    Task,
    TwinPair,
)
from enishi.customers.models.customer import FIELD_RIGHTS
from enishi.platform import policy, rights
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.objects import OWN_OR_ALL, OWN_TO_ALL, FieldRight, RightsObject
from enishi.platform.privacy import Level, Privacy

OBJECTS = (
    RightsObject(
        key="customer",
        label=pgettext_lazy("object", "顧客"),
        acts=dict.fromkeys(("read", "create", "update", "archive", "export", "bulk", "merge", "assign", "reveal", "share"), OWN_TO_ALL),
        can={
            "read": gettext_lazy("%(what)sと、その履歴・ファイル・同意を見られます"),
            "update": gettext_lazy("%(what)sの項目・連絡先・同意・関係・ファイルを変えられます"),
            "bulk": gettext_lazy("%(what)sを一覧からまとめて変えられます"),
            "export": gettext_lazy("%(what)sをファイルに書き出し、宛名を印刷できます"),
            "merge": gettext_lazy("%(what)sを1人に統合し、統合を取り消せます"),
        },
    ),
    RightsObject(
        key="activity",
        label=pgettext_lazy("object", "活動とタスク"),
        acts={"create": OWN_TO_ALL},
        own=gettext_lazy("自分が担当する顧客の%(thing)s"),
        can={"create": gettext_lazy("%(what)s（来店・電話・メモ・次にすること・コメント）を記録できます")},
    ),
    RightsObject(
        key="import",
        label=pgettext_lazy("object", "取り込み"),
        acts=dict.fromkeys(("read", "create", "update", "archive"), OWN_OR_ALL),
        own=gettext_lazy("自分が始めた%(thing)s"),
        can={
            "create": gettext_lazy("自分が登録・変更できる顧客と注文を、ファイルから取り込めます"),
            "update": gettext_lazy("%(what)sの対応づけを決め、進めたり止めたりできます"),
            "archive": gettext_lazy("%(what)sを取り消せます"),
        },
    ),
)


NAME, EMAIL, PHONE, ADDRESS = "customer.name", "customer.email", "customer.phone", "customer.address"
MEMBER_NUMBER = "customer.member_number"
# Parts of what is kept with a customer: no role speaks of them, the list of a token opens them.
CONTACTS, CONSENTS, TAGS = "customer.contacts", "customer.consents", "customer.tags"
ACTIVITIES, TASKS, FILES = "customer.activities", "customer.tasks", "customer.files"
RELATIONS, SHARES = "customer.relations", "customer.shares"


def field_rights() -> list[FieldRight]:
    """The fields of which a role may say something else than of their class, the company's own among them. One query."""
    built_in = (
        (NAME, _("氏名・フリガナ")),
        (EMAIL, _("メールアドレス")),
        (PHONE, _("電話番号")),
        (ADDRESS, _("住所（都道府県を除く）")),
        ("customer.birthday", _("生年月日")),
        (MEMBER_NUMBER, _("会員番号")),
    )
    custom = CustomField.rows.filter(retired_at=None).order_by("position", "pk").values_list("pk", "label", "privacy_class")
    return [
        *(FieldRight(key, label, Privacy.PERSONAL) for key, label in built_in),
        *(FieldRight(f"customer.cf_{pk:d}", label, Privacy(name)) for pk, label, name in custom),
    ]


def visible_customers(actor: Actor, *, archived: bool = False) -> QuerySet[Customer]:
    """The customers that the actor may read; those in the recycle bin apart."""
    return policy.scope(actor, Customer, "read").filter(archived_at__isnull=not archived)


def readable_customers(actor: Actor) -> QuerySet[Customer]:
    """The customers that the actor may read, in the recycle bin or not: for one record's page."""
    return policy.scope(actor, Customer, "read")


def customer_for(actor: Actor, customer_id: int, act: str) -> Customer:
    """One customer for `act`, locked until commit. Raises NotFound, NotAllowed."""
    return policy.get(actor, Customer, act, customer_id)


def customers_for(actor: Actor, customer_ids: Collection[int], act: str) -> list[Customer]:
    """Those of the ids on which the actor may do `act`, locked until commit in id order. One query."""
    rows = policy.scope(actor, Customer, act).filter(pk__in=customer_ids, archived_at__isnull=True)
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def customers_by_number(actor: Actor, numbers: Collection[str], act: str) -> list[Customer]:
    """As `customers_for`, by their numbers."""
    rows = policy.scope(actor, Customer, act).filter(number__in=numbers, archived_at__isnull=True)
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def confirm_reach(actor: Actor, customer_ids: Collection[int], act: str) -> None:
    """Raises NotAllowed where a customer that was just written is no longer the actor's to do `act` to. One query."""
    if len(reachable_ids(actor, customer_ids, act)) < len(set(customer_ids)):
        raise NotAllowed


def would_reach(actor: Actor, act: str, *, customer_id: int, owner_id: int | None, team_id: int | None) -> bool:
    """Whether the actor may do `act` to this customer with such an owner and team. No query."""
    return customer_id in policy.shared_with(actor, Customer.guard, "customer", act) or _is_within(
        actor, actor.scope_for("customer", act), owner_id, team_id
    )


def _is_within(actor: Actor, width: str, owner_id: int | None, team_id: int | None) -> bool:
    mine = actor.user_id is not None and owner_id == actor.user_id
    return width == "all" or (width != "none" and mine) or (width == "team" and team_id in actor.team_ids)


def gains_by(actor: Actor, customer: Customer, *, owner_id: int | None, team_id: int | None) -> bool:
    """Whether the actor would hold any right over this customer that they do not hold now, if they were given to this owner and
    team: nobody assigns themselves more than they have. No query."""
    return any(
        _is_within(actor, width, owner_id, team_id) and not _is_within(actor, width, customer.owner_id, customer.team_id)
        for (thing, _act), width in actor.grants.items()
        if thing in _FOLLOWS_THE_CUSTOMER
    )


#: Objects whose rows are whose the customer is.
_FOLLOWS_THE_CUSTOMER = ("customer", "activity", "order")


def customers_in_bulk(actor: Actor, customer_ids: Collection[int], act: str, *, archived: bool, whole: bool = False) -> list[Customer]:
    """As `customers_for`, with the columns that change in bulk alone, or the `whole` of what is written about them; `archived`: those in
    the recycle bin instead."""
    rows = policy.scope(actor, Customer, act).filter(pk__in=customer_ids, archived_at__isnull=not archived)
    rows = rows.defer("name_grams", "contact_grams") if whole else rows.only("pk", "owner_id", "team_id", "archived_at")
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def within(actor: Actor, rows: QuerySet[Customer], act: str) -> QuerySet[Customer]:
    """Those of the rows on which the actor may do `act`."""
    return rows if actor.scope_for("customer", act) == "all" else rows.filter(pk__in=policy.scope(actor, Customer, act).values("pk"))


def reads_names(actor: Actor) -> bool:
    """Whether names are shown in clear; without it nobody searches or sorts by them."""
    return actor.reads(Privacy.PERSONAL, NAME)


def opened(actor: Actor, customer_id: int) -> Actor:
    """The actor as they look at this customer: what their role masks is open while it is revealed to them."""
    return actor.at_least(Level.READ, Privacy.PERSONAL) if ("customer", customer_id) in actor.revealed else actor


def can_reveal(actor: Actor, customer_id: int) -> bool:
    """Whether something of this customer is masked to the actor, and theirs to open with a reason."""
    masked = not (reads_names(actor) and reads_contacts(actor) and reads_addresses(actor))
    return masked and can(actor, customer_id, "reveal")


def reads_somebody(actor: Actor) -> bool:
    """Whether anything personal is shown in clear: then looking is written down."""
    return actor.reads(Privacy.PERSONAL) or any(own.level >= Level.READ for own in actor.fields.values() if own.privacy in policy.PERSONAL)


def reads_contacts(actor: Actor) -> bool:
    """Whether mail addresses and phone numbers are shown in clear; without it nobody searches by parts of them."""
    return actor.reads(Privacy.PERSONAL, EMAIL) and actor.reads(Privacy.PERSONAL, PHONE)


def searches_contacts(actor: Actor) -> bool:
    """Whether somebody is found by parts of a mail address or phone number: those of all their contact points are looked through."""
    return reads_contacts(actor) and actor.opens(CONTACTS)


def reads_addresses(actor: Actor) -> bool:
    """Whether a name and an address may be printed."""
    return reads_names(actor) and actor.reads(Privacy.PERSONAL, ADDRESS)


def reads_compared(actor: Actor) -> bool:
    """Whether everything by which customers are compared is shown in clear: a score, a place in the work list or a count of pairs
    would tell the rest."""
    return reads_contacts(actor) and reads_addresses(actor) and actor.reads(Privacy.PERSONAL, "customer.birthday")


def require_comparing(actor: Actor) -> None:
    """Raises NotAllowed where the actor may not decide which customers are one, or does not read what that is decided by."""
    require(actor, "merge")
    if not reads_compared(actor):
        raise NotAllowed


def mergeable_customers(actor: Actor) -> QuerySet[Customer]:
    """The customers whom the actor may merge, the recycle bin left out."""
    return within(actor, policy.scope(actor, Customer, "merge").filter(archived_at__isnull=True), "read")


def twin_pairs(actor: Actor) -> QuerySet[TwinPair]:
    """The pairs of which both are the actor's to merge, whatever was decided."""
    mine = mergeable_customers(actor).order_by().values("pk")
    return TwinPair.rows.filter(first_id__in=mine, second_id__in=mine) if reads_compared(actor) else TwinPair.rows.none()


def requests_to_answer(actor: Actor) -> QuerySet[AccessRequest]:
    """The waiting requests to be shown a customer whom the actor may share, the recycle bin left out; their own apart."""
    mine = policy.scope(actor, Customer, "share").filter(archived_at__isnull=True).order_by().values("pk")
    rows = AccessRequest.rows.filter(state=AccessRequest.State.WAITING).exclude(asker_id=actor.user_id or 0)
    return rows.filter(customer__in=mine) if may(actor, "share") else AccessRequest.rows.none()


def field_right(name: str) -> str:
    """Under which key roles speak of a column of customers or of a custom field; "" where they speak of its class alone."""
    return f"customer.{name}" if name.startswith("cf_") else FIELD_RIGHTS.get(name, "")


def may(actor: Actor, act: str) -> bool:
    """Whether the actor may do `act` to some customer (buttons and menus)."""
    return policy.allowed(actor, "customer", act)


def require(actor: Actor, act: str) -> None:
    """Raises NotAllowed where no role of the actor grants `act` on customers."""
    policy.require(actor, "customer", act)


def confirm_created(actor: Actor, customer_id: int) -> None:
    """Raises Invalid where a customer that was just written lies outside of where the actor may create."""
    if not policy.scope(actor, Customer, "create").filter(pk=customer_id).exists():
        raise Invalid(fields={"team_id": [_("登録できるのは、自分の担当か自分の部署の顧客です。担当か部署を選び直してください。")]})


def look_at(actor: Actor, customer_id: int, act: str) -> Customer:
    """One customer for `act`, not locked: what a form starts from. Raises NotFound, NotAllowed."""
    return policy.get(actor, Customer, act, customer_id, lock=False)


def can(actor: Actor, customer_id: int, act: str) -> bool:
    """Whether the actor may do `act` to this customer. No query where their rights do not depend on the row."""
    width = actor.scope_for("customer", act)
    if width in ("none", "all"):
        return width == "all"
    return policy.scope(actor, Customer, act).filter(pk=customer_id).exists()


def reachable_ids(actor: Actor, customer_ids: Collection[int], act: str) -> list[int]:
    """Those of the ids on which the actor may do `act`, the recycle bin left out. One query."""
    rows = policy.scope(actor, Customer, act).filter(pk__in=customer_ids, archived_at__isnull=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def within_reach(actor: Actor, customer_ids: Collection[int], act: str) -> list[int]:
    """As `reachable_ids`, those in the recycle bin among them. One query."""
    return list(policy.scope(actor, Customer, act).filter(pk__in=customer_ids).values_list("pk", flat=True))


def may_import(actor: Actor) -> bool:
    """Whether the actor may bring in files."""
    return policy.allowed(actor, "import", "create")


def visible_views(actor: Actor) -> QuerySet[SavedView]:
    """The saved views of the actor and those that others share, whatever they ask about."""
    return SavedView.rows.filter(Q(owner_id=actor.user_id or 0) | Q(is_shared=True), archived_at=None)


def view_for_edit(actor: Actor, view_id: int) -> SavedView:
    """One of the actor's own views, locked until commit. Raises NotFound, NotAllowed (shared by somebody else)."""
    view = visible_views(actor).filter(pk=view_id).select_for_update().first()
    if view is None:
        raise NotFound
    if view.owner_id != actor.user_id:
        raise NotAllowed
    return view


def may_inherit_views(actor: Actor) -> bool:
    """Whether shared views of people who have left are the actor's to take over or to remove."""
    return policy.allowed(actor, "settings", "configure")


def view_for_removal(actor: Actor, view_id: int, *, archived: bool = False) -> SavedView:
    """One of the actor's own views, or a shared one that somebody left behind where the actor may inherit it; locked until
    commit. `archived`: among those that were removed. Raises NotFound, NotAllowed (its owner is still here)."""
    mine = Q(owner_id=actor.user_id or 0)
    rows = SavedView.rows.filter(mine | Q(is_shared=True), pk=view_id, archived_at__isnull=not archived)
    view = rows.select_related("owner").select_for_update(of=("self",)).first()
    if view is None:
        raise NotFound
    if view.owner_id != actor.user_id and (view.owner.is_active or not may_inherit_views(actor)):
        raise NotAllowed
    return view


def bulk_run_for(actor: Actor, run_id: int, *, lock: bool = True) -> BulkRun:
    """One of the actor's own changes of many, locked until commit. Raises NotFound."""
    rows = BulkRun.rows.filter(pk=run_id, owner_id=actor.user_id or 0)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise NotFound
    return found


def merge_batch_for(actor: Actor, batch_id: int, *, lock: bool = True) -> MergeBatch:
    """One of the actor's own batches of merges, locked until commit. Raises NotFound."""
    rows = MergeBatch.rows.filter(pk=batch_id, owner_id=actor.user_id or 0)
    found = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if found is None:
        raise NotFound
    return found


def export_run_for(actor: Actor, run_id: int, *, lock: bool = True) -> ExportRun:
    """One of the actor's own exports, locked until commit. Raises NotFound, also for whoever may export no more."""
    rows = ExportRun.rows.filter(pk=run_id, owner_id=actor.user_id or 0)
    found = (rows.select_for_update() if lock else rows).first() if may(actor, "export") else None
    if found is None:
        raise NotFound
    return found


def visible_exports(actor: Actor) -> QuerySet[ExportRun]:
    """The exports that the actor may know of: their own, and everybody's for who may read the settings."""
    rows = ExportRun.rows.all()
    return rows if policy.allowed(actor, "settings", "read") else rows.filter(owner_id=actor.user_id or 0)


def width_of(actor: Actor) -> dict[str, int]:
    """How much the actor may see and take out of customers, as figures: more is wider."""
    widths = {act: SCOPE_RANK[actor.scope_for("customer", act)] for act in ("read", "export")}
    return widths | {privacy.value: int(actor.level(privacy)) for privacy in (Privacy.PERSONAL, Privacy.SENSITIVE)}


# ---- what is done with customers ----------------------------------------------------------------------------------


def visible_activities(actor: Actor) -> QuerySet[Activity]:
    """What was done with the customers that the actor may read, those in the recycle bin left out."""
    return policy.scope(actor, Activity, "read").filter(archived_at__isnull=True, customer__archived_at__isnull=True)


def visible_tasks(actor: Actor) -> QuerySet[Task]:
    """What is or was to be done with the customers that the actor may read, those in the recycle bin left out."""
    return policy.scope(actor, Task, "read").filter(archived_at__isnull=True, customer__archived_at__isnull=True)


def visible_comments(actor: Actor) -> QuerySet[Comment]:
    """What was said about activities that the actor may read."""
    rows = policy.scope(actor, Comment, "read")
    return rows.filter(archived_at__isnull=True, activity__archived_at__isnull=True, customer__archived_at__isnull=True)


def customer_to_record(actor: Actor, customer_id: int) -> Customer:
    """One customer about whom the actor may write down what was or is to be done, locked until commit. Raises NotFound, NotAllowed."""
    return policy.get(actor, Customer, "create", customer_id, under="activity")


def recordable_customers(actor: Actor) -> QuerySet[Customer]:
    """The customers about whom the actor may write down what was or is to be done, the recycle bin left out."""
    return policy.scope(actor, Customer, "create", under="activity").filter(archived_at__isnull=True)


def may_record(actor: Actor, customer_id: int) -> bool:
    """As `can`, for writing down what was or is to be done."""
    widths = (actor.scope_for("customer", "read"), actor.scope_for("activity", "create"))
    return widths == ("all", "all") or ("none" not in widths and recordable_customers(actor).filter(pk=customer_id).exists())


def comment_for(actor: Actor, comment_id: int) -> Comment:
    """One comment on what the actor may write about, locked until commit. Raises NotFound, NotAllowed."""
    return policy.get(actor, Comment, "create", comment_id, under="activity")


def activity_for(actor: Actor, activity_id: int, *, lock: bool = True) -> Activity:
    """One activity that the actor may go on writing about, locked until commit unless a form only starts from it. Raises NotFound,
    NotAllowed."""
    return policy.get(actor, Activity, "create", activity_id, lock=lock, under="activity")


def task_for(actor: Actor, task_id: int) -> Task:
    """One task that the actor may change, locked until commit. Raises NotFound, NotAllowed."""
    return policy.get(actor, Task, "create", task_id, under="activity")


def tasks_to_change(actor: Actor, task_ids: Collection[int]) -> set[int]:
    """Those of the tasks that the actor may change. One query, none where that is clear for all of them."""
    widths = (actor.scope_for("customer", "read"), actor.scope_for("activity", "create"))
    if widths == ("all", "all"):
        return set(task_ids)
    rows = policy.scope(actor, Task, "create", under="activity").filter(pk__in=task_ids)
    return set(rows.values_list("pk", flat=True)) if task_ids and "none" not in widths else set()


def visible_files(actor: Actor) -> QuerySet[CustomerFile]:
    """What is kept with the customers that the actor may read, in fields and removed files as well."""
    return policy.scope(actor, CustomerFile, "read").filter(customer__isnull=False)


def file_for(actor: Actor, file_id: int, act: str) -> CustomerFile:
    """One file of a customer for `act`, locked until commit. Raises NotFound, NotAllowed."""
    return policy.get(actor, CustomerFile, act, file_id)


def file_for_look(actor: Actor, file_id: int, act: str) -> CustomerFile:
    """One file of a customer for `act`, not locked: what a form starts from. Raises NotFound, NotAllowed."""
    return policy.get(actor, CustomerFile, act, file_id, lock=False)


def require_words(actor: Actor, right: str = "") -> None:
    """Raises NotAllowed where the actor may not write personal data, or this field of them."""
    if not writes_words(actor, right):
        raise NotAllowed


def writes_words(actor: Actor, right: str = "") -> bool:
    """Whether the actor may write personal data, or this field of them."""
    return actor.level(Privacy.PERSONAL, right) >= Level.WRITE


def opens_form(actor: Actor) -> bool:
    """Whether the form of a customer opens for them at all: it is headed by the name."""
    return writes_words(actor) and writes_words(actor, NAME)


def writes_everything(actor: Actor) -> bool:
    """Whether no personal field is kept from them: a file brings them all."""
    return writes_words(actor) and all(own.level >= Level.WRITE for own in actor.fields.values() if own.privacy is Privacy.PERSONAL)


def readers(customer: Customer) -> dict[int, str]:
    """Who may see this customer and reads personal data in clear: id and name, by name. One query."""
    return _who_may("customer", "read", customer)


def doers(customer: Customer) -> dict[int, str]:
    """Who may be given something to do with this customer, and reads what: id and name, by name. One query."""
    return _who_may("activity", "create", customer)


def _who_may(object_key: str, act: str, customer: Customer) -> dict[int, str]:
    return rights.people_who_may(
        object_key,
        act,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        record=("customer", customer.pk),
        reads=Privacy.PERSONAL,
    )
