"""The `enishi` command: its words and options. Each sub-command lives in a module of its own."""

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from datetime import date
from types import FrameType

from config.cli.terminal import Stop

# name → (module, function, Japanese, English)
COMMANDS = {
    "up": ("serve", "up", "自社のデータで起動する", "run it on your own data"),
    "demo": ("serve", "demo", "見本の会社で起動する", "run it with the demo company"),
    "dev": ("serve", "dev", "開発用に起動する（自動再読み込み）", "run it for development, with reload"),
    "stop": ("control", "stop", "止める", "stop what runs"),
    "status": ("control", "status", "動いているかを見る", "show what runs"),
    "import": ("commands", "import_file", "ファイルを取り込む", "import a file of customers or orders"),
    "seed": ("seeding", "seed", "試験用のデータを入れる", "fill the base with a scenario (JSON)"),
    "worker": ("commands", "worker", "ジョブの処理だけを動かす", "run one job process"),
    "audit": ("commands", "audit", "操作の記録が書き換えられていないか確かめる", "verify that the audit was not tampered with"),
    "admin": ("commands", "admin", "管理者が入れないときのログインリンクを作る", "let an administrator in who is locked out"),
    "ledger": ("commands", "ledger", "配信の送信台帳を CSV で出す", "write the send ledger of a delivery as CSV"),
    "routes": ("commands", "routes", "画面と API の一覧", "list routes and their guards"),
    "sbom": ("sbom", "sbom", "部品表（SBOM）を作る", "list the parts it is built from (CycloneDX)"),
    "test": ("quality", "test", "試験をすべて行う", "run the tests"),
    "check": ("quality", "check", "書き方と約束を調べる", "run the linters and house rules"),
    "translations": ("commands", "translations", "英語の訳語一覧を更新する", "bring the list of English texts up to date"),
    "bench": ("commands", "bench", "性能を測る", "run a bench, or list them"),
    "manage": ("commands", "manage", "", ""),
}
PASS_ON = ("import", "seed", "worker", "test", "bench")  # words that we do not know go to the tool behind


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="enishi", description="縁 Enishi — 顧客と長くつきあうための CRM / a self-hosted CRM suite for Japan")
    subs = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    made = {}
    for name, (_, _, japanese, english) in COMMANDS.items():
        if japanese:
            made[name] = subs.add_parser(name, help=f"{japanese} / {english}", description=f"{japanese} / {english}", allow_abbrev=False)
    for name in ("up", "demo", "dev"):
        _serving(made[name], makes_demo=name != "up")
    for name in ("admin", "stop", "status", "import", "seed", "worker", "audit", "ledger"):
        made[name].add_argument("--demo", action="store_true", help="見本の会社のデータで / on the demo company's base")
    made["status"].add_argument("--json", action="store_true")
    made["import"].add_argument(
        "target", choices=("customers", "orders", "products"), help="顧客・注文・商品のどれか / what the file holds"
    )
    made["import"].add_argument("file", metavar="FILE", help="CSV, TSV, XLSX")
    made["seed"].add_argument("--scenario", required=True, metavar="NAME", help="demo, acl, million")
    made["seed"].add_argument("--customers", type=_customers, metavar="N", help="顧客数 / how many customers")
    made["seed"].add_argument("--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="履歴の最後の日 / the last day of the history")
    made["audit"].add_argument("verb", choices=("verify",))
    made["audit"].add_argument(
        "--anchor", action="append", default=[], metavar="FILE", help="別に保管した控え / a copy of the seals kept elsewhere"
    )
    made["audit"].add_argument("--from", type=int, default=1, dest="first", metavar="SEAL", help="この封印から / go on at this seal")
    made["audit"].add_argument("--json", action="store_true")
    made["admin"].add_argument(
        "login", nargs="?", default="", help="この管理者のリンクを作る（なければ一覧） / whom to let in; none: list them"
    )
    made["admin"].add_argument("--open-networks", action="store_true", help="IPアドレスの制限を解除する / drop the lists of addresses")
    made["routes"].add_argument("--json", action="store_true")
    made["test"].add_argument("--chaos", action="store_true", help="故障と大きなデータの試験 / kills, restores, large sizes")
    made["test"].add_argument("--sample", type=int, metavar="N", help="--chaos から N 件だけ選ぶ / draw N of them")
    made["test"].add_argument("--seed", type=int, help="選び方の種 / seed of the draw")
    made["check"].add_argument("--deploy", action="store_true", help="公開してよい設定かを調べる / may this installation go live?")
    made["check"].add_argument("--strict", action="store_true", help="助言も誤りとして扱う / advice is an error as well")
    made["ledger"].add_argument("verb", choices=("export",))
    made["ledger"].add_argument("delivery", metavar="DELIVERY", help="配信の番号 / number of the delivery")
    made["bench"].add_argument("name", nargs="?", metavar="NAME")
    made["bench"].add_argument("--json", action="store_true", help="{name, figures, goal, holds}")
    made["bench"].add_argument("--quick", action="store_true", help="60 秒以内の小さな測定 / a smaller one within 60 s")
    return top


def _serving(sub: argparse.ArgumentParser, *, makes_demo: bool) -> None:
    sub.add_argument("--port", type=_port, help="待ち受けるポート（既定 8000）/ port to listen on")
    sub.add_argument("--host", help="待ち受けるアドレス（既定 127.0.0.1）/ address to listen on")
    sub.add_argument("--no-browser", action="store_true", help="ブラウザーを開かない / do not open a browser")
    if makes_demo:
        sub.add_argument("--reset", action="store_true", help="見本を作り直す / make the demo anew")
        sub.add_argument("--customers", type=_customers, metavar="N", help="見本の顧客数 / customers in the demo")


def _port(word: str) -> int:
    return _between(word, 1, 65535)


def _customers(word: str) -> int:
    return _between(word, 1, 1_000_000)


def _between(word: str, lowest: int, highest: int) -> int:
    if not word.isascii() or not word.isdigit() or not lowest <= int(word) <= highest:
        raise argparse.ArgumentTypeError(f"{lowest} から {highest} の数にしてください / a number from {lowest} to {highest}")
    return int(word)


def read(words: Sequence[str]) -> argparse.Namespace:
    """The words of the command line, understood. `rest` holds what goes to the tool behind the command."""
    if words and words[0] == "manage":
        rest = list(words[1:])
        wants_demo = rest[:1] == ["--demo"]
        return argparse.Namespace(command="manage", demo=wants_demo, rest=rest[1:] if wants_demo else rest)
    top = parser()
    arguments, rest = top.parse_known_args(words)
    if rest and arguments.command not in PASS_ON:
        top.error(f"知らない指定です / not known: {' '.join(rest)}")
    arguments.rest = [word for word in rest if word != "--"]
    return arguments


def run(words: Sequence[str]) -> int:
    """Carry out one command and give its exit code."""
    arguments = read(words)
    module, function, *_ = COMMANDS[arguments.command]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)  # by the front door, so that a database nobody else uses is stopped
    try:
        code = getattr(importlib.import_module(f"config.cli.{module}"), function)(arguments)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 130
    return int(code)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> None:
    """The door of the console script. Settings are read only now, so that a wrong one is told and not traced."""
    words = sys.argv[1:]
    if not words:
        parser().print_help()
        sys.exit(2)
    try:
        sys.exit(run(words))
    except Exception as error:
        if type(error).__name__ != "SettingsError":
            raise
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)
