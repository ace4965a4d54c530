"""Nothing without a declaration: models, columns, people's tables, routes, events, jobs, wires."""

from __future__ import annotations

import ast
import re

from django.apps import apps
from django.db import models
from django.urls import reverse

from enishi.platform import wiring
from enishi.platform.fields import GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import Privacy
from enishi.platform.routes import all_routes
from tests.house.source import SOURCE, dotted, modules

OURS = [model for model in apps.get_models() if model.__module__.startswith("enishi.")]
# Columns that hold a customer's id, whatever the key's form.
CUSTOMER_KEYS = {"customer", "customer_id", "customer_ids", "source", "target", "current", "old_id"}


def test_every_model_says_how_it_is_guarded():
    assert [m._meta.label for m in OURS if getattr(m, "access", "") not in ("protected", "reference", "system")] == []


def test_every_protected_model_has_a_guard_and_a_manager_that_refuses():
    for model in (m for m in OURS if m.access == "protected"):
        assert isinstance(model.guard, Guard), model._meta.label
        assert isinstance(model.objects, GuardedManager), model._meta.label


def test_every_column_has_a_privacy_class():
    for model in OURS:
        columns = {field.name for field in model._meta.concrete_fields}
        assert columns - set(model.privacy) == set(), model._meta.label
        assert set(model.privacy) - columns == set(), model._meta.label
        assert all(isinstance(value, Privacy) for value in model.privacy.values())


def test_every_table_that_points_to_a_person_is_in_the_manifest():
    pointing = set()
    for model in OURS:
        for field in model._meta.concrete_fields:
            to_customer = isinstance(field, models.ForeignKey) and field.related_model._meta.label == "customers.Customer"
            ids = ("customer_id", "customer_ids", "old_id", "record_id", "kept_id", "gone_ids", "first_id", "second_id")
            plain = field.name in ids
            if to_customer or plain:
                pointing.add((model._meta.db_table, field.column))
    manifest = {(entry["table"], entry["key"]) for entry in wiring.load("PERSON_TABLES")}
    assert pointing - manifest == set()
    assert manifest - pointing - {("customers_customer", "id")} == set()


def test_a_merge_knows_what_to_do_with_every_table_that_points_to_a_person():
    rules = {entry["table"]: entry["merge"] for entry in wiring.load("PERSON_TABLES")}
    assert set(rules.values()) <= {"born", "repoint", "recompute", "replace", "keep"}
    figured = {table for follower in wiring.load("MERGE_FOLLOWERS") for table in follower.tables}
    assert {table for table, rule in rules.items() if rule == "recompute"} == figured | {"customers_consentstate"}
    by_table = {model._meta.db_table: model for model in OURS}
    for entry in wiring.load("PERSON_TABLES"):  # a key of the base's own keeps nobody who is gone
        column = next(field for field in by_table[entry["table"]]._meta.concrete_fields if field.column == entry["key"])
        if entry["merge"] in ("born", "keep"):
            assert not isinstance(column, models.ForeignKey), entry["table"]


def test_every_route_declares_its_guard():
    assert [f"{r.host} /{r.route}" for r in all_routes() if not r.guard] == []


def test_every_route_of_ours_says_which_methods_it_answers():
    assert [f"{r.host} /{r.route}" for r in all_routes() if not r.methods] == []
    assert {r.methods for r in all_routes() if r.name == "customers:archive"} == {("POST",)}


PUBLIC = {
    "account_login", "account_logout", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
    "mfa_authenticate", "mfa_login_webauthn", "platform:invitation", "platform:sign-in-link", "openid_connect_login", "openid_connect_callback",
    "company_directory", "company_saml_metadata", "company_saml_answer", "company_saml_finish",
    "platform:home", "platform:healthz", "platform:readyz", "platform:set-up",
    "track-open", "track-click", "track-unsubscribe", "", "files-mail", "files-preview", "files-kept", "files-pdf", "platform:stories",
}  # fmt: skip


def test_the_public_routes_are_those_that_were_reviewed():
    assert {r.name for r in all_routes() if r.public} - PUBLIC == set()


def test_every_wire_resolves():
    for name in wiring.WIRES:
        wiring.load(name)
    for group in wiring.load("NAVIGATION"):
        for item in group["items"]:
            assert reverse(item["view"])


def test_every_event_kind_is_in_its_apps_readme():
    missing = []
    for module in modules():
        if not module.name.startswith("enishi/"):
            continue
        app = module.path.relative_to(SOURCE).parts[1]
        readme = SOURCE / "enishi" / app / "README.md"
        text = readme.read_text() if readme.exists() else ""
        for call in module.calls():
            name = dotted(call.func)
            kind = call.args[0] if call.args else None
            if (
                name in ("events.record", "events.NewEvent", "NewEvent")
                and isinstance(kind, ast.Constant)
                and f"`{kind.value}`" not in text
            ):
                missing.append(f"{app}: {kind.value}")
    assert missing == []


def test_every_enqueued_job_exists_and_every_job_has_a_stable_name():
    from procrastinate.contrib.django import app as queue

    known = set(queue.tasks)
    asked = {
        call.args[0].value
        for module in modules()
        for call in module.calls()
        if dotted(call.func) in ("jobs.enqueue", "enqueue") and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert asked - known == set()
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in known if not name.startswith(("procrastinate", "builtin")))
