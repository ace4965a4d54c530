"""What roles speak of: objects and the acts on them, privacy classes and single fields, each in the words of the screens.

Each app declares its own objects (wire OBJECTS) and fields (wire FIELD_RIGHTS). Nothing else can be granted or asked for:
`tests/house/test_rights.py` looks at every grant, guard and check in the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from enishi.platform import modules, wiring
from enishi.platform.privacy import Level, Privacy
from enishi.platform.words import own

type Words = str | Promise

#: Every act there is, in the order of the screen, with its name.
ACTS: Final[Mapping[str, Words]] = {
    "read": pgettext_lazy("act", "見る"),
    "create": pgettext_lazy("act", "登録"),
    "update": pgettext_lazy("act", "変更"),
    "archive": pgettext_lazy("act", "ごみ箱"),
    "export": pgettext_lazy("act", "書き出し"),
    "bulk": pgettext_lazy("act", "まとめて変更"),
    "merge": pgettext_lazy("act", "統合"),
    "assign": pgettext_lazy("act", "担当替え"),
    "send": pgettext_lazy("act", "送信"),
    "reveal": pgettext_lazy("act", "開示"),
    "share": pgettext_lazy("act", "共有"),
    "configure": pgettext_lazy("act", "設定"),
}
#: What a right lets somebody do, as a sentence without its subject.
_CAN: Final[Mapping[str, Words]] = {
    "read": _("%(what)sを見られます"),
    "create": _("%(what)sを登録できます"),
    "update": _("%(what)sを変えられます"),
    "archive": _("%(what)sをごみ箱に入れ、元に戻せます"),
    "export": _("%(what)sを書き出せます"),
    "bulk": _("%(what)sをまとめて変えられます"),
    "merge": _("%(what)sを統合できます"),
    "assign": _("%(what)sの担当と部署を変えられます"),
    "send": _("%(what)sを送信できます"),
    "reveal": _("%(what)sの伏せた項目を、理由を書いて開けます"),
    "share": _("%(what)sをほかの人や部署に共有できます"),
    "configure": _("%(what)sを設定できます"),
}
WIDTHS: Final = ("own", "team", "all")
OWN_TO_ALL: Final = WIDTHS
OWN_OR_ALL: Final = ("own", "all")
ALL_ONLY: Final = ("all",)
OWN_ONLY: Final = ("own",)


OWNED: Final = _("自分が担当する%(thing)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsObject:
    """One thing that rights are about. `acts`: what may be done with it, each with the widths that make sense."""

    key: str
    label: Words
    acts: Mapping[str, tuple[str, ...]]
    own: Words = OWNED  # what the width "own" covers
    can: Mapping[str, Words] | None = None  # sentences that say more than the usual one

    def sentence(self, act: str, width: str) -> str:
        """What this right lets somebody do: 「全社の顧客を書き出せます」."""
        usual = (self.can or {}).get(act, _CAN[act])
        return own(str(usual) % {"what": self._what(act, width)})

    def _what(self, act: str, width: str) -> str:
        thing = {"thing": str(self.label)}
        if self.acts.get(act) == ALL_ONLY:
            return str(self.label)
        if width == "own":
            return str(self.own) % thing
        return (gettext("自分の部署（下の部署を含む）の%(thing)s") if width == "team" else gettext("全社の%(thing)s")) % thing


@dataclass(frozen=True, slots=True)
class FieldRight:
    """A field of which a role may say something else than of its class."""

    key: str  # customer.phone
    label: Words
    privacy: Privacy


@dataclass(frozen=True, slots=True)
class OpenField:
    """What a token may be allowed by name: a field of customers, or a part of what is kept with them."""

    key: str  # customer.phone, customer.tags
    label: Words
    group: Words  # the heading under which it is offered
    meaning: Words = ""


#: What every list holds: by which a record is known at all.
ALWAYS_OPEN: Final = frozenset(("customer.number",))

CLASS_WORDS: Final[Mapping[Privacy, tuple[Words, Words]]] = {
    Privacy.PERSONAL: (_("個人情報"), _("氏名・連絡先・住所・生年月日・記録の本文")),
    Privacy.SENSITIVE: (_("要配慮の情報"), _("項目の設定で「要配慮」としたもの")),
}
LEVEL_WORDS: Final[Mapping[Level, Words]] = {
    Level.HIDDEN: pgettext_lazy("level", "見えない"),
    Level.MASKED: pgettext_lazy("level", "伏せて見える"),
    Level.READ: pgettext_lazy("level", "見える"),
    Level.WRITE: pgettext_lazy("level", "見て変えられる"),
}
_LEVEL_SENTENCES: Final[Mapping[Level, Words]] = {
    Level.HIDDEN: _("%(what)sは見えません"),
    Level.MASKED: _("%(what)sは伏せて表示されます（例：t***@example.jp）。伏せた項目では検索・絞り込み・並べ替えができません"),
    Level.READ: _("%(what)sがそのまま見えます"),
    Level.WRITE: _("%(what)sがそのまま見え、変えられます"),
}


def level_sentence(what: str, level: Level) -> str:
    return own(str(_LEVEL_SENTENCES[level]) % {"what": what})


@cache
def all_objects() -> Mapping[str, RightsObject]:
    """Every object that rights are about, by key, in the order of the screen."""
    declared: list[Sequence[RightsObject]] = wiring.load("OBJECTS")
    return {one.key: one for found in declared for one in found}


def objects_on() -> list[RightsObject]:
    """Those of the modules that are on."""
    off = modules.objects_off()
    return [one for key, one in all_objects().items() if key not in off]


def is_known(object_key: str, act: str, width: str = "") -> bool:
    """Whether there is such a right, and at this width where one is named."""
    found = all_objects().get(object_key)
    return found is not None and act in found.acts and (not width or width in found.acts[act])


def field_rights() -> dict[str, FieldRight]:
    """The fields of which a role may speak, by key. The queries of the apps that ask for their own fields."""
    sources: list[Callable[[], Sequence[FieldRight]]] = modules.wired("FIELD_RIGHTS")
    return {one.key: one for source in sources for one in source()}


def open_fields() -> dict[str, OpenField]:
    """What the list of a token can name, by key, in the order of the screen. The queries of the apps that ask for their own fields."""
    sources: list[Callable[[], Sequence[OpenField]]] = modules.wired("OPEN_FIELDS")
    return {one.key: one for source in sources for one in source()}


# ---- the platform's own -------------------------------------------------------------------------------------------

OBJECTS: Final = (
    RightsObject(
        key="settings",
        label=pgettext_lazy("object", "会社の設定"),
        acts={"read": ALL_ONLY, "configure": ALL_ONLY},
        can={"configure": _("会社の設定（会社と暦・呼び方・項目・機能のオン／オフ）を変えられます")},
    ),
    RightsObject(
        key="user",
        label=pgettext_lazy("object", "ユーザー"),
        acts={"read": ALL_ONLY, "create": ALL_ONLY, "update": ALL_ONLY, "archive": ALL_ONLY, "configure": ALL_ONLY},
        can={
            "create": _("ユーザーを招待できます"),
            "archive": _("ユーザーを停止し、元に戻せます"),
            "configure": _("ログインの決まりを変えられます"),
        },
    ),
    RightsObject(
        key="role",
        label=pgettext_lazy("object", "ロール"),
        acts={"read": ALL_ONLY, "configure": ALL_ONLY},
        can={"configure": _("ロールと権限を変え、ユーザーにロールを付けられます")},
    ),
    RightsObject(
        key="team",
        label=pgettext_lazy("object", "部署と店舗"),
        acts={"configure": ALL_ONLY},
        can={"configure": _("部署と店舗を作り、動かし、人を入れられます")},
    ),
    RightsObject(
        key="api_token",
        label=pgettext_lazy("object", "APIトークン"),
        acts={"create": OWN_ONLY},
        own=_("自分の%(thing)s"),
        can={"create": _("自分の権限の範囲で使えるAPIトークンを作れます")},
    ),
    RightsObject(
        key="file", label=pgettext_lazy("object", "取り込んだファイル"), acts={"read": OWN_OR_ALL}, own=_("自分が入れた%(thing)s")
    ),
    RightsObject(
        key="audit",
        label=pgettext_lazy("object", "監査ログ"),
        acts={"read": ALL_ONLY, "export": ALL_ONLY},
        can={
            "read": _("監査ログと閲覧履歴を見て、漏えいの範囲を調べられます"),
            "export": _("監査ログと、漏えいの影響を受けた人の一覧を書き出せます"),
        },
    ),
    RightsObject(
        key="demo", label=pgettext_lazy("object", "デモ"), acts={"configure": ALL_ONLY}, can={"configure": _("デモの日付を進められます")}
    ),
)
