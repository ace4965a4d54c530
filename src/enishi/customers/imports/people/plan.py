"""Who each row is, and what it adds. Pure: rows and what is known go in, what to write comes out.

A row is a known customer by our own number, where the file has it; else by its member number; else by its mail address, else by its phone number, if the name is the
same too. The same address under another name is somebody else in the household: a new customer, who does not own that
address as an identity and is told as 名寄せ候補. The run and its dry run both plan here, so they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.actions.relation_rules import Standing
from enishi.customers.contact_points import COLUMNS as POINT_COLUMNS
from enishi.customers.contact_points import MOST
from enishi.customers.imports.people.own import Objections
from enishi.customers.imports.people.rows import COLUMNS, Further, Key, PersonRow, Value, place_key
from enishi.customers.imports.target import Message, RowResult
from enishi.customers.models import ConsentRecord, Customer, Identity, ImportResult, Suppression
from enishi.customers.models.consent import Channel
from enishi.customers.queries.consent import Obstacle

Basis = ConsentRecord.Basis
Outcome = ImportResult.Outcome
Kind = Identity.Kind

_ADDRESS = ("postal_code", "prefecture", "city", "street", "building")
_NAME = ("name", "family_name", "given_name")
_PHONE = ("phone", "phone_e164")
_MEMBER = Kind.MEMBER.value
_COMPANY = Customer.Kind.COMPANY.value
#: By which somebody without any address for messages is known again, beside the name.
DESCRIBING = ("birthday_on", "postal_code", "street")
_NAMES: Mapping[str, str | Promise] = {
    Kind.EMAIL.value: gettext_lazy("メールアドレス"),
    Kind.PHONE.value: gettext_lazy("電話番号"),
    Kind.MEMBER.value: gettext_lazy("会員番号"),
}
_COLUMN_OF: Mapping[str, str] = {Kind.EMAIL: "email", Kind.PHONE: "phone_e164"}


@dataclass(slots=True, eq=False)
class Known:
    """A customer as the plan sees them. `ref` is the id, or below zero for one that this run is about to make."""

    ref: int
    columns: dict[str, Value]
    name_key: str
    archived: bool = False
    may_update: bool = True
    consents: dict[str, tuple[bool, str]] = field(default_factory=dict)  # channel → allowed, basis
    counted_as: str | None = None  # how this run has counted them among those who can be written to
    further: set[Key] = field(default_factory=set)  # contact points beside their own: kind and key
    mail_stopped: bool = False  # the mail address works no more, or is to be left alone


@dataclass(slots=True)
class World:
    """What is known of the people of a chunk. Planning adds those it makes, so that later rows meet them."""

    identities: dict[Key, Known] = field(default_factory=dict)
    namesakes: dict[str, list[Known]] = field(default_factory=dict)  # name key → people of that name
    numbers: dict[str, Known] = field(default_factory=dict)  # our own numbers → people
    unseen: Collection[int] = ()  # those whom rows name and the importer may not see


@dataclass(frozen=True, slots=True)
class Rules:
    """What was chosen for the run."""

    overwrite: bool = False  # False: only empty columns are filled
    consent_basis: str = ""  # for people about whom no column says anything; "" says nothing either
    consent_channels: Collection[str] = (Channel.EMAIL,)
    suppressed: Mapping[str, str] = field(default_factory=dict)  # mail addresses on the suppression list → why
    objections: Objections = lambda columns, before: {}
    own_key: Callable[[str, object], str] = lambda name, value: ""  # what a custom field's value is as an identity; "" for none


@dataclass(frozen=True, slots=True)
class Statement:
    known: Known
    channel: str
    allowed: bool
    basis: str
    by_column: bool


@dataclass(slots=True)
class Plan:
    """What a chunk comes to. Lists are in the order of the rows."""

    results: list[tuple[RowResult, Known | None]] = field(default_factory=list)
    created: list[tuple[Known, PersonRow]] = field(default_factory=list)
    before: dict[int, tuple[Known, dict[str, Value]]] = field(default_factory=dict)  # ref → changed columns as they were
    identities: dict[Key, Known] = field(default_factory=dict)  # to be written
    freed: dict[Key, Known] = field(default_factory=dict)  # given up by these owners, if they had them; to be removed before
    further: list[tuple[Known, Further]] = field(default_factory=list)  # contact points to be written
    grown: set[int] = field(default_factory=set)  # refs to whom a row added some that did not make them
    statements: list[Statement] = field(default_factory=list)
    bonds: Standing | None = None  # relations as they stand with the new ones; None where no row names any
    counters: Counter[str] = field(default_factory=Counter)


def conflicting(row: PersonRow, world: World) -> bool:
    """Whether the row may be somebody known who owns none of its keys: worth a look at the people of that name."""
    if row.rejected or row.skipped or row.number or not row.name_key:
        return False
    owners = [(key, owner) for key in row.keys if (owner := world.identities.get(key)) is not None]
    if not owners:
        return not row.keys
    return all(not _decides(key, row) and owner.name_key != row.name_key for key, owner in owners)


def plan_rows(rows: Sequence[PersonRow], world: World, rules: Rules, *, first_ref: int = -1) -> Plan:
    """Plan a chunk. New customers get the refs `first_ref`, `first_ref` − 1 …"""
    made = Plan()
    refs = iter(range(first_ref, first_ref - len(rows) - 1, -1))
    for row in rows:
        result, known = _plan_row(row, world, rules, made, refs)
        result.messages = [*row.messages, *result.messages]
        made.results.append((result, known))
        if row.mended or row.odd:
            made.counters["mended"] += row.mended
            made.counters["odd"] += row.odd
        if known is not None:
            _count_reach(known, rules, made.counters)
    return made


def _plan_row(row: PersonRow, world: World, rules: Rules, made: Plan, refs: Iterator[int]) -> tuple[RowResult, Known | None]:
    if row.rejected:
        return RowResult(row.position, Outcome.REJECTED), None
    if row.skipped:
        made.counters["skipped"] += 1
        return RowResult(row.position, Outcome.UNCHANGED), None
    known = world.numbers.get(row.number) if row.number else _find(row, world)
    if row.number and (known is None or not _agrees(row, known)):
        return _refused(row, "number", _wrong_number(row, known)), None
    if row.own and (taken := [key[0] for key in row.keys if is_own(key[0]) and world.identities.get(key, known) is not known]):
        return _refused(row, taken[0], _("ほかの顧客がこの値を使っています。")), None
    if known is None:
        if not row.columns.get("name"):
            return _refused(row, "name", _("氏名がないため、新しい顧客として登録できません。")), None
        if wrong := rules.objections(row.columns, None):
            return _objected(row, wrong), None
        return _create(row, world, rules, made, next(refs))
    if known.archived or not known.may_update:
        return _refused(
            row, "", _("この行の会員番号・メールアドレス・電話番号は、変更できない顧客のものです。管理者に確認してください。")
        ), None
    changed = _differences(row, known, overwrite=rules.overwrite)
    if any(map(is_own, changed)) and (wrong := rules.objections(known.columns | changed, known.columns)):
        return _objected(row, wrong), None
    news = _news(row, known)
    _change(known, changed, row, world, rules, made)
    candidates = _claim_keys(news, known, world, made)
    grown = bool(row.further) and _add_further(row, known, made)
    if grown:
        made.grown.add(known.ref)
    touched = _speak(row, known, rules, made) or bool(changed) or candidates.claimed or grown
    outcome = Outcome.UPDATED if touched else Outcome.UNCHANGED
    return RowResult(row.position, outcome, known.ref, _told(candidates, made)), known


def _agrees(row: PersonRow, known: Known) -> bool:
    """Whether the row may really be about the customer of its number: name, mail address or phone are the same, or it says
    none of them. Other systems number their customers too."""
    said = [(row.columns.get(name), known.columns.get(name)) for name in ("name", "email", "phone_e164")]
    filled = [(new, own) for new, own in said if new]
    return not filled or row.name_key == known.name_key or any(new == own for new, own in filled)


def _wrong_number(row: PersonRow, known: Known | None) -> str:
    if known is None:
        return _("顧客番号 %(number)s の顧客が見つかりません。") % {"number": row.number}
    return _("顧客番号 %(number)s の顧客とは、氏名もメールアドレスも電話番号も違います。番号を確かめてください。") % {"number": row.number}


def _change(known: Known, changed: Mapping[str, Value], row: PersonRow, world: World, rules: Rules, made: Plan) -> None:
    if not changed:
        return
    for kind, name in ((Kind.EMAIL, "email"), (Kind.PHONE, "phone_e164")):
        if name in changed and known.columns.get(name):
            _free((kind.value, str(known.columns[name])), known, world, made)
    for name in filter(is_own, changed):
        if old := rules.own_key(name, known.columns.get(name)):
            _free((name, old), known, world, made)
    _known, before = made.before.setdefault(known.ref, (known, {}))
    for name, value in changed.items():
        before.setdefault(name, known.columns.get(name))
        known.columns[name] = value
    if "name" in changed:
        known.name_key = row.name_key
    if "email" in changed:
        known.mail_stopped = False
    _drop_twins(known, made)


def _drop_twins(known: Known, made: Plan) -> None:
    """A further contact point that has become the customer's own is no further one."""
    twins = {("email", known.columns.get("email")), ("phone", known.columns.get("phone_e164"))} & known.further
    if twins:
        known.further -= twins
        made.further = [(who, point) for who, point in made.further if who is not known or (point.kind, point.key) not in twins]


