"""Rooms behind the doors, called without any door: everybody who calls, and the plainest things that a function can be called with."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from django.db import transaction
from django.db.models import Model, QuerySet

import enishi
from enishi.customers.actions.handover import Handover
from enishi.customers.actions.merging import merge_customers
from enishi.customers.actions.upserts import Push
from enishi.customers.models import BulkRun, CustomField, ExportRun, MergeBatch
from enishi.customers.tests.factories import customer
from enishi.platform import objects, policy, rights
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.demo.access import OTHER, OWN
from enishi.platform.models import AuditFile, Role, RoleGrant, RoleLevel, UserRole
from enishi.platform.privacy import Level, Privacy
from enishi.rules.tree import parse
from tests.doors.test_access_matrix import Planted, planted

__all__ = ["planted"]
DEEPEST = 9
ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # where an object lies in memory says nothing
PLAIN: Mapping[Any, Any] = {str: "x", int: 1, bool: True, bytes: b"x"}


def functions(room: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of a room that somebody calls, by its app, its file and its name."""
    for module in pkgutil.walk_packages(enishi.__path__, "enishi."):
        app, _, file = module.name.removeprefix("enishi.").partition(f".{room}.")
        if file and ".tests" not in module.name:
            for name, function in vars(importlib.import_module(module.name)).items():
                if (
                    inspect.isfunction(function)
                    and function.__module__ == module.name
                    and "actor" in inspect.signature(function).parameters
                ):
                    yield f"{app}.{file}.{name}", function


@pytest.fixture
def stage(planted, make_user, now, monkeypatch):
    """Somebody who may do everything, somebody who may do it with their own alone, somebody who may read everything, nobody, and what
    a function is called with."""
    found, _users = planted
    full, narrow, reader, nobody = (make_user(name) for name in ("full", "narrow", "reader", "nobody"))
    for user, width in ((full, "all"), (narrow, "own"), (reader, "all")):
        role = Role.rows.create(key=user.username, name=user.username)
        RoleGrant.rows.bulk_create(
            RoleGrant(role=role, object=key, action=act, scope=width if width in widths else "all")
            for key, thing in objects.all_objects().items()
            for act, widths in thing.acts.items()
            if act == "read" or user is not reader
        )
        RoleLevel.rows.bulk_create(
            RoleLevel(role=role, privacy_class=privacy.value, level=Level.WRITE) for privacy in Privacy if privacy is not Privacy.SECRET
        )
        UserRole.rows.create(user=user, role=role)
    for model in (BulkRun, ExportRun, AuditFile, MergeBatch):  # which are seen by their makers alone
        model.rows.update(owner=full)
    BulkRun.rows.update(state=BulkRun.State.DONE)
    ids = found.ids(OTHER)
    twins = [customer(name=name, number=f"C-9000{name}", owner_id=found.grounds[OTHER].stranger.pk).pk for name in ("x", "y")]
    named = {  # what further arguments are about
        "customer_ids": [ids["customer_id"]],
        "ids": [ids["customer_id"]],
        "activity_ids": [ids["activity_id"]],
        "user_id": found.grounds[OTHER].stranger.pk,
        "text": "canary",
        "before": 10**9,
        "limit": 50,
        "rule": parse({"type": "all", "rules": []}),
    }
    given = {
        "platform.audit_files.audit_file.file_id": ids["audit_file_id"],
        "platform.approvals.request_page.request_id": ids["approval_id"],
        "customers.merging.merge_customers.keep": ids["customer_id"],
        "customers.merging.merge_customers.gone": [found.ids(OWN)["customer_id"]],
        "customers.unmerging.unmerge_customers.merge_id": merge_customers(keep=twins[0], gone=twins[1:], actor=SYSTEM, now=now).id,
        "customers.bulk.undo_many.run_id": ids["bulk_id"],
        "customers.bulk.run_page.run_id": ids["bulk_id"],
        "customers.handover.handed_over.run_id": ids["handover_id"],
        "customers.handover.notice_handover.run_id": ids["handover_id"],
        "customers.handover.hand_over.handover": Handover(owner=str(found.grounds[OTHER].stranger.pk)),
        "customers.exports.export_page.run_id": ids["export_id"],
        "customers.bulk.change_many.verb": "archive",
        "customers.field_files._hold.field_key": CustomField.rows.get(label="canary files").key,
        "customers.upserts.upsert_customer.push": Push("email", "x@example.jp", {"family_name": "x"}),
        "messaging.accounts.save_account.from_email": "x@example.jp",
        "messaging.accounts.save_account.reply_to": "x@example.jp",
    }
    actors = [rights.actor_of(user) for user in (full, narrow, reader, nobody)]
    blind = dataclasses.replace(actors[0], levels={}, fields={})
    return Stage(found, ids | named, *actors, blind, now, given, _listen(monkeypatch))


