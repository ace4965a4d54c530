"""How lower apps reach upward: names, resolved at start. The only file that knows every app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EVENT_SUBSCRIBERS: dict[str, tuple[tuple[str, ...], str]] = {}
FACTS: list[str] = ["enishi.customers.facts.FACTS", "enishi.commerce.facts.FACTS", "enishi.messaging.facts.FACTS"]
TIMELINE_SOURCES: list[str] = []
SEARCH_SOURCES: list[str] = []
DUE_SCANNERS: list[str] = ["enishi.messaging.scanners.sending"]
IMPORT_TARGETS: dict[str, str] = {}
SEND_GATES: list[str] = []
CUSTOMER_PANELS: list[tuple[str, str]] = []
# Panels of ホーム: {"key", "url" (view name), "needs": (object, action), "column": "main" or "side", "module"}
HOME_PANELS: list[dict[str, object]] = []
LIST_COLUMNS: list[str] = []
# Each app adds its items to the group where people look for them; `needs` is (object, action).
NAVIGATION: list[dict[str, object]] = [
    {"label": "", "items": [{"label": _("ホーム"), "view": "platform:home", "icon": "home"}]},
    {"label": _("顧客"), "items": []},
    {"label": _("販促"), "items": []},
    {"label": _("販売"), "items": []},
    {"label": "", "items": [{"label": _("設定"), "view": "platform:settings", "icon": "settings"}]},
]
QUICK_ADD: list[dict[str, object]] = []
SETTINGS_PAGES: list[dict[str, object]] = [
    {
        "label": _("会社と暦"),
        "about": _("会社名・住所・問い合わせ先、年度の始まり、送信待ちの時間"),
        "view": "platform:organisation",
        "icon": "building",
        "needs": ("settings", "configure"),
    },
    {
        "label": _("動作状況"),
        "about": _("データベース、仕事の待ち、止まっている処理"),
        "view": "platform:status",
        "icon": "activity",
        "needs": ("settings", "read"),
    },
]
MODULES: dict[str, dict[str, object]] = {}
WORKER_COMPANIONS: list[str] = []
DEMO_CHAPTERS: list[str] = []
PERSON_TABLES: list[dict[str, object]] = []
ROLE_PRESETS: list[str] = ["enishi.platform.presets.PRESETS"]
APPEND_ONLY: list[str] = [
    "platform_event",
    "platform_changeset",
    "platform_fieldchange",
    "platform_viewlog",
    "customers_consentrecord",
    "campaigns_audiencemember",
]