def _free(key: Key, known: Known, world: World, made: Plan) -> None:
    """An address that was replaced identifies nobody any more, as after a change on screen."""
    if world.identities.get(key, known) is not known:
        return
    world.identities.pop(key, None)
    if made.identities.pop(key, None) is None and known.ref > 0:
        made.freed[key] = known


def _objected(row: PersonRow, wrong: Mapping[str, str]) -> RowResult:
    """What the form would not have taken either."""
    return RowResult(row.position, Outcome.REJECTED, None, [Message(column, text) for column, text in wrong.items()])


def is_own(kind: str) -> bool:
    """Whether a column or an identity is that of a custom field."""
    return kind.startswith("cf_")


def _decides(key: Key, row: PersonRow) -> bool:
    """Whether the key means one person whatever the name says: a member number, and where the row has none, a unique value."""
    return key[0] == _MEMBER or (is_own(key[0]) and all(other[0] != _MEMBER for other in row.keys))


def _refused(row: PersonRow, column: str, text: str) -> RowResult:
    return RowResult(row.position, Outcome.REJECTED, None, [Message(column, text)])


def _find(row: PersonRow, world: World) -> Known | None:
    """The customer that the row speaks of; None for somebody new."""
    for key in row.keys:
        owner = world.identities.get(key)
        if owner is not None and (_decides(key, row) or not row.name_key or owner.name_key == row.name_key):
            return owner
    if not conflicting(row, world):
        return None
    return next((known for known in world.namesakes.get(row.name_key, ()) if _same_person(row, known)), None)


