"""A customer with everything around it, every protected text a canary."""

from __future__ import annotations

from datetime import timedelta

from enishi.customers.actions.merging import merge_customers
from enishi.customers.fields.layout import Item, Section, standard, stored
from enishi.customers.models import (
    AccessRequest,
    Activity,
    ActivityGrams,
    BulkRow,
    BulkRun,
    Comment,
    ContactPoint,
    Customer,
    CustomerFile,
    CustomerTag,
    CustomField,
    ExportRun,
    FormLayout,
    ImportRun,
    Mention,
    Merge,
    MergeBatch,
    MergeBatchRow,
    Relation,
    RelationType,
    SavedView,
    StandardBook,
    Tag,
    Task,
    TradeUse,
    TwinPair,
    TwinSearch,
)
from enishi.customers.search import fill_search_columns
from enishi.customers.standards.rule import Rule, dumped
from enishi.platform.actor import SYSTEM
from enishi.platform.changes import record_changes
from enishi.platform.demo.access import Ground, stored_file
from enishi.platform.models import ChangeSet, Share
from enishi.platform.numbers import take_numbers


def plant(ground: Ground) -> None:
    field, version = _field(ground)
    customer = _customer(ground, field)
    _file_in_a_field(ground, customer)
    activity_id, task_id = _activities(ground, customer)
    tag, _ = Tag.rows.get_or_create(name="常連")
    CustomerTag.rows.get_or_create(customer=customer, tag=tag, defaults={"at": ground.now})
    relation = _relation(ground, customer)
    kind, _ = RelationType.rows.get_or_create(
        code="own_canary", defaults={"name": "顧問", "target_label": "顧問先", "source_label": "顧問", "created_at": ground.now}
    )
    run, bulk = _import(ground), _bulk(ground, customer)
    ground.ids |= dict.fromkeys(("key", "customer_id", "pk"), customer.pk) | dict.fromkeys(("run_id", "import_id"), run.pk)
    ground.ids |= {
        "note_id": activity_id,
        "activity_id": activity_id,
        "task_id": task_id,
        "tag_id": tag.pk,
        "share_id": _share(ground, customer).pk,
        "relation_id": relation.pk,
        "search_id": _twins(ground, customer, relation.target_id).pk,
        "file_id": _file(ground, customer).pk,
        "contact": _contacts(ground, customer),
        "way": "phone",
        "view_id": _view(ground).pk,
        "bulk_id": bulk.pk,
        "handover_id": _handover(ground, customer).pk,
        "change_set_id": _cells(ground, customer).pk,
        "column": "phone",
        "export_id": _export(ground).pk,
        "verb": "tag",
        "type_id": kind.pk,
        "field_key": field.key,
        "trade_key": "wholesale",
        "use_id": _use(ground).pk,
        "version_id": version.pk,
        "rule_key": _rule(ground),
        "name": "move",
        "channel": "email",
        "slug": "email",
        "kind": "email",
        "target": "customers",
        "merge_id": _merge(ground, customer),
        "batch_id": _batch(ground, customer),
        "access_id": _access(ground, customer),
    }


def _rule(ground: Ground) -> str:
    """The key of a rule of the published input standards; the standards are one for the company."""
    rule = Rule(key="r1", field="street", check="lookalikes", mode="warn")
    StandardBook.rows.get_or_create(published_at=ground.now, defaults={"rules": dumped([rule]), "created_at": ground.now})
    return rule.key


def _merge(ground: Ground, customer: Customer) -> int:
    """Somebody of the same people in charge who was found to be the customer."""
    columns = {"name": ground.mark("twinname"), "former_name": ground.mark("twinformer"), "email": f"{ground.mark('twinmail')}@example.jp"}
    found = Merge.rows.filter(kept_id=customer.pk).first()
    if found is not None:
        return found.pk
    twin = Customer(owner=ground.owner, team=ground.team, created_at=ground.now, number=take_numbers("C")[0], **columns)
    fill_search_columns(twin)
    twin.save(force_insert=True)
    return merge_customers(keep=customer.pk, gone=[twin.pk], actor=SYSTEM, now=ground.now, door="demo").id


def _relation(ground: Ground, customer: Customer) -> Relation:
    """To a company beside the customer, with the same people in charge."""
    name = ground.mark("company")
    company = Customer.rows.filter(name=name).first()
    if company is None:
        company = Customer(
            kind="company", name=name, owner=ground.owner, team=ground.team, created_at=ground.now, number=take_numbers("B")[0]
        )
        fill_search_columns(company)
        company.save(force_insert=True)
    made = {"title": ground.mark("title"), "department": ground.mark("department")}
    return Relation.rows.get_or_create(source=customer, target=company, kind="works_for", defaults=made)[0]


