"""A way in for whoever has the server, when no administrator can sign in."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from enishi.platform import context, time
from enishi.platform.actions import rules as actions_rules
from enishi.platform.actions import sign_in_links
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotFound
from enishi.platform.origins import app_url
from enishi.platform.queries import people as queries_people


class Command(BaseCommand):
    help = "List administrators; make a link by which one of them signs in once; open the lists of addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", nargs="?", default="")
        parser.add_argument("--open-networks", action="store_true")

    @context.entered("command admin_access", "command")
    def handle(self, *, login: str, open_networks: bool, **options: object) -> None:
        if open_networks:
            actions_rules.open_networks(code=None, actor=SYSTEM, now=time.now())
            self.stdout.write("IPアドレスの制限を解除しました。 / The lists of IP addresses are gone.")
        if login:
            try:
                token = sign_in_links.make_sign_in_link(username=login, now=time.now(), wall=time.wall_clock())
            except NotFound as error:
                raise CommandError(f"{login}: このログイン名の管理者はいません。 / No administrator has this login.") from error
            self.stdout.write("15分以内に一度だけ使えます。2段階認証も要りません。人に渡さないでください。")
            self.stdout.write("Works once, within 15 minutes, without a second factor. Keep it to yourself.")
            self.stdout.write(app_url(reverse("platform:sign-in-link", args=[token])))
        elif not open_networks:
            for username, name, is_active in queries_people.administrators():
                self.stdout.write(f"{username:20} {name}{'' if is_active else '（停止中 / switched off）'}")