def _same_person(row: PersonRow, known: Known) -> bool:
    """Somebody of the same name who shares an address with another customer, or has no address at all."""
    for kind, value in row.keys:
        if value == known.columns.get(_COLUMN_OF.get(kind, "")):
            return True
    if row.keys:
        return False
    described = [(row.columns.get(name), known.columns.get(name)) for name in DESCRIBING]
    if not any(said for said, _own in described):  # nothing but a name: somebody of whom nothing but the name is known
        return not any(own for _said, own in described) and not known.columns.get("email") and not known.columns.get("phone_e164")
    both = [(said, own) for said, own in described if said and own]
    return bool(both) and all(said == own for said, own in both)


def _create(row: PersonRow, world: World, rules: Rules, made: Plan, ref: int) -> tuple[RowResult, Known]:
    known = Known(ref, dict(row.columns), row.name_key)
    made.created.append((known, row))
    _add_further(row, known, made)
    candidates = _claim_keys(row.keys, known, world, made)
    world.namesakes.setdefault(row.name_key, []).append(known)
    _speak(row, known, rules, made)
    return RowResult(row.position, Outcome.CREATED, ref, _told(candidates, made)), known


def _add_further(row: PersonRow, known: Known, made: Plan) -> bool:
    """Contact points that the customer does not have yet; whether there are any. Those that are there stay as they are."""
    added = False
    for point in row.further:
        now = place_key(known.columns) if point.kind == "address" else known.columns.get(_COLUMN_OF[point.kind])
        key = (point.kind, point.key)
        if point.key == now or key in known.further or sum(kind == point.kind for kind, _key in known.further) >= MOST:
            continue
        known.further.add(key)
        made.further.append((known, point))
        added = True
    return added


