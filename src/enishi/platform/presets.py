"""The roles that come with the product. Plain data: `install` writes what is missing and changes nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from enishi.platform.models import Role, RoleGrant, RoleLevel
from enishi.platform.privacy import Level, Privacy

RECORD = ("read", "create", "update", "archive")
CONFIGURE = ("read", "configure")

type Rights = tuple[tuple[str, tuple[str, ...], str], ...]  # object, acts, width


@dataclass(frozen=True, slots=True)
class Preset:
    key: str
    name: str
    description: str
    grants: Rights
    levels: dict[Privacy, Level] = field(default_factory=dict)


_CUSTOMERS: Rights = (
    ("customer", (*RECORD, "export", "bulk", "assign", "merge", "share"), "all"),
    ("activity", ("create",), "all"),
    ("order", ("read", "create"), "all"),
    ("product", ("update",), "all"),
    ("import", RECORD, "all"),
    ("file", ("read",), "own"),
    ("segment", RECORD, "all"),
    ("template", ("read",), "all"),
    ("delivery", ("read", "create", "update", "send"), "all"),
    ("mail_account", ("read",), "all"),
    ("sink_mail", ("read",), "all"),
    ("cost", ("read", "update"), "all"),
    ("api_token", ("create",), "own"),
)
_CLEAR = {Privacy.PERSONAL: Level.WRITE, Privacy.SENSITIVE: Level.READ}

PRESETS: tuple[Preset, ...] = (
    Preset(
        "admin",
        "管理者",
        "設定・ユーザー・ロールを管理します。顧客の個人情報は、ほかのロールがなければ見えません。",
        (
            ("settings", CONFIGURE, "all"),
            ("user", (*RECORD, "configure"), "all"),
            ("role", CONFIGURE, "all"),
            ("team", ("configure",), "all"),
            ("mail_account", CONFIGURE, "all"),
            ("import", RECORD, "all"),
            ("file", ("read",), "own"),
            ("sink_mail", ("read",), "all"),
            ("audit", ("read", "export"), "all"),
            ("demo", ("configure",), "all"),
        ),
    ),
    Preset("all_customers", "全顧客閲覧", "すべての顧客・注文・配信を見て、変えられます。", _CUSTOMERS, dict(_CLEAR)),
    Preset(
        "director",
        "経営者",
        "すべての数字と顧客を見ます。変更はしません。",
        (
            ("customer", ("read",), "all"),
            ("order", ("read",), "all"),
            ("segment", ("read",), "all"),
            ("template", ("read",), "all"),
            ("delivery", ("read",), "all"),
            ("cost", ("read",), "all"),
            ("audit", ("read",), "all"),
        ),
        {Privacy.PERSONAL: Level.READ},
    ),
    Preset(
        "ec_lead",
        "EC責任者",
        "顧客・注文・配信のすべてを扱い、送信設定を変えます。",
        (*_CUSTOMERS, ("mail_account", CONFIGURE, "all"), ("audit", ("read",), "all"), ("demo", ("configure",), "all")),
        dict(_CLEAR),
    ),
    Preset(
        "ec_staff",
        "EC担当",
        "顧客を見て、配信を作ります。書き出しと一括変更はできません。",
        (
            ("customer", ("read", "create", "update"), "all"),
            ("activity", ("create",), "all"),
            ("order", ("read",), "all"),
            ("import", RECORD, "all"),
            ("file", ("read",), "own"),
            ("segment", RECORD, "all"),
            ("template", ("read",), "all"),
            ("delivery", ("read", "create", "update", "send"), "all"),
            ("mail_account", ("read",), "all"),
            ("sink_mail", ("read",), "all"),
            ("cost", ("read",), "all"),
        ),
        {Privacy.PERSONAL: Level.WRITE},
    ),
    Preset(
        "sales",
        "営業",
        "自分の担当する顧客と注文を見て、変えます。",
        (
            ("customer", ("read", "create", "update", "share"), "own"),
            ("activity", ("create",), "own"),
            ("order", ("read",), "own"),
            ("segment", ("read",), "own"),
        ),
        dict(_CLEAR),
    ),
    Preset(
        "sales_manager",
        "営業マネージャー",
        "自分の部署と下の部署の顧客を扱い、担当を決めます。書き出しも部署の範囲でできます。",
        (
            ("customer", (*RECORD, "export", "bulk", "assign", "merge", "share"), "team"),
            ("activity", ("create",), "team"),
            ("order", ("read",), "team"),
            ("segment", RECORD, "team"),
        ),
        dict(_CLEAR),
    ),
    Preset(
        "support",
        "サポート",
        "すべての顧客と注文を見て、連絡先を直します。",
        (
            ("customer", ("read", "create", "update"), "all"),
            ("activity", ("create",), "all"),
            ("order", ("read",), "all"),
        ),
        dict(_CLEAR),
    ),
    Preset(
        "store_manager",
        "店長",
        "自分の店の顧客と注文を扱います。",
        (
            ("customer", ("read", "create", "update", "assign", "share"), "team"),
            ("activity", ("create",), "team"),
            ("order", ("read",), "team"),
        ),
        {Privacy.PERSONAL: Level.WRITE},
    ),
    Preset(
        "store_staff",
        "店舗スタッフ",
        "自分の店の顧客を見て、来店やメモを記録します。連絡先は伏せて表示し、必要なときは理由を書いて開きます。",
        (("customer", ("read", "reveal"), "team"), ("activity", ("create",), "team"), ("order", ("read",), "team")),
        {Privacy.PERSONAL: Level.MASKED},
    ),
    Preset(
        "viewer",
        "閲覧のみ",
        "すべての顧客を、個人情報を伏せて見ます。",
        (("customer", ("read",), "all"), ("order", ("read",), "all")),
        {Privacy.PERSONAL: Level.MASKED},
    ),
)


def install() -> None:
    """Write the presets that are missing. An administrator's changes to a role are kept."""
    for preset in PRESETS:
        role, created = Role.rows.get_or_create(key=preset.key, defaults={"name": preset.name, "description": preset.description})
        if not created:
            continue
        RoleGrant.rows.bulk_create(
            [RoleGrant(role=role, object=key, action=act, scope=width) for (key, act), width in _grants(preset).items()]
        )
        RoleLevel.rows.bulk_create([RoleLevel(role=role, privacy_class=p.value, level=level) for p, level in preset.levels.items()])


def _grants(preset: Preset) -> dict[tuple[str, str], str]:
    return {(key, act): width for key, acts, width in preset.grants for act in acts}
