"""Defining the company's own fields: adding, changing, retiring. What was written in one is never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.layouts import place_on_the_form
from enishi.customers.fields import catalogue
from enishi.customers.fields.catalogue import MOST_CHOICES, MOST_FIELDS
from enishi.customers.fields.field import Choice, Field, Json
from enishi.customers.fields.own_keys import UNIQUE_KINDS
from enishi.customers.fields.values import CHOOSING, FILES, MOST_FILES
from enishi.customers.models import Customer, CustomField
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.normalise import clean, clean_lines, fold
from enishi.platform.models import RoleField
from enishi.platform.privacy import Privacy

_TEXTS: Mapping[str, int] = {"label": 40, "help_text": 200, "meaning": 400, "example": 100, "purpose": 200}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "number": ("unit", "decimals", "least", "most"),
    "percent": ("decimals", "least", "most"),
    "money": ("least", "most"),
    "rating": ("most",),
    "auto_number": ("prefix", "digits"),
    "file": ("files",),
    "image": ("files",),
}
_PARENT_LIMIT = 20
# A lock that writers share, and that waits for whoever removes a field.
_HELD = "SELECT id FROM customers_customfield WHERE id = ANY(%s) FOR KEY SHARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What is said about a field. `choices`: those with a key are known, those without are new; a known one that is missing
    is retired, not removed. `privacy` may only become stricter once something was written."""

    kind: str
    label: str
    for_kind: str = ""
    privacy: str = Privacy.INTERNAL.value
    options: Mapping[str, Json] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    depends_on: str = ""
    is_unique: bool = False
    help_text: str = ""
    meaning: str = ""
    example: str = ""
    purpose: str = ""


@action
def define_field(*, definition: Definition, actor: Actor, now: datetime, section: str = "") -> str:
    """Add a field; its key. It is at once in lists, filters, imports, the API and on the form, at the end of `section` or of
    the last one. Records `field.defined`. Raises NotAllowed, Invalid."""
    row = add_field(definition, actor=actor, now=now)
    place_on_the_form(row.key, section=section, actor=actor, now=now)
    return row.key


def add_field(definition: Definition, *, actor: Actor, now: datetime) -> CustomField:
    """A field that stands nowhere on the form yet. Records `field.defined`. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    if len(catalogue.fields_in_use()) >= MOST_FIELDS:
        raise Invalid(_("項目は%(n)d個までです。使わない項目の使用をやめてください。") % {"n": MOST_FIELDS})
    checked = _checked(definition, before=None)
    row = CustomField(created_at=now, created_by_id=actor.user_id, position=len(catalogue.all_fields()), **_columns(checked))
    row.save(force_insert=True)
    catalogue.forget()
    events.record("field.defined", subject=row.pk, customer=None, actor=actor, at=now, data={"kind": row.kind})
    return row


@action
def change_field(*, key: str, definition: Definition, actor: Actor, now: datetime) -> None:
    """Change what is said about a field; never its kind, and never a key of its choices. Records `field.changed`.

    Raises NotFound, NotAllowed, Invalid.
    """
    row = _field(key, actor)
    before = catalogue.field_of(row)
    columns = _columns(_checked(definition, before=before))
    pairs = {name: (getattr(row, name), value) for name, value in columns.items() if getattr(row, name) != value}
    if not pairs:
        return
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(pairs))
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, CustomField, [(row.pk, {name.removesuffix("_id"): pair for name, pair in pairs.items()})])
    if "privacy_class" in pairs:
        RoleField.rows.filter(field=access.field_right(key)).update(privacy_class=row.privacy_class)
    catalogue.forget()
    events.record("field.changed", subject=row.pk, customer=None, actor=actor, at=now, data={"change_set": deed.pk})


@action
def retire_field(*, key: str, retired: bool, actor: Actor, now: datetime) -> None:
    """Take a field out of use, or back into it. Its values stay and are shown where there are any. Records `field.retired` or
    `field.revived`. Raises NotFound, NotAllowed, Invalid (another field has the name now, or there are too many)."""
    row = _field(key, actor)
    if (row.retired_at is not None) == retired:
        return
    if retired and (narrowed := [field.label for field in catalogue.fields_in_use().values() if field.depends_on == key]):
        raise Invalid(_("「%(label)s」の選択肢を絞り込んでいるため、使用をやめられません。") % {"label": narrowed[0]})
    if not retired:
        _refuse_label(row.label, besides=key)
        if len(catalogue.fields_in_use()) >= MOST_FIELDS:
            raise Invalid(_("項目は%(n)d個までです。使わない項目の使用をやめてください。") % {"n": MOST_FIELDS})
    row.retired_at = now if retired else None
    row.save(update_fields=["retired_at"])
    catalogue.forget()
    events.record("field.retired" if retired else "field.revived", subject=row.pk, customer=None, actor=actor, at=now)


@action
def order_fields(*, keys: Sequence[str], actor: Actor, now: datetime) -> None:
    """The order in which lists and files name the fields. Unknown keys are left out. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    rows = {row.key: row for row in CustomField.rows.select_for_update().order_by("pk")}
    wanted = [key for key in dict.fromkeys(keys) if key in rows]
    rest = sorted((key for key in rows if key not in wanted), key=lambda key: (rows[key].position, rows[key].pk))
    for position, key in enumerate([*wanted, *rest]):
        rows[key].position = position
    CustomField.rows.bulk_update(rows.values(), ["position"])
    catalogue.forget()