@dataclass(slots=True)
class _Claims:
    claimed: bool = False
    shared: list[str] = field(default_factory=list)  # kinds of keys that somebody else owns


def _news(row: PersonRow, known: Known) -> Sequence[Key]:
    """The row's keys that may become identities: in a file that we wrote, those that say something new."""
    if not row.number:
        return row.keys
    return [key for key in row.keys if known.columns.get(_COLUMN_OF.get(key[0], "")) != key[1]]


def _claim_keys(keys: Sequence[Key], known: Known, world: World, made: Plan) -> _Claims:
    """Make keys identities of the customer, where nobody owns them."""
    found = _Claims()
    for key in keys:
        owner = world.identities.get(key)
        if owner is None:
            world.identities[key] = made.identities[key] = known
            found.claimed = True
        elif owner is not known:
            found.shared.append(key[0])
    return found


def _told(claims: _Claims, made: Plan) -> list[Message]:
    if not claims.shared:
        return []
    made.counters["candidates"] += 1
    shared = "・".join(str(_NAMES[kind]) for kind in claims.shared if kind in _NAMES)
    return [Message("", _("%(what)sが別の顧客と同じです（名寄せ候補）。") % {"what": shared})]


# ---- columns ----------------------------------------------------------------------------------------------


def _differences(row: PersonRow, known: Known, *, overwrite: bool) -> dict[str, Value]:
    """The columns that the row changes. Empty cells change nothing; parts of one address go together."""
    now = known.columns
    new = row.columns if not row.lent else _kept(row, now)
    changed: dict[str, Value] = {}
    for name in COLUMNS:
        plain = name in new and name not in _ADDRESS and name not in _NAME and name not in _PHONE and name != "kind"
        if plain and (not now.get(name) or (overwrite and now[name] != new[name])):
            changed[name] = new[name]
    changed |= _name_differences(new, now, row.name_key == known.name_key, overwrite=overwrite)
    if new.get("phone_e164") and (not now.get("phone") or (overwrite and now.get("phone_e164") != new["phone_e164"])):
        changed |= {name: new[name] for name in _PHONE}
    changed |= _address_differences(new, now, overwrite=overwrite)
    for name in row.own:
        if now.get(name) in (None, "", []) or (overwrite and now[name] != new[name]):
            changed[name] = new[name]
    return {name: value for name, value in changed.items() if value != now.get(name, "")}


def _kept(row: PersonRow, now: Mapping[str, Value]) -> Mapping[str, Value]:
    """The columns of a row without those that are lent to somebody who has their own: it stands among the further ones, too."""
    mine = {name for kind in row.lent if any(now.get(name) for name in POINT_COLUMNS[kind]) for name in POINT_COLUMNS[kind]}
    return {name: value for name, value in row.columns.items() if name not in mine}


