"""One customer as the record page shows them: masked for the viewer, every value in its final words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.customers import access
from enishi.customers.cells.columns import may_open
from enishi.customers.columns import MOON
from enishi.customers.details import Details, chosen_words, details_of, fingerprint
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.values import FILES
from enishi.customers.models import ConsentState, Customer, CustomerTag, Identity
from enishi.customers.models.consent import Channel, ConsentRecord
from enishi.customers.queries import form_shape, presented
from enishi.customers.queries.contacts import ContactGroup, contact_rows, grouped, listed, stopped_kinds
from enishi.customers.queries.files import FieldFile, field_files
from enishi.customers.queries.quality import Score, score_of
from enishi.customers.queries.shares import shared_with_me
from enishi.customers.resolve import id_of_key
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.japanese.dates import format_date, format_era_year
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.policy import Keyed, by_key, personal_columns, present, present_many, seen_in_clear, shown, watched
from enishi.platform.words import own


@dataclass(frozen=True, slots=True)
class _Row:
    """The columns of the page, masked."""

    id: int
    number: str
    kind: str
    name: str | None
    former_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None
    birthday_on: date | str | None
    gender: str | None
    language: str | None
    acquisition_source: str | None
    lifecycle: str | None
    lifecycle_on: date | None
    leave_alone: bool
    created_at: datetime
    verified_on: date | None
    archived_at: datetime | None
    kana: str | None = shown("kana", format=to_hiragana)
    owner: str | None = shown("owner__display_name")
    team: str | None = shown("team__name")
    custom: Keyed = by_key("custom", catalogue.classes)


@dataclass(frozen=True, slots=True)
class Property:
    label: str
    lines: tuple[str, ...]  # empty: ―
    note: str = ""
    files: tuple[FieldFile, ...] = ()  # instead of the lines, which name them
    column: str = ""  # the cell in which the viewer may change it; empty where they may not, or the whole form is the way


@dataclass(frozen=True, slots=True)
class PropertyGroup:
    label: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class ChannelConsent:
    """What a customer allowed on one channel, in words."""

    channel: str
    label: str
    state: str  # allowed, denied, unknown
    words: str
    basis: str
    since: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact button: what it does, and the consent written on it."""

    icon: str
    label: str
    note: str
    tone: str  # good, bad, wait or nothing
    href: str


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    id: int
    number: str
    name: str
    ruby: str
    honorific: str
    stage: str
    stage_label: str
    owner: str
    leave_alone: bool
    archived_on: str
    tags: tuple[tuple[int, str], ...]
    groups: tuple[PropertyGroup, ...]
    consents: tuple[ChannelConsent, ...]
    contacts: tuple[Contact, ...]
    contact_points: tuple[ContactGroup, ...]
    can_update: bool
    can_record: bool
    can_archive: bool
    can_share: bool
    can_merge: bool
    can_export: bool
    is_masked: bool
    can_reveal: bool
    is_revealed: bool  # what the viewer's role masks is open to them just now
    shared: str  # by whom and why the viewer sees them although they are not theirs


def looking_at(actor: Actor, customer_id: int) -> Actor:
    """The actor as they look at all of the page of a customer whom they were found to read: one row in the view log for its parts,
    which are then asked for without; while that cannot be written, they see masked what is personal. One query."""
    actor = access.opened(actor, customer_id)
    return watched(actor, Customer, [customer_id], columns=personal_columns(Customer)) if access.reads_somebody(actor) else actor