def _twins(ground: Ground, customer: Customer, other_id: int) -> TwinSearch:
    """The customer and somebody beside them, as a search that is over has found them."""
    search = TwinSearch.rows.filter(owner=ground.stranger, state="done").first()
    if search is None:
        made = {"kind": "whole", "state": "done", "created_at": ground.now, "finished_at": ground.now}
        search = TwinSearch.rows.create(owner=ground.stranger, **made)
    first, second = sorted((customer.pk, other_id))
    found = {"score_ppm": 999_900, "outcomes": {"name": "same"}, "group_id": first, "search": search, "found_at": ground.now}
    TwinPair.rows.get_or_create(first_id=first, second_id=second, defaults=found)
    return search


def _access(ground: Ground, customer: Customer) -> int:
    """The stranger asks to be shown the customer, and why."""
    made = {"note": ground.mark("accessnote"), "created_at": ground.now}
    return AccessRequest.rows.get_or_create(customer=customer, asker=ground.stranger, defaults=made)[0].pk


def _batch(ground: Ground, customer: Customer) -> int:
    """The stranger's own, over: the customer was left as they were."""
    made = {"state": "done", "total": 1, "done": 1, "refused_count": 1, "created_at": ground.now}
    found = MergeBatch.rows.filter(owner=ground.stranger, at_least_ppm=999_000).first()
    if found is None:
        found = MergeBatch.rows.create(owner=ground.stranger, at_least_ppm=999_000, **made)
    MergeBatchRow.rows.get_or_create(
        batch=found, position=0, defaults={"customer_ids": [customer.pk], "score_ppm": 999_900, "outcome": "left"}
    )
    return found.pk


def _share(ground: Ground, customer: Customer) -> Share:
    """With the stranger, and why."""
    made = {"level": "read", "reason": ground.mark("sharereason"), "created_at": ground.now}
    return Share.rows.get_or_create(object="customer", record_id=customer.pk, user=ground.stranger, defaults=made)[0]


def _contacts(ground: Ground, customer: Customer) -> int:
    """A second mail address, and a place to which parcels go."""
    mark, made = ground.mark, {"created_at": ground.now}
    mail, _ = ContactPoint.rows.get_or_create(
        customer=customer, kind="email", email=f"{mark('second')}@example.jp", defaults=made | {"note": mark("contactnote")}
    )
    place = {"city": mark("parcelcity"), "street": mark("parcelstreet"), "building": mark("parcelbuilding")}
    ContactPoint.rows.get_or_create(customer=customer, kind="address", label="shipping", **place, defaults=made)
    fill_search_columns(customer)
    customer.save()
    return mail.pk


def _activities(ground: Ground, customer: Customer) -> tuple[int, int]:
    """A note that calls the owner, and what follows from it."""
    note, new = Activity.rows.get_or_create(customer=customer, text=ground.mark("note"), defaults={"at": ground.now})
    if new:
        ActivityGrams.of(note).save(force_insert=True)
    called = ground.owner or ground.stranger
    Mention.rows.get_or_create(activity=note, comment=None, user=called)
    comment, _ = Comment.rows.get_or_create(
        activity=note, customer=customer, text=ground.mark("comment"), defaults={"author": ground.stranger, "at": ground.now}
    )
    Mention.rows.get_or_create(activity=note, comment=comment, user=called)
    ground.ids["comment_id"] = comment.pk
    task, _ = Task.rows.get_or_create(
        customer=customer,
        title=ground.mark("task"),
        defaults={"activity": note, "due_on": ground.now.date(), "assignee": called, "created_at": ground.now},
    )
    return note.pk, task.pk


def _file(ground: Ground, customer: Customer) -> CustomerFile:
    """Kept with the customer. Nobody is shown under which name it was stored."""
    made = {
        "stored": stored_file(ground, "kept", ground.mark("filecontent")),
        "note": ground.mark("filenote"),
        "kind": "text",
        "at": ground.now,
    }
    return CustomerFile.rows.get_or_create(customer=customer, name=f"{ground.mark('filename')}.txt", defaults=made)[0]


def _file_in_a_field(ground: Ground, customer: Customer) -> None:
    """Of the class of the field: sensitive, where what stands beside the customer is personal."""
    asked = {"kind": "file", "privacy_class": "sensitive", "purpose": "canary", "created_at": ground.now}
    field, _ = CustomField.rows.get_or_create(label="canary files", defaults=asked)
    content = ground.mark("fieldfilecontent", sensitive=True)
    made = {"stored": stored_file(ground, "fieldfile", content), "kind": "text", "at": ground.now}
    name = f"{ground.mark('fieldfile', sensitive=True)}.txt"
    row, _ = CustomerFile.rows.get_or_create(customer=customer, field=field, name=name, defaults=made)
    customer.custom |= {field.key: [{"id": row.pk, "name": name, "kind": "text", "size_bytes": row.stored.size_bytes}]}
    customer.save(update_fields=["custom"])


def _field(ground: Ground) -> tuple[CustomField, FormLayout]:
    """A field for personal data on the form of everybody."""
    made = {"kind": "text", "privacy_class": "personal", "purpose": "canary", "created_at": ground.now}
    field, _ = CustomField.rows.get_or_create(label="canary field", defaults=made)
    section = Section(key="canary", label="canary", items=[Item(field=field.key)])
    shape = {"sections": stored((*standard(), section)), "created_at": ground.now, "published_at": ground.now}
    return field, FormLayout.rows.get_or_create(note="canary", defaults=shape)[0]


