"""Looks whether this installation may be let onto a network: its real settings, its keys, its database roles, its audit."""

from __future__ import annotations

import stat
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.checks import WARNING, CheckMessage, run_checks
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from config.settings.environment import SHORTEST_SECRET_KEY, Environment, env
from enishi.platform import time, wiring
from enishi.platform.models import Seal

#: Django's own checks that do not hold here, each with the reason.
NOT_OURS = {
    "security.W008": "TLS ends at the proxy, which redirects; the app is not reachable from outside",
    "security.W021": "to be on the browsers' preload list is the owner's own decision",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`refuses`: it must be put right before strangers can reach the installation."""

    code: str
    refuses: bool
    japanese: str
    english: str


class Command(BaseCommand):
    help = "Check an installation before it goes live. Exit code 1 where something must be put right."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--strict", action="store_true", help="advice is an error as well")

    def handle(self, *, strict: bool, **options: object) -> None:
        found = [*of_settings(env), *of_files(Path(settings.DATA_DIR)), *of_django(), *of_database(), *of_audit()]
        for one in found:
            self.stdout.write(f"{'✗' if one.refuses else '!'} {one.code}: {one.japanese}\n    {one.english}")
        wrong = [one for one in found if one.refuses or strict]
        if wrong:
            raise CommandError(f"{len(wrong)} 件を直してください / {len(wrong)} to be put right", returncode=1)
        self.stdout.write("✓ 公開してよい設定です / this installation may go live")


def of_settings(here: Environment) -> Iterator[Finding]:
    """What the environment says."""
    if here.debug:
        yield Finding("debug", True, "ENISHI_DEBUG が 1 です。エラーの中身が外から見えます", "ENISHI_DEBUG shows the inside of errors")
    if here.demo:
        yield Finding("demo", True, "見本の会社のデータで動いています", "this is the demo company")
    if here.test_clock:
        yield Finding("test_clock", True, "時刻を動かせる設定です（ENISHI_TEST_CLOCK）", "the clock can be moved by hand")
    if len(here.secret_key) < SHORTEST_SECRET_KEY or len(set(here.secret_key)) < 12:
        yield Finding("secret_key", True, "鍵（ENISHI_SECRET_KEY）が短いか単純です", "the secret key is short or simple")
    if not here.secure:
        yield Finding("https", True, "ENISHI_SCHEME が http です。https にしてください", "people reach it without TLS")
    if here.egress_allow:
        named = ", ".join(here.egress_allow)
        yield Finding(
            "egress", True, f"内部への接続を許しています（ENISHI_EGRESS_ALLOW）: {named}", "connections to inside hosts are allowed"
        )
    if here.app_host == "localhost" or here.app_host.endswith(".localhost"):
        yield Finding("host", True, "ENISHI_APP_HOST が localhost のままです", "links would lead to the reader's own machine")
    if here.secure and not here.trusted_proxies:
        yield Finding(
            "proxies",
            False,
            "ENISHI_TRUSTED_PROXIES が 0 です。前にプロキシがあるなら、ログインの制限が全員に一度に効きます",
            "with a proxy in front, limits against guessing would hold for everybody at once",
        )
    if here.smtp_host is None:
        yield Finding("smtp", False, "ENISHI_SMTP_HOST がないため、パスワード再設定の案内を送れません", "no mail for forgotten passwords")
    for name in here.unknown:
        yield Finding("unknown", False, f"知らない環境変数です: {name}", f"not a setting: {name}")


def of_files(folder: Path) -> Iterator[Finding]:
    """Who else on the machine can read the keys."""
    for path in (folder / "secrets", *sorted((folder / "secrets").glob("*"))):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue
        if mode & 0o077:
            yield Finding("secrets", True, f"{path} をほかの利用者が読めます（{mode:o}）", f"{path} can be read by others")


def of_django() -> Iterator[Finding]:
    """Django's own deploy checks against these settings."""
    found: list[CheckMessage] = run_checks(include_deployment_checks=True)
    for one in found:
        if one.id not in NOT_OURS and one.level >= WARNING:
            yield Finding(str(one.id), one.is_serious() or str(one.id).startswith("security"), one.msg, one.hint or "")


def of_database() -> Iterator[Finding]:
    """Whether who runs the product is kept from what nobody may do."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user = tableowner FROM pg_tables WHERE tablename = 'platform_event'")
            row = cursor.fetchone()
            cursor.execute("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            mighty = cursor.fetchone()
            cursor.execute(
                "SELECT t FROM unnest(%s::text[]) AS t WHERE has_table_privilege(t, 'UPDATE') OR has_table_privilege(t, 'DELETE')"
                " OR has_table_privilege(t, 'TRUNCATE')",
                [wiring.load("APPEND_ONLY")],
            )
            open_tables = [name for (name,) in cursor.fetchall()]
    except DatabaseError as error:
        yield Finding("database", True, f"データベースに届きません: {error}", "the database cannot be reached")
        return
    if row is None or row[0]:
        yield Finding(
            "roles",
            True,
            "画面の役割が表の持ち主です。移行の役割と分けてください",
            "the app's role owns the tables: give it a role of its own",
        )
    if mighty is not None and mighty[0]:
        yield Finding("mighty", True, "画面の役割の権限が強すぎます（SUPERUSER など）", "the app's role is superuser, or may create roles")
    if open_tables:
        names = ", ".join(open_tables)
        yield Finding("append_only", True, f"追記だけの表を書き換えられます: {names}", f"append-only tables can be changed: {names}")


def of_audit() -> Iterator[Finding]:
    """Whether the audit is sealed day by day."""
    try:
        last = Seal.rows.order_by("-number").values_list("at", flat=True).first()
    except DatabaseError:
        return
    if last is None or last < time.now() - timedelta(days=2):
        yield Finding("audit", False, "操作の記録が2日以上封印されていません", "the audit has not been sealed for two days")