def customer_record(actor: Actor, customer_id: int, *, now: datetime, log: bool = True) -> CustomerRecord:
    """Raises NotFound. Nine queries, and one view-log row, one more each with a member number and further contact points; one
    more query where the actor's rights depend on the row."""
    row = present(_Row, actor, access.readable_customers(actor), pk=customer_id, log=log)
    tags = CustomerTag.rows.filter(customer_id=customer_id).order_by("id").values_list("tag_id", "tag__name")
    consents = channel_consents(customer_id)
    stages = dict(Customer.Lifecycle.choices)
    points = contact_rows(actor, customer_id)
    return CustomerRecord(
        id=row.id,
        number=row.number,
        name=row.name or _("（氏名は表示できません）"),
        ruby=(row.kana or "") if row.kind == Customer.Kind.PERSON and _in_clear(row.name) else "",
        honorific=pgettext("after a name", "御中") if row.kind == Customer.Kind.COMPANY else pgettext("after a name", "様"),
        stage=MOON.get(row.lifecycle or "", row.lifecycle or ""),
        stage_label=str(stages.get(row.lifecycle or "", "")),
        owner=row.owner or "",
        leave_alone=row.leave_alone,
        archived_on=format_date(time.local(row.archived_at).date()) if row.archived_at else "",
        tags=tuple(tags),
        groups=_groups(actor, row, _member_numbers(actor, customer_id), score_of(actor, customer_id, now=now), time.today(now)),
        consents=consents,
        contacts=_contacts(row, {c.channel: c for c in consents}, stopped_kinds(points)),
        contact_points=grouped(listed(row, points)),
        can_update=row.archived_at is None and access.opens_form(actor) and access.can(actor, customer_id, "update"),
        can_record=row.archived_at is None and access.may_record(actor, customer_id),
        can_archive=access.can(actor, customer_id, "archive"),
        can_share=row.archived_at is None and access.can(actor, customer_id, "share"),
        can_merge=row.archived_at is None and access.can(actor, customer_id, "merge"),
        can_export=access.may(actor, "export") and access.reads_addresses(actor),
        is_masked=not (access.reads_names(actor) and access.reads_contacts(actor)),
        can_reveal=row.archived_at is None and access.can_reveal(actor, customer_id),
        is_revealed=("customer", customer_id) in actor.revealed,
        shared=shared_with_me(actor, customer_id, now=now),
    )


def _in_clear(name: str | None) -> bool:
    return bool(name) and "＊" not in str(name)


# ---- properties ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    value: str | None


def _member_numbers(actor: Actor, customer_id: int) -> tuple[str, ...]:
    """会員番号, masked for the viewer; several where the files named several. One query, and one view-log row."""
    rows = Identity.rows.filter(customer_id=customer_id, kind=Identity.Kind.MEMBER).order_by("pk")
    return _lines(*(found.value for found in present_many(_Member, actor, rows)))


def _groups(actor: Actor, row: _Row, members: tuple[str, ...], score: Score | None, today: date) -> tuple[PropertyGroup, ...]:
    """The sections of the form with what is written, as the actor may see it; what only the product knows comes last."""
    shape = form_shape.for_actor(actor)
    written = presented.in_words(row.custom, kind=row.kind)
    known = {name: getattr(row, name) for name in ("kind", "gender", "language")} | {key: value for key, (value, _words) in written.items()}
    built_in = _built_in(row, today)
    groups = [
        PropertyGroup(
            section.label,
            tuple(
                found
                for item in section.items
                if layout.stands(item, known) and (found := _property(actor, item.field, built_in, written)) is not None
            ),
        )
        for section in shape.layout
    ]
    standing = {item.field for item in layout.items(shape.layout) if layout.stands(item, known)}
    others = tuple(_own(key, value, words) for key, (value, words) in written.items() if key not in standing and words)
    known_to_us = (
        Property(_("会員番号"), members),
        Property(_("登録日"), (format_date(time.local(row.created_at).date()),)),
        Property(_("最後に確かめた日"), (format_date(row.verified_on),) if row.verified_on else ()),
    )
    quality = (Property(_("データ品質"), (_("%(n)d点") % {"n": score.points},), score.why),) if score else ()
    rest = PropertyGroup(_("ほか"), (*others, *known_to_us, *quality))
    return (*(group for group in groups if group.properties), rest)


def _built_in(row: _Row, today: date) -> dict[str, Property | None]:
    """The elements of the form → how the page shows them; None for what stands elsewhere on it."""
    return {
        "names": None,
        "former_name": Property(_("旧姓・旧社名"), _lines(row.former_name)),
        "leave_alone": None,
        # They stand among the contact points, the further ones with them.
        **dict.fromkeys(("email", "phone", "address")),
        "birthday_on": _birthday(row.birthday_on, today),
        "gender": Property(_("性別"), _lines(chosen_words("gender", row.gender))),
        "language": Property(_("言語"), _lines(chosen_words("language", row.language))),
        "acquisition_source": Property(_("流入経路"), _lines(row.acquisition_source)),
        "owner_id": Property(own(_("担当")), _lines(row.owner)),
        "team_id": Property(_("部署"), _lines(row.team)),
    }


def _property(actor: Actor, field: str, built_in: dict[str, Property | None], written: Mapping[str, tuple[object, str]]) -> Property | None:
    found = built_in.get(field)
    if found is None and field in written:
        found = _own(field, *written[field])
    column = _COLUMNS.get(field, field)
    return replace(found, column=column) if found is not None and may_open(actor, column) else found