def _use(ground: Ground) -> TradeUse:
    """A template that was used, with nothing of it left to take back."""
    deed, _ = ChangeSet.rows.get_or_create(door="screen", reason="canary trade", defaults={"actor_kind": "staff", "at": ground.now})
    return TradeUse.rows.get_or_create(trade="wholesale", change_set=deed, defaults={"used_at": ground.now})[0]


def _customer(ground: Ground, field: CustomField) -> Customer:
    mark = ground.mark
    customer = Customer(
        name=mark("name"),
        family_name=mark("family"),
        kana=mark("kana"),
        former_name=mark("former_name"),
        email=f"{mark('email')}@example.jp",
        phone=mark("phone"),
        city=mark("city"),
        street=mark("street"),
        owner=ground.owner,
        team=ground.team,
        created_at=ground.now,
        custom={field.key: mark("custom")},
    )
    known = Customer.rows.filter(name=customer.name).first()
    if known is not None:
        return known
    customer.number = take_numbers("C")[0]
    fill_search_columns(customer)
    customer.save(force_insert=True)
    return customer


def _view(ground: Ground) -> SavedView:
    """The stranger's own, about a name."""
    about = {"type": "text", "op": "contains", "values": [ground.mark("view")]}
    made = {"rule": {"type": "condition", "fact": "customer.name", "test": about}, "created_at": ground.now}
    view, _ = SavedView.rows.get_or_create(owner=ground.stranger, name=f"{ground.relation} {ground.name}", defaults=made)
    return view


def _bulk(ground: Ground, customer: Customer) -> BulkRun:
    """The stranger's own, over."""
    deed, _ = ChangeSet.rows.get_or_create(
        actor=ground.stranger, door="bulk", reason=ground.name, defaults={"actor_kind": "staff", "at": ground.now}
    )
    made = {"verb": "archive", "state": "done", "total": 1, "done": 1, "refused_count": 1, "created_at": ground.now}
    run, _ = BulkRun.rows.get_or_create(owner=ground.stranger, change_set=deed, selection={"text": ground.mark("search")}, defaults=made)
    BulkRow.rows.get_or_create(run=run, position=0, customer_id=customer.pk, outcome="not_allowed")
    return run


def _handover(ground: Ground, customer: Customer) -> BulkRun:
    """The stranger gave the customer to themselves, with a note on the customer's timeline."""
    found = BulkRun.rows.filter(owner=ground.stranger, verb="handover", selection={"ids": [customer.pk]}).first()
    if found is not None:
        return found
    deed = ChangeSet.rows.create(actor=ground.stranger, door="bulk", reason=f"{ground.name} handover", actor_kind="staff", at=ground.now)
    run = BulkRun.rows.create(
        owner=ground.stranger,
        verb="handover",
        target_id=ground.stranger.pk,
        wishes={"tasks": True},
        note=ground.mark("handover"),
        selection={"ids": [customer.pk]},
        change_set=deed,
        state="done",
        total=1,
        done=1,
        changed_count=1,
        created_at=ground.now,
    )
    BulkRow.rows.create(run=run, position=0, customer_id=customer.pk, outcome="changed")
    return run


def _cells(ground: Ground, customer: Customer) -> ChangeSet:
    """What the stranger changed in the list: a street was another one."""
    deed, new = ChangeSet.rows.get_or_create(
        actor=ground.stranger, door="list", reason=ground.name, defaults={"actor_kind": "staff", "at": ground.now}
    )
    if new:
        record_changes(deed, Customer, [(customer.pk, {"street": (ground.mark("formerstreet"), customer.street)})])
    return deed


def _export(ground: Ground) -> ExportRun:
    """The stranger's own, over, with its file."""
    found = ExportRun.rows.filter(owner=ground.stranger, reason=f"{ground.relation} {ground.name}").first()
    if found is not None:
        return found
    return ExportRun.rows.create(
        owner=ground.stranger,
        reason=f"{ground.relation} {ground.name}",
        selection={"text": ground.mark("exported")},
        columns=["number", "name"],
        format="csv",
        state="done",
        file=stored_file(ground, "export", ground.mark("exportcontent", "nobody")),
        created_at=ground.now,
        expires_at=ground.now + timedelta(days=7),
    )


def _import(ground: Ground) -> ImportRun:
    """It waits for its columns. The name of its file is read by the right to imports."""
    made = {
        "target": "customers",
        "owner": ground.stranger,
        "state": "mapping",
        "created_at": ground.now,
        "columns": [],
        "shape": {"format": "csv", "encoding": "utf-8", "header": ["氏名"]},
    }
    run, _ = ImportRun.rows.get_or_create(file=stored_file(ground, "import"), defaults=made)
    return run