def _listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every right that anybody but the system is asked for, as it comes."""
    asked: list[str] = []
    allowed, scope = policy.allowed, policy.scope

    def heard_allowed(actor: Actor, key: str, act: str) -> bool:
        asked.extend([] if actor.is_system else [f"{key}.{act}"])
        return allowed(actor, key, act)

    def heard_scope(actor: Actor, model: Any, act: str, *, under: str = "") -> Any:
        asked.extend([] if actor.is_system else [f"{under or policy.guard_of(model).object}.{act}"])
        return scope(actor, model, act, under=under)

    monkeypatch.setattr(policy, "allowed", heard_allowed)
    monkeypatch.setattr(policy, "scope", heard_scope)
    return asked


def _plain(hint: Any, now: datetime, ids: Mapping[str, Any]) -> Any:
    """The plainest value of a type; what names a record in it names one of `ids`."""
    if hint in PLAIN:
        return PLAIN[hint]
    if hint in (datetime, date):
        return now if hint is datetime else now.date()
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return args[0]
    if origin in (Union, types.UnionType):
        return None if types.NoneType in args else _plain(args[0], now, ids)
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return {} if issubclass(origin, Mapping) else ()
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        wanted = [one for one in dataclasses.fields(hint) if one.default is one.default_factory is dataclasses.MISSING]
        return hint(**{one.name: ids.get(one.name) or _plain(hints[one.name], now, ids) for one in wanted})
    return object()


@dataclass
class Stage:
    found: Planted
    ids: Mapping[str, Any]
    full: Actor
    narrow: Actor
    reader: Actor
    nobody: Actor
    blind: Actor  # may do everything, and reads no class of columns
    now: datetime
    given: Mapping[str, Any]  # by action and argument, where a plain one leads to no question
    asked: list[str]

    def call(self, where: str, function: Callable[..., Any], actor: Actor, read: Callable[[Any], Any] = lambda result: None) -> Any:
        """What is read of the result, or the error, with everything rolled back. It is about what is somebody else's."""
        self.asked.clear()
        hints = get_type_hints(inspect.unwrap(function))
        called = {
            name: self.given.get(f"{where}.{name}", self._value(name, hints[name]))
            for name, parameter in inspect.signature(function).parameters.items()
            if name in self.ids or parameter.default is parameter.empty
        }
        called["actor"] = actor
        try:
            with transaction.atomic():
                try:
                    return read(function(**called))
                finally:
                    transaction.set_rollback(True)
        except Exception as error:
            return error

    def _value(self, name: str, hint: Any) -> Any:
        """What stands for a record or a word where the argument names one, else the plainest of its type."""
        if name in self.ids:
            return str(self.ids[name]) if hint is str else self.ids[name]
        return _plain(hint, self.now, self.ids)


def texts(value: Any, depth: int = 0) -> str:
    """All that a result says, in small letters."""
    if isinstance(value, str):
        return value.lower()
    if depth > DEEPEST:
        return ""
    if isinstance(value, QuerySet):
        value = list(value.values()) if value._fields is None else list(value)
    elif isinstance(value, Model):
        value = {name: said for name, said in vars(value).items() if name != "_state"}
    elif dataclasses.is_dataclass(value):
        value = [getattr(value, one.name, "") for one in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset) or inspect.isgenerator(value):
        return " ".join(texts(one, depth + 1) for one in value)
    return ADDRESS.sub("", repr(value)).lower()