#: Elements of the form → the columns of the list that hold them, where those are called otherwise.
_COLUMNS: Mapping[str, str] = {"birthday_on": "birthday", "acquisition_source": "source", "owner_id": "owner", "team_id": "team"}


def _own(key: str, value: object, words: str) -> Property:
    field = catalogue.all_fields()[key]
    return Property(field.label, tuple(words.splitlines()), files=field_files(value) if field.kind in FILES else ())


def _lines(*values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in values if value)


def _birthday(born: date | str | None, today: date) -> Property:
    label = _("生年月日")
    if not isinstance(born, date):
        return Property(label, _lines(born))
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    era = format_era_year(born)
    note = _("%(era)s年・%(age)d歳") % {"era": era, "age": years} if born <= today else ""
    return Property(label, (format_date(born),), note)


# ---- consent ------------------------------------------------------------------------------------------------------

SHOWN_CHANNELS = (Channel.EMAIL, Channel.POST, Channel.PHONE)


def channel_consents(customer_id: int) -> tuple[ChannelConsent, ...]:
    """Every channel in use, with what the customer allowed there. One query."""
    states = {row.channel: row for row in ConsentState.rows.filter(customer_id=customer_id, purpose="marketing")}
    return tuple(_consent(channel, states.get(channel)) for channel in SHOWN_CHANNELS)


def _consent(channel: Channel, state: ConsentState | None) -> ChannelConsent:
    label = _("DM") if channel is Channel.POST else str(channel.label)
    if state is None:
        return ChannelConsent(channel.value, label, "unknown", _("未取得"), "", "")
    since = time.local(state.changed_at).strftime("%Y/%m/%d")
    if state.allowed:
        return ChannelConsent(channel.value, label, "allowed", _("配信可"), str(ConsentRecord.Basis(state.basis).label), since)
    words = _("本人希望で不可") if state.basis == ConsentRecord.Basis.REFUSED else _("配信不可")
    return ChannelConsent(channel.value, label, "denied", words, "", since)


_TONES = {"allowed": "good", "denied": "bad", "unknown": "wait"}


def _contacts(row: _Row, consents: dict[str, ChannelConsent], stopped: Collection[str]) -> tuple[Contact, ...]:
    """The ways to reach this customer, for those who may see where they lead; none over a primary contact point that is stopped."""
    mail = f"mailto:{row.email}" if row.email and "*" not in row.email else ""
    call = f"tel:{row.phone_e164}" if row.phone_e164 and row.phone_e164.startswith("+") and "*" not in row.phone_e164 else ""
    ways = (
        ("mail", _("メール"), Channel.EMAIL, mail, bool(row.email)),
        ("phone", _("電話"), Channel.PHONE, call, bool(row.phone)),
        ("post", _("DM"), Channel.POST, "", bool(row.postal_code or row.street)),
    )
    kinds = {Channel.EMAIL: "email", Channel.PHONE: "phone", Channel.POST: "address"}
    return tuple(
        Contact(icon, label, pgettext("contact point", "無効"), "bad", "")
        if kinds[channel] in stopped
        else Contact(icon, label, consents[channel].words if known else _("未登録"), _TONES[consents[channel].state] if known else "", href)
        for icon, label, channel, href, known in ways
    )


# ---- for the form -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Editable:
    """What the edit form starts from: in clear, because only those who may write it ask for it."""

    id: int
    number: str
    name: str
    lifecycle: str
    details: Details
    seen: str  # fingerprint


def editable_customer(actor: Actor, customer_id: int) -> Editable:
    """Raises NotFound, NotAllowed (also where the actor may not write personal data), ReadsNotLogged. Two queries, and one view-log
    row."""
    customer = access.look_at(actor, customer_id, "update")
    if not access.opens_form(actor):
        raise NotAllowed
    seen_in_clear(actor, Customer, [customer_id])
    details = details_of(customer)
    return Editable(customer.pk, customer.number, customer.name, customer.lifecycle, details, fingerprint(details))


@dataclass(frozen=True, slots=True)
class Located:
    id: int
    number: str
    kind: str


def locate(actor: Actor, key: str) -> Located:
    """The customer that an address means: a number or an id, also those of a merged one. Raises NotFound. One to four queries."""
    rows = access.readable_customers(actor)
    found = rows.filter(number=key.upper()).values_list("pk", "number", "kind").first()
    if found is None and (today := id_of_key(key.upper())) is not None:
        found = rows.filter(pk=today).values_list("pk", "number", "kind").first()
    if found is None:
        raise NotFound.of("customer", today) if today else NotFound
    return Located(*found)
