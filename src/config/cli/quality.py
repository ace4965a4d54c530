"""`enishi test` and `enishi check`: what must hold before a change goes in."""

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.cli import assets, base, browser
from config.cli.terminal import Stop, say
from config.settings.environment import Environment, env

PYTEST = (sys.executable, "-m", "pytest")
NOTHING_COLLECTED = 5  # pytest's exit code
AT_ONCE = 2
SHOWN_LINES = 60
TWO_WORKERS = ("-n", "2", "--dist", "worksteal")  # who has done their half takes over from the other: some tests take 40 s


@dataclass(frozen=True, slots=True)
class Step:
    """One check: a name for people and a command."""

    name: str
    command: list[str]


def test(arguments: argparse.Namespace) -> int:
    """Run the tests; further words go to pytest and then choose the tests alone. 0 when all passed."""
    _must_be_checkout(env)
    assets.build(env)
    if arguments.chaos:
        return _pytest("chaos", _chaos_tests(arguments), arguments.rest)
    can_browse = browser.ensure()
    if arguments.rest:
        return _pytest("tests", [], arguments.rest)
    results = [_pytest("tests", ["--ignore=tests/browser", *TWO_WORKERS], [])]
    if any((env.project_dir / "tests" / "browser").glob("test_*.py")):
        if can_browse:
            results.append(_pytest("browser tests", ["tests/browser", *TWO_WORKERS], []))
        else:
            say("ブラウザー試験は実行できませんでした", "the browser tests could not run: failed")
            results.append(1)
    return max(results)


def _pytest(name: str, words: list[str], rest: list[str]) -> int:
    """One run of pytest, its closing lines on the terminal. Its exit code; 0 when there was nothing to run."""
    began = time.monotonic()
    code = subprocess.run([*PYTEST, "-q", *words, *rest], cwd=env.project_dir, check=False).returncode
    code = 0 if code == NOTHING_COLLECTED and not rest else code
    say(f"{name}: {'合格' if code == 0 else '不合格'}（{time.monotonic() - began:.0f} 秒）", "passed" if code == 0 else "failed")
    return code


def _chaos_tests(arguments: argparse.Namespace) -> list[str]:
    """All chaos tests, or some of them drawn. The seed is told; it decides the draw and the moments of the blows."""
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    os.environ["ENISHI_CHAOS_SEED"] = str(seed)
    if not arguments.sample:
        say(f"故障の試験をすべて行います（--seed {seed}）", "all chaos tests")
        return ["tests/chaos"]
    command = [*PYTEST, "--collect-only", "-q", "tests/chaos"]
    listed = subprocess.run(command, cwd=env.project_dir, capture_output=True, text=True, check=False).stdout
    found = sorted(line for line in listed.splitlines() if "::" in line)
    say(f"{len(found)} 件から {arguments.sample} 件を選びます（--seed {seed}）", "drawing chaos tests")
    drawn = random.Random(seed).sample(found, min(arguments.sample, len(found)))  # noqa: S311 - a draw, not a secret
    return drawn or ["tests/chaos"]


def check(arguments: argparse.Namespace) -> int:
    """Run every check to the end, whatever fails before. 0 when all hold. With --deploy: look at this installation instead."""
    if arguments.deploy:
        here = base.real()
        return base.manage(here, base.prepared(here), "app", "check_deploy", *(["--strict"] if arguments.strict else []), clean=False)
    _must_be_checkout(env)
    assets.build(env)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(_checked, steps(env)))
    failed = [name for name, holds in results if not holds]
    words = f"不合格: {', '.join(failed)}" if failed else "すべて合格 / all hold"
    print(f"\n{len(results) - len(failed)}/{len(results)}  {words}  ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if failed else 0


def steps(here: Environment) -> list[Step]:
    """What `check` runs, the slow ones first so that two at a time end soonest."""
    python = [sys.executable, "-m"]
    scripts = Path(sys.executable).parent
    manage = [*python, "django"]
    npm = shutil.which("npm", path=assets.node_environment(here)["PATH"]) or "npm"
    found = [
        Step("mypy", [*python, "mypy"]),
        Step("house", [*PYTEST, "-q", "tests/house"]),
        Step("front-end (tsc, eslint)", [npm, "run", "--silent", "check"]),
        Step("islands (vitest)", [npm, "run", "--silent", "test"]),
        Step("ruff-check", [*python, "ruff", "check", "."]),
        Step("ruff-format", [*python, "ruff", "format", "--check", "."]),
        Step("import-linter", [str(scripts / "lint-imports"), "--no-cache"]),
        Step("djlint", [*python, "djlint", "src", "--lint", "--quiet"]),
        Step("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
    ]
    commands = {path.stem for path in here.source_dir.glob("enishi/*/management/commands/*.py")}
    return found + [Step(label, [*manage, *words]) for label, words in OPTIONAL.items() if words[0] in commands]


# Snapshots that a part of the product brings along, as a management command of its own.
OPTIONAL: dict[str, list[str]] = {
    "translations": ["check_translations"],
    "OpenAPI": ["check_openapi"],
}


def _checked(step: Step) -> tuple[str, bool]:
    """Run one step. Its time is printed, and where it fails the end of what it said; all of it is kept in a file."""
    began = time.monotonic()
    environ = assets.node_environment(env) | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        step.command, cwd=env.project_dir, env=environ, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    holds = done.returncode == 0
    lines = [f"{'✓' if holds else '✗'} {step.name:<30} {time.monotonic() - began:5.1f} s"]
    if not holds:
        kept = env.data_dir / "log" / "check" / f"{step.name.split()[0]}.log"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(done.stdout)
        said = done.stdout.rstrip().splitlines()
        lines += said[-SHOWN_LINES:]
        if len(said) > SHOWN_LINES:
            lines.append(f"… 全 {len(said)} 行 / all of it: {kept}")
    print("\n".join(lines), flush=True)
    return step.name, holds


def _must_be_checkout(here: Environment) -> None:
    if not (here.project_dir / "tests").is_dir() or os.path.commonpath([here.project_dir, here.source_dir]) != str(here.project_dir):
        raise Stop("この命令はソースのフォルダーで使います。", "This command needs the source checkout.")
