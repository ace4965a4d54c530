"""Who works at 株式会社縁日堂: teams, shops, and people with their logins and roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COMPANY: Final = "株式会社縁日堂"
ADDRESS: Final = "〒110-0001 東京都台東区谷中3-99-1"
CONTACT: Final = "お客様係 info@ennichido.example・0467-00-0123（平日 10時〜17時）"
SENDER_MAIL: Final = "info@ennichido.example"
PASSWORD: Final = "enishi-demo"  # noqa: S105 — shown on the demo's own login page

PLACES: Final = ("ec", "mall", "yanaka", "kamakura", "kanazawa", "b2b")
EC, MALL, YANAKA, KAMAKURA, KANAZAWA, B2B = range(6)
STORES: Final = (("yanaka", "谷中本店"), ("kamakura", "鎌倉小町店"), ("kanazawa", "金沢東山店"))

TEAMS: Final = ("EC課", "営業課", "サポート課", "谷中本店", "鎌倉小町店", "金沢東山店")
TEAM_OF_PLACE: Final = (0, 0, 3, 4, 5, 1)  # index into TEAMS for each of PLACES


@dataclass(frozen=True, slots=True)
class Staff:
    login: str
    display_name: str
    title: str
    roles: tuple[str, ...]
    team: str | None


STAFF: Final = (
    Staff("enta", "縁田 宗一郎", "経営者", ("director",), None),
    Staff("takahashi", "髙橋 美咲", "EC責任者", ("ec_lead",), "EC課"),
    Staff("mori", "森 拓海", "EC担当", ("ec_staff",), "EC課"),
    Staff("yoshida", "𠮷田 直人", "営業", ("sales",), "営業課"),
    Staff("yamazaki", "山﨑 彩", "サポート", ("support",), "サポート課"),
    Staff("kobayashi", "小林 誠", "谷中店長", ("store_manager",), "谷中本店"),
    Staff("hayashi", "林 早紀", "店舗スタッフ", ("store_staff",), "鎌倉小町店"),
    Staff("admin", "管理者", "管理者", ("admin",), None),
)
OWNER_LOGINS: Final = tuple(person.login for person in STAFF)
OWNER: Final = {person.login: place for place, person in enumerate(STAFF)}
