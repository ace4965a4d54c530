"""Input about roles and teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.platform import objects
from enishi.platform.forms.base import ScreenForm
from enishi.platform.models import Team
from enishi.platform.objects import FieldRight, level_sentence
from enishi.platform.privacy import Level
from enishi.platform.roles import CLASSES, Shape, class_words
from enishi.platform.words import own

WIDTH_WORDS = {
    "none": pgettext_lazy("width", "なし"),
    "own": pgettext_lazy("width", "自分"),
    "team": pgettext_lazy("width", "部署"),
    "all": pgettext_lazy("width", "全社"),
}
YES = pgettext_lazy("width", "できる")


class RoleForm(ScreenForm):
    name = forms.CharField(label=_("名前"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(label=_("説明"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class NewRoleForm(RoleForm):
    copy_of = forms.TypedChoiceField(
        label=_("もとにするロール"), required=False, coerce=int, empty_value=None, help_text=_("権限を写して始めます。あとで変えられます。")
    )

    def __init__(self, *args: object, starts: Sequence[tuple[str, str]], **options: object) -> None:
        super().__init__(*args, **options)
        self.offer("copy_of", [("", _("なにもできない状態から")), *starts])


class TeamForm(ScreenForm):
    name = forms.CharField(label=_("名前"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(label=_("種類"), choices=Team.Kind, initial=Team.Kind.DEPARTMENT)
    parent_id = forms.TypedChoiceField(
        label=_("上の部署"), required=False, coerce=int, empty_value=None, help_text=_("上の部署に権限のある人は、この部署も見られます。")
    )

    def __init__(self, *args: object, parents: Sequence[tuple[str, str]], **options: object) -> None:
        super().__init__(*args, **options)
        self.offer("parent_id", [("", _("なし（いちばん上）")), *parents])


# ---- the matrix ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One cell of the matrix: what it is called in the form, what it says, and what that means."""

    name: str
    label: str
    choices: list[Choice]
    meaning: str


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    label: str
    lines: list[Line]


def sections(shape: Shape) -> list[Section]:
    """Every object that is on, act by act."""
    return [
        Section(one.key, own(one.label), [_line(one, act, widths, shape) for act, widths in one.acts.items()])
        for one in objects.objects_on()
    ]


def _line(one: objects.RightsObject, act: str, widths: tuple[str, ...], shape: Shape) -> Line:
    held = shape.grants.get((one.key, act), "none")
    only = len(widths) == 1
    choices = [Choice(width, str(YES if only and width != "none" else WIDTH_WORDS[width]), width == held) for width in ("none", *widths)]
    return Line(f"g.{one.key}.{act}", own(objects.ACTS[act]), choices, one.sentence(act, held) if held != "none" else "")


def level_lines(shape: Shape) -> list[Line]:
    """Classes of data."""
    lines = []
    for privacy in CLASSES:
        held = shape.level(privacy)
        choices = [Choice(str(int(level)), str(words), level == held) for level, words in objects.LEVEL_WORDS.items()]
        lines.append(Line(f"l.{privacy.value}", own(objects.CLASS_WORDS[privacy][0]), choices, level_sentence(class_words(privacy), held)))
    return lines


def field_lines(shape: Shape, fields: Mapping[str, FieldRight]) -> list[Line]:
    """The fields of which the role may say something else than of their class."""
    lines = []
    for key, one in fields.items():
        held = shape.fields.get(key)
        usual = Choice("", str(_("区分のとおり")), held is None)
        choices = [usual, *(Choice(str(int(level)), str(words), level == held) for level, words in objects.LEVEL_WORDS.items())]
        lines.append(Line(f"f.{key}", own(one.label), choices, "" if held is None else level_sentence(own(one.label), held)))
    return lines


def shape_of(data: QueryDict, before: Shape, fields: Mapping[str, FieldRight]) -> Shape:
    """What was chosen. What is not on the screen (modules that are off) stays as it was; nonsense counts as nothing."""
    shown = {(one.key, act): widths for one in objects.objects_on() for act, widths in one.acts.items()}
    grants = {right: width for right, width in before.grants.items() if right not in shown}
    for (thing, act), widths in shown.items():
        chosen = data.get(f"g.{thing}.{act}", "none")
        if chosen in widths:
            grants[thing, act] = chosen
    levels = {privacy: level for privacy in CLASSES if (level := _level(data.get(f"l.{privacy.value}"))) is not None}
    own_levels = {key: level for key in fields if (level := _level(data.get(f"f.{key}"))) is not None}
    return Shape(grants, levels, own_levels)


def _level(value: str | None) -> Level | None:
    return Level(int(value)) if value in {str(int(level)) for level in Level} else None
