"""No right without a name: what is granted, asked for and guarded is in the registry of objects and acts, and nothing else is."""

from __future__ import annotations

import ast

from django.apps import apps

from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.platform import objects, presets, wiring
from enishi.platform.privacy import Level, Privacy
from tests.house.source import Module, dotted, modules

OURS = [model for model in apps.get_models() if model.__module__.startswith("enishi.")]
GUARDED = {model.__name__: model.guard.object for model in OURS if model.access == "protected"}
#: Calls that name an object and an act, by the place of the object among their arguments.
PAIRS = {"needs": 0, "policy.require": 1, "policy.allowed": 1, "scope_for": 0, "people_who_may": 0}
#: Functions of an app that name an act on its own object.
OWN_ACTS = {
    "customers": ("customer", {"may", "require", "can", "within", "look_at", "would_reach", "reachable_ids", "confirm_reach", "customer_for",
                               "customers_for", "customers_in_bulk", "customers_by_number", "file_for", "file_for_look"}),
    "segments": ("segment", {"segment_for"}),
}  # fmt: skip
#: The import target hands acts on through these; `Verb` names those of changes of many.
HANDED_ON = {("import", "read"), ("import", "update"), ("import", "archive"), ("customer", "archive"), ("customer", "assign")}
#: Granted before the screens that ask for them are there.
NOT_YET: set[tuple[str, str]] = {("user", act) for act in ("read", "create", "update", "archive", "configure")}


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _asked(module: Module) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    app = module.name.split("/")[1] if module.name.startswith("enishi/") else ""
    for call in module.calls():
        name, arguments = dotted(call.func), call.args
        last = name.rpartition(".")[2]
        place = PAIRS.get(name, PAIRS.get(last) if last in ("scope_for", "people_who_may") else None)
        if place is not None and len(arguments) > place + 1 and _text(arguments[place]) and _text(arguments[place + 1]):
            found.add((_text(arguments[place]), _text(arguments[place + 1])))
        if name in ("policy.scope", "policy.get") and len(arguments) > 2 and _text(arguments[2]):
            under = next((_text(keyword.value) for keyword in call.keywords if keyword.arg == "under"), "")
            guarded = under or GUARDED.get(dotted(arguments[1]).rpartition(".")[2])
            found |= {(guarded, _text(arguments[2]))} if guarded else set()
        key, functions = OWN_ACTS.get(app, ("", set()))
        if key and last in functions and name in (last, f"access.{last}"):
            found |= {(key, _text(argument)) for argument in arguments if _text(argument) in objects.ACTS}
    return found


def _wired() -> set[tuple[str, str]]:
    entries = [item for group in wiring.load("NAVIGATION") for item in group["items"]]
    for wire in ("HOME_PANELS", "QUICK_ADD", "SETTINGS_PAGES"):
        entries += wiring.load(wire)
    return {tuple(entry["needs"]) for entry in entries if "needs" in entry} | {
        (thing, "read") for thing, _view in wiring.load("CUSTOMER_PANELS")
    }


def _everywhere() -> set[tuple[str, str]]:
    return _wired().union(*(_asked(module) for module in modules()))


def test_whatever_is_asked_for_is_registered():
    assert {pair for pair in _everywhere() if not objects.is_known(*pair)} == set()


def test_every_registered_right_opens_something():
    registered = {(key, act) for key, one in objects.all_objects().items() for act in one.acts}
    assert registered - _everywhere() - HANDED_ON - NOT_YET == set()


def test_every_grant_of_a_preset_is_registered_with_its_width():
    unknown = {
        (preset.key, key, act, width)
        for preset in presets.PRESETS
        for key, acts, width in preset.grants
        for act in acts
        if not objects.is_known(key, act, width)
    }
    assert unknown == set()


def test_every_guard_speaks_of_a_registered_object():
    assert set(GUARDED.values()) - set(objects.all_objects()) == set()


def test_the_registry_is_in_the_order_and_the_words_of_the_screens():
    order = list(objects.ACTS)
    for one in objects.all_objects().values():
        assert list(one.acts) == sorted(one.acts, key=order.index), one.key
        for act, widths in one.acts.items():
            assert set(widths) <= set(objects.WIDTHS), one.key
            assert all(one.sentence(act, width) for width in widths)


POSTS = {"admin", "director", "ec_lead", "ec_staff", "sales", "sales_manager", "support", "store_manager", "store_staff", "viewer"}


def test_every_post_of_a_shop_and_an_office_has_a_preset():
    assert POSTS - {preset.key for preset in presets.PRESETS} == set()


def test_what_a_role_may_keep_apart_covers_every_personal_column_of_a_customer():
    """Whoever adds a personal column says under which field roles speak of it."""
    for model, apart in ((Customer, {"contact_grams"}), (ContactPoint, {"note"}), (Identity, set())):
        personal = {name for name, found in model.privacy.items() if found in (Privacy.PERSONAL, Privacy.SENSITIVE)}
        assert personal - set(model.field_rights) == apart, model._meta.label


def test_levels_rise():
    assert sorted(Level) == [Level.HIDDEN, Level.MASKED, Level.READ, Level.WRITE]
