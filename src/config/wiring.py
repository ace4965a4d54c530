"""How lower apps reach upward: names, resolved at start. The only file that knows every app."""

from __future__ import annotations

EVENT_SUBSCRIBERS: dict[str, tuple[tuple[str, ...], str]] = {}
FACTS: list[str] = []
TIMELINE_SOURCES: list[str] = []
SEARCH_SOURCES: list[str] = []
DUE_SCANNERS: list[str] = []
IMPORT_TARGETS: dict[str, str] = {}
SEND_GATES: list[str] = []
CUSTOMER_PANELS: list[tuple[str, str]] = []
HOME_PANELS: list[tuple[str, str]] = []
LIST_COLUMNS: list[str] = []
NAVIGATION: list[dict[str, object]] = []
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