def _name_differences(new: Mapping[str, Value], now: Mapping[str, Value], same: bool, *, overwrite: bool) -> dict[str, Value]:
    if not new.get("name") or (new["name"] == now.get("name") and (now.get("family_name") or now.get("kind") == _COMPANY)):
        return {}
    if overwrite:
        return {name: new.get(name, "") for name in _NAME}
    if same and not now.get("family_name"):  # the parts were not known yet
        return {name: new[name] for name in ("family_name", "given_name") if new.get(name)}
    return {}


def _address_differences(new: Mapping[str, Value], now: Mapping[str, Value], *, overwrite: bool) -> dict[str, Value]:
    given = {name: new[name] for name in _ADDRESS if new.get(name)}
    clashes = any(now.get(name) and now[name] != value for name, value in given.items())
    if clashes and not overwrite:
        return {}  # parts of two addresses are never mixed
    moved = any(now.get(name) and name in given and now[name] != given[name] for name in ("city", "street", "postal_code"))
    if moved:  # what the file does not say of the new address was said of the old one
        return {name: given.get(name, "") for name in _ADDRESS}
    return given


# ---- consent ----------------------------------------------------------------------------------------------


def _speak(row: PersonRow, known: Known, rules: Rules, made: Plan) -> bool:
    """Add what the row says about writing to the person; whether anything is new."""
    spoke = False
    for channel, allowed in row.consents.items():
        spoke |= _say(known, channel, allowed, Basis.CONSENT if allowed else Basis.REFUSED, rules, made, by_column=True)
    if rules.consent_basis and not row.number:  # who stands in a file that we wrote was asked long ago, or not at all
        for channel in rules.consent_channels:
            if channel not in row.consents:
                spoke |= _say(known, channel, rules.consent_basis != Basis.UNKNOWN, rules.consent_basis, rules, made, by_column=False)
    return spoke


def _say(known: Known, channel: str, allowed: bool, basis: str, rules: Rules, made: Plan, *, by_column: bool) -> bool:
    said = known.consents.get(channel)
    if channel == Channel.EMAIL:
        mail = known.columns.get("email")
        if not mail or (allowed and rules.suppressed.get(str(mail), Suppression.Reason.BOUNCED) != Suppression.Reason.BOUNCED):
            return False  # nothing to allow, or the owner of the address told us to stop
    if said is not None:
        if allowed and not said[0] and said[1] == Basis.REFUSED:
            made.counters["kept_refusals"] += 1
            return False
        if said == (allowed, basis) or (not by_column and said[1] != Basis.UNKNOWN):
            return False  # the choice for a whole file never overrules what is known of one person
        if not allowed and said == (False, Basis.REFUSED):
            return False
    known.consents[channel] = (allowed, basis)
    made.statements.append(Statement(known, channel, allowed, basis, by_column))
    return True


def _count_reach(known: Known, rules: Rules, counters: Counter[str]) -> None:
    """Count a person once, as they stand after their last row."""
    stands = reach_of(known, rules.suppressed)
    if known.counted_as == stands:
        return
    if known.counted_as is not None:
        counters[f"reach.{known.counted_as}"] -= 1
    counters[f"reach.{stands}"] += 1
    known.counted_as = stands


def reach_of(known: Known, suppressed: Mapping[str, str]) -> str:
    """The obstacle to a mailing, "unknown" where nobody knows, or "ok"."""
    mail = known.columns.get("email")
    if not mail:
        return Obstacle.NO_ADDRESS
    if known.mail_stopped:
        return Obstacle.STOPPED_ADDRESS
    said = known.consents.get(Channel.EMAIL)
    if said is not None and not said[0]:
        return "unknown" if said[1] == Basis.UNKNOWN else Obstacle.REFUSED
    if mail in suppressed:
        return Obstacle.SUPPRESSED
    return Obstacle.NEVER_ASKED if said is None else "ok"
