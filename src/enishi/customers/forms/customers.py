"""Input of the screens about one customer. Forms clean; what is allowed is decided by the actions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.customers.actions.consent import Statement
from enishi.customers.details import FIELDS, LONGEST, Details
from enishi.customers.fields.field import Field
from enishi.customers.fields.layout import BUILT_IN, Item, Layout, items, standard, stands
from enishi.customers.fields.values import FILES, ids_in
from enishi.customers.forms.own_fields import OwnField, initial
from enishi.customers.models import ConsentRecord, Customer
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.queries.files import PICTURES, FieldFile, field_files
from enishi.platform import time
from enishi.platform.form_fields import BIRTHDAY, DayField
from enishi.platform.forms.base import ScreenForm
from enishi.platform.japanese.address import PREFECTURES
from enishi.platform.words import own_lazy

Choices = Sequence[tuple[str, str]]
_BASES = [
    (ConsentRecord.Basis.CONSENT.value, _("同意あり（申込書・フォームなど）")),
    (ConsentRecord.Basis.RELATION.value, _("取引関係（名刺交換・購入など）")),
]


#: The fields of elements that are more than one, as they follow each other on the page.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "names": ("kind", "name", "family_name", "given_name", "family_kana", "given_kana", "kana"),
    "address": ("postal_code", "prefecture", "city", "street", "building"),
}
_FOR: Mapping[str, str] = {
    **dict.fromkeys(("name", "kana"), Customer.Kind.COMPANY.value),
    **dict.fromkeys(("family_name", "given_name", "family_kana", "given_kana", "birthday_on", "gender"), Customer.Kind.PERSON.value),
}
_UNITS: Mapping[str, object] = {"money": _("円"), "percent": "%"}
_LAYOUTS: Mapping[str, str] = dict.fromkeys(("kind", "choices", "checklist"), "row")
_WIDE = frozenset({"long_text", "json", "choices", "checklist", "address", *FILES})


@dataclass(frozen=True, slots=True)
class FilesCell:
    """What a field of files holds as the form stands: `files` in their order, and how many more may be chosen."""

    key: str
    files: tuple[FieldFile, ...]
    most: int
    accept: str  # what the browser offers to choose


@dataclass(frozen=True, slots=True)
class Cell:
    """One field in its place. `for_kind`: the customers who have it. `show`: conditions as JSON, for the browser."""

    name: str
    field: forms.BoundField
    wide: bool
    for_kind: str
    show: str
    unit: object = ""
    layout: str = ""  # row: choices beside each other
    files: FilesCell | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    label: str
    columns: int
    cells: list[Cell]


def _text(label: object, *, name: str, required: bool = False, help_text: object = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        max_length=LONGEST[name],
        required=required,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.TextInput(attrs={"autocomplete": "off"} | attrs),
    )


class CustomerForm(ScreenForm):
    """顧客を登録・編集. `owners` and `teams` are (id, name) pairs; without them the actor may not choose."""

    kind = forms.ChoiceField(label=_("区分"), choices=Customer.Kind.choices, widget=forms.RadioSelect, initial=Customer.Kind.PERSON)
    name = _text(_("会社・団体の名称"), name="name")
    family_name = _text(_("姓"), name="family_name")
    given_name = _text(_("名"), name="given_name")
    kana = _text(_("フリガナ"), name="kana")
    family_kana = _text(_("フリガナ（姓）"), name="family_name")
    given_kana = _text(_("フリガナ（名）"), name="given_name")
    former_name = _text(_("旧姓・旧社名"), name="former_name", help_text=_("前の名前でも探せるようになります。"))
    email = _text(_("メールアドレス"), name="email", inputmode="email", autocapitalize="none")
    phone = _text(_("電話番号"), name="phone", inputmode="tel", help_text=_("例：090-1234-5678"))
    postal_code = _text(_("郵便番号"), name="postal_code", inputmode="numeric", help_text=_("7桁を入れると住所が入ります。"))
    prefecture = forms.ChoiceField(label=_("都道府県"), required=False, choices=[("", "―"), *((p, p) for p in PREFECTURES)])
    city = _text(_("市区町村"), name="city")
    street = _text(_("町名・番地"), name="street")
    building = _text(_("建物名・部屋番号"), name="building")
    birthday_on = DayField(
        label=_("生年月日"), required=False, help_text=_("1985/4/1、S60.4.1 のどちらでも入力できます。"), examples=BIRTHDAY
    )
    gender = forms.ChoiceField(label=_("性別"), required=False, choices=[("", "―"), *Customer.Gender.choices])
    language = forms.ChoiceField(
        label=_("言語"), required=False, choices=[("", "―"), *Customer.Language.choices], help_text=_("ご案内に使う言葉です。")
    )
    acquisition_source = _text(
        _("流入経路"), name="acquisition_source", list="sources", help_text=_("最初に知ったきっかけです。例：紹介、店頭QR")
    )
    leave_alone = forms.BooleanField(label=_("話しかけない（ご本人の希望）"), required=False)
    owner_id = forms.TypedChoiceField(label=own_lazy(_("担当")), required=False, coerce=int, empty_value=None)
    team_id = forms.TypedChoiceField(label=_("部署・店舗"), required=False, coerce=int, empty_value=None)
    shares_address = forms.BooleanField(label=_("別の人として登録する（家族で同じアドレスを使っているなど）"), required=False)

    def __init__(
        self,
        *args: object,
        owners: Choices = (),
        teams: Choices = (),
        layout: Layout | None = None,
        own: Sequence[Field] = (),
        lifecycle: str = "",
        kept: Mapping[str, object] | None = None,
        held: Mapping[int, FieldFile] | None = None,
        **options: object,
    ) -> None:
        """`own`: the custom fields that the actor may write. `layout`: the sections that they see. `kept`: the custom values so far.
        `held`: files that were sent for this form, by id."""
        super().__init__(*args, **options)
        self.held = held or {}
        self.layout = standard() if layout is None else layout
        for field, pairs in (("owner_id", owners), ("team_id", teams)):
            if pairs:
                self.fields[field].choices = [("", "―"), *pairs]  # type: ignore[attr-defined]
            else:
                del self.fields[field]
        for mine in own:
            self.fields[mine.key] = OwnField(mine, kept=(kept or {}).get(mine.key))  # type: ignore[arg-type]  # it was stored
        self._lay_out(lifecycle)
        kind = self.data.get("kind") if self.is_bound else None
        self.fields["name"].required = kind in (None, Customer.Kind.COMPANY)  # unbound: the mark, whichever is chosen
        self.fields["family_name"].required = kind in (None, Customer.Kind.PERSON)

    def _lay_out(self, lifecycle: str) -> None:
        """Take away what no section holds, and ask for what must be filled as the form stands."""
        placed = {item.field: item for item in items(self.layout)}
        for element, (_words, names) in BUILT_IN.items():
            if element not in placed:
                for name in names:
                    self.fields.pop(name, None)
        for key in [key for key in self.fields if key.startswith("cf_") and key not in placed]:
            del self.fields[key]
        typed = self._typed() | {"lifecycle": lifecycle}
        for item in placed.values():
            for name in BUILT_IN[item.field][1] if item.field in BUILT_IN else (item.field,):
                if name not in self.fields:
                    continue
                asked = item.required and (not item.stages or lifecycle in item.stages)
                if self.is_bound and not stands(item, typed):
                    self.fields[name].disabled = True  # keeps what it said
                elif (asked and item.field not in ("names", "address", "leave_alone")) or (asked and name == "postal_code"):
                    self.fields[name].required = True

    def _typed(self) -> dict[str, object]:
        if not self.is_bound:
            return {}
        return {name: self.data.getlist(name) if hasattr(self.data, "getlist") else self.data.get(name) for name in self.fields} | {
            "kind": self.data.get("kind")
        }

    def sheets(self) -> list[Sheet]:
        """The form as it stands on the page: sections with their cells, empty ones left out."""
        found = [
            Sheet(section.label, section.columns, [cell for item in section.items for cell in self._cells(item)]) for section in self.layout
        ]
        return [sheet for sheet in found if sheet.cells]

    def _cells(self, item: Item) -> list[Cell]:
        show = json.dumps([condition.model_dump() for condition in item.show], ensure_ascii=False) if item.show else ""
        if item.field in BUILT_IN:
            names = _PARTS.get(item.field, (item.field,))
            wide = {"kind", "name", "kana", "building", "leave_alone"} | ({item.field} if item.wide else set())
            return [
                Cell(name, self[name], name in wide, _FOR.get(name, ""), show, layout=_LAYOUTS.get(name, ""))
                for name in names
                if name in self.fields
            ]
        if item.field not in self.fields:
            return []
        own = self.fields[item.field].own  # type: ignore[attr-defined]
        return [
            Cell(
                item.field,
                self[item.field],
                item.wide or own.kind in _WIDE,
                own.for_kind,
                show,
                own.unit or _UNITS.get(own.kind, ""),
                _LAYOUTS.get(own.kind, ""),
                self._files(item.field) if own.kind in FILES else None,
            )
        ]

    def _files(self, name: str) -> FilesCell:
        """The files that stand in a field now: kept ones, and those just sent."""
        field: OwnField = self.fields[name]  # type: ignore[assignment]
        known = {**self.held} | {one.id: one for one in field_files(field.kept)}
        ids = ids_in(self[name].value() or ())
        files = tuple(known[one] for one in dict.fromkeys(ids) if one in known)
        return FilesCell(name, files, field.own.files, PICTURES if field.own.kind == "image" else "")

    def details(self, *, before: Details | None = None) -> Details:
        """What was typed; fields that were not on the form, or did not stand on it, keep what they said."""
        kept = {name: getattr(before, name) for name in FIELDS} if before else {}
        shown = {name: value for name, value in self.cleaned_data.items() if not self.fields[name].disabled}
        typed = {name: value for name, value in shown.items() if name in FIELDS}
        if self.cleaned_data["kind"] == Customer.Kind.PERSON:
            typed["kana"] = f"{self.cleaned_data['family_kana']} {self.cleaned_data['given_kana']}".strip()
        own = {name: value for name, value in shown.items() if name.startswith("cf_")}
        custom = {**(before.custom if before else {}), **own}
        return Details(**(kept | typed | {"custom": {key: value for key, value in custom.items() if value is not None}}))

    def place_of(self, name: str) -> str:
        is_person = self.cleaned_data.get("kind") == Customer.Kind.PERSON
        return "family_kana" if name == "kana" and is_person else name

    @staticmethod
    def initial_of(details: Details, own: Sequence[Field] = ()) -> dict[str, object]:
        """What the form shows of a customer: the reading in its two parts, custom values as people write them."""
        family, _space, given = details.kana.partition(" ")
        written = {field.key: initial(field, details.custom.get(field.key)) for field in own}  # type: ignore[arg-type]  # it was stored
        return asdict(details) | {"family_kana": family, "given_kana": given} | written


class ConsentForm(ScreenForm):
    """One channel's consent, with the grounds for a yes."""

    state = forms.ChoiceField(
        label=pgettext_lazy("consent", "配信"),
        choices=[("allowed", _("配信可")), ("denied", _("配信不可（本人の希望）"))],
        widget=forms.RadioSelect,
    )
    basis = forms.ChoiceField(label=_("根拠"), choices=[("", "―"), *_BASES], required=False, help_text=_("配信可にするときに必要です。"))
    given_on = DayField(label=_("いつ"), required=False)
    place = forms.CharField(label=_("どこで"), max_length=200, required=False, help_text=_("例：谷中本店の会員申込書"))
    purpose = forms.ChoiceField(label=_("利用目的"), required=False)
    wording = forms.CharField(
        label=_("示した文言"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("申込書やフォームに書かれていた文です。"),
    )
    lifts_suppression = forms.BooleanField(
        label=_("ご本人から再開の申し出があったので、配信停止を解除する"),
        required=False,
        help_text=_("この宛先は配信停止リストにあります。申し出がないまま配信可にはできません。"),
    )

    def __init__(self, *args: Any, purposes: Sequence[tuple[str, str]] = (), is_suppressed: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("purpose", purposes)
        if len(purposes) < 2:
            del self.fields["purpose"]
        if not is_suppressed:
            del self.fields["lifts_suppression"]

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        given_on = data.get("given_on")
        if isinstance(given_on, date) and given_on > time.today():
            self.add_error("given_on", _("今日より後の日付です。"))
        if data.get("state") == "allowed" and not data.get("basis"):
            self.add_error("basis", _("配信可にするには、根拠を選んでください。"))
        return data

    def statement(self, *, customer_id: int, channel: str) -> Statement:
        data = self.cleaned_data
        allowed = data["state"] == "allowed"
        return Statement(
            customer_id=customer_id,
            channel=channel,
            allowed=allowed,
            basis=data["basis"] if allowed else ConsentRecord.Basis.REFUSED,
            source=ConsentRecord.Source.SCREEN,
            place=data["place"],
            given_on=data["given_on"],
            wording=data["wording"],
            purpose=data.get("purpose") or Purpose.MARKETING,
        )


class FirstConsentForm(ConsentForm):
    """The consent to mailings, asked while registering: 未取得 is an answer too, and writes nothing."""

    state = forms.ChoiceField(
        label=_("メールでのご案内"),
        choices=[("unknown", _("未取得")), ("allowed", _("配信可")), ("denied", _("配信不可（本人の希望）"))],
        widget=forms.RadioSelect,
        initial="unknown",
    )

    def statements(self) -> list[Statement]:
        return [] if self.cleaned_data["state"] == "unknown" else [self.statement(customer_id=0, channel=Channel.EMAIL)]


class TagForm(ScreenForm):
    name = forms.CharField(label=_("タグの名前"), max_length=40)