def note_use(keys: Sequence[str], on: date) -> None:
    """Somebody has written into these fields today: remembered once a day. Two queries, none without keys.

    Until commit none of them can be removed; raises Invalid where one just was (a template was taken back meanwhile).
    """
    ids = {int(key.removeprefix("cf_")) for key in keys if key.startswith("cf_")}
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [list(ids)])
        gone = ids - {pk for (pk,) in cursor.fetchall()}
    if gone:
        raise Invalid(fields={f"cf_{pk:d}": [_("この項目はありません。")] for pk in gone})
    CustomField.rows.filter(pk__in=ids).exclude(last_used_on=on).update(last_used_on=on)


def _field(key: str, actor: Actor) -> CustomField:
    policy.require(actor, "settings", "configure")
    number = key.removeprefix("cf_")
    row = CustomField.rows.select_for_update().filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if row is None:
        raise NotFound
    return row


# ---- checking -------------------------------------------------------------------------------------------------------


def _checked(definition: Definition, *, before: Field | None) -> Definition:
    """The definition in its stored form. Raises Invalid with all that is wrong."""
    problems: dict[str, list[str]] = {}
    tidy = {name: (clean_lines if name == "meaning" else clean)(getattr(definition, name)) for name in _TEXTS}
    for name, limit in _TEXTS.items():
        if len(tidy[name]) > limit:
            problems[name] = [_("%(n)d文字以内で入力してください。") % {"n": limit}]
    if not tidy["label"]:
        problems["label"] = [_("項目名を入力してください。")]
    kind = before.kind if before else definition.kind
    if kind not in CustomField.Kind.values:
        problems["kind"] = [_("一覧から選んでください。")]
    if definition.for_kind not in ("", *Customer.Kind.values):
        problems["for_kind"] = [_("一覧から選んでください。")]
    if definition.privacy not in CustomField.PrivacyClass.values:
        problems["privacy"] = [_("一覧から選んでください。")]
    if definition.privacy != Privacy.INTERNAL and not tidy["purpose"]:
        problems["purpose"] = [_("個人情報の項目には、利用目的を入力してください。")]
    if definition.is_unique and kind not in UNIQUE_KINDS:
        problems["is_unique"] = [_("この種類の項目では選べません。")]
    if before is not None and definition.is_unique != before.is_unique:
        problems["is_unique"] = [_("あとから変えることはできません。新しい項目を作ってください。")]
    options = _options(kind, definition.options, problems)
    choices = _choices(kind, definition, before, problems)
    if not problems.get("label"):
        try:
            _refuse_label(tidy["label"], besides=before.key if before else "")
        except Invalid as refusal:
            problems |= {name: list(texts) for name, texts in refusal.fields.items()}
    if problems:
        raise Invalid(fields=problems)
    return Definition(
        kind=kind,
        for_kind=definition.for_kind,
        privacy=definition.privacy,
        options=options,
        choices=choices,
        depends_on=definition.depends_on if kind == "choice" else "",
        is_unique=definition.is_unique,
        **tidy,
    )


def _refuse_label(label: str, *, besides: str) -> None:
    taken = {fold(str(found.verbose_name)) for found in Customer._meta.get_fields() if hasattr(found, "verbose_name")}
    taken |= {fold(found.label) for key, found in catalogue.fields_in_use().items() if key != besides}
    if fold(label) in taken:
        raise Invalid(fields={"label": [_("同じ名前の項目があります。")]})


def _options(kind: str, given: Mapping[str, Json], problems: dict[str, list[str]]) -> dict[str, Json]:
    options: dict[str, Json] = {}
    for name in _OPTIONS.get(kind, ()):
        value = given.get(name)
        if value in (None, ""):
            continue
        if name in ("unit", "prefix"):
            text = clean(str(value))
            if len(text) > 10:
                problems[name] = [_("%(n)d文字以内で入力してください。") % {"n": 10}]
            options[name] = text
        elif isinstance(value, int | float) and not isinstance(value, bool):
            options[name] = value
        else:
            problems[name] = [_("数字で入力してください。")]
    least, most = options.get("least"), options.get("most")
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        problems["most"] = [_("「最小」より大きい数字にしてください。")]
    for name, limits in {"decimals": (0, 6), "digits": (1, 12)}.items():
        value = options.get(name)
        if value is not None and not (isinstance(value, int) and limits[0] <= value <= limits[1]):
            problems[name] = [_("%(least)d〜%(most)d の数字にしてください。") % {"least": limits[0], "most": limits[1]}]
    if kind in FILES:
        options["files"] = files = options.get("files") or 1
        if not (isinstance(files, int) and 1 <= files <= MOST_FILES):
            problems["files"] = [_("%(least)d〜%(most)d の数字にしてください。") % {"least": 1, "most": MOST_FILES}]
    if kind == "rating" and not (isinstance(most, int) and 2 <= most <= 10):
        options["most"] = 5
    return options


def _choices(kind: str, definition: Definition, before: Field | None, problems: dict[str, list[str]]) -> tuple[Choice, ...]:
    if kind not in CHOOSING:
        return ()
    known = {choice.key: choice for choice in before.choices} if before else {}
    number = max((int(key.removeprefix("c")) for key in known), default=0)
    parents = _parents(definition, before, problems)
    found: list[Choice] = []
    for choice in definition.choices:
        label = clean(choice.label)
        if not label:
            continue
        if len(label) > 80:
            problems["choices"] = [_("選択肢は%(n)d文字以内で入力してください。") % {"n": 80}]
        key = choice.key
        if key not in known:
            number += 1
            key = f"c{number}"
        found.append(Choice(key, label, choice.retired, tuple(one for one in choice.parents if one in parents)[:_PARENT_LIMIT]))
    kept = {choice.key for choice in found}
    found += [Choice(choice.key, choice.label, True, choice.parents) for key, choice in known.items() if key not in kept]
    in_use = [fold(choice.label) for choice in found if not choice.retired]
    if not in_use:
        problems["choices"] = [_("選択肢を1つ以上入力してください。")]
    if len(set(in_use)) < len(in_use):
        problems["choices"] = [_("同じ選択肢が2つあります。")]
    if len(found) > MOST_CHOICES:
        problems["choices"] = [_("選択肢は%(n)d個までです。") % {"n": MOST_CHOICES}]
    return tuple(found)


def _parents(definition: Definition, before: Field | None, problems: dict[str, list[str]]) -> set[str]:
    """Keys of the choices of the field that narrows this one. A field narrows no field that narrows it."""
    if not definition.depends_on:
        return set()
    fields = catalogue.fields_in_use()
    narrowing = fields.get(definition.depends_on)
    if narrowing is None or narrowing.kind != "choice" or definition.kind != "choice" or (before and definition.depends_on == before.key):
        problems["depends_on"] = [_("一覧から選んでください。")]
        return set()
    seen = {before.key if before else ""}
    above = narrowing.key
    while above and above not in seen:
        seen.add(above)
        above = fields[above].depends_on if above in fields else ""
    if above:
        problems["depends_on"] = [_("互いに絞り込む項目は選べません。")]
    return {choice.key for choice in narrowing.choices}


def _columns(definition: Definition) -> dict[str, object]:
    return {
        "kind": definition.kind,
        "label": definition.label,
        "for_kind": definition.for_kind,
        "privacy_class": definition.privacy,
        "options": dict(definition.options),
        "choices": [
            {"key": choice.key, "label": choice.label, "retired": choice.retired, "parents": list(choice.parents)}
            for choice in definition.choices
        ],
        "depends_on_id": int(definition.depends_on.removeprefix("cf_")) if definition.depends_on else None,
        "is_unique": definition.is_unique,
        "help_text": definition.help_text,
        "meaning": definition.meaning,
        "example": definition.example,
        "purpose": definition.purpose,
    }
