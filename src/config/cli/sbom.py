"""`enishi sbom`: the list of parts (SBOM), from the two lock files and so the same on every machine.

Four files in `sbom/`: the Python packages and those of the front end, each as CycloneDX JSON and XML. A wheel carries them
in its `.dist-info/sboms/` (PEP 770); `hatch_build.py` refuses to make one while they are missing or older than the locks.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from config.cli import assets, stamps
from config.cli.terminal import Stop, say
from config.settings.environment import Environment, env

FORMATS = ("json", "xml")
PARTS = ("python", "frontend")


def sbom(_arguments: argparse.Namespace) -> int:
    """Write the four files; their paths are the answer. Raises Stop."""
    for file in make(env, env.project_dir / "sbom"):
        print(file)
    return 0


def make(here: Environment, folder: Path) -> list[Path]:
    """The list of parts of this checkout, in this folder: valid by the schema, and without times, so that only the locks
    change it. Raises Stop."""
    if not (here.project_dir / "uv.lock").is_file():
        raise Stop("この命令はソースのフォルダーで使います。", "This command needs the source checkout.")
    folder.mkdir(parents=True, exist_ok=True)
    commands = {"python": _python(here), "frontend": _frontend(here)}
    for part in PARTS:
        command, given, environ = commands[part]
        for form in FORMATS:
            _run([*command, "--of", form.upper(), "-o", str(folder / name(part, form))], here, environ, given)
    made = [folder / name(part, form) for part in PARTS for form in FORMATS]
    for file in made:
        _must_be_valid(file)
    (folder / "locks.sha256").write_text(locks(here.project_dir))
    return made


def locks(project: Path) -> str:
    """Of which locks a list is, for `hatch_build.py`, which asks the same in its own words."""
    return hashlib.sha256(b"".join((project / lock).read_bytes() for lock in ("uv.lock", "package-lock.json"))).hexdigest()


def name(part: str, form: str) -> str:
    """`enishi-python.cdx.json`: the ending by which readers of SBOMs know the format."""
    return f"enishi-{part}.cdx.{form}"


def _python(here: Environment) -> tuple[list[str], str, dict[str, str]]:
    """What a user's installation gets, with hashes: the lock without the tools of development."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise Stop("uv が見つかりません。./enishi sbom で実行してください。", "uv is missing: start with ./enishi sbom.")
    environ = dict(os.environ)
    export = [uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--no-annotate", "--no-header", "--quiet"]
    locked = _run(export, here, environ)
    # The program's own check of the schema is off, ours follows: each of its starts would load the schemas again.
    command = [str(Path(sys.executable).parent / "cyclonedx-py"), "requirements", "--pyproject", "pyproject.toml"]
    return [*command, "--output-reproducible", "--no-validate", "-"], locked, environ


def _frontend(here: Environment) -> tuple[list[str], str, dict[str, str]]:
    """What is built into the pages: the npm lock without what only builds. The tool is pinned by a lock of its own and
    lives apart from `node_modules`, which every first start installs."""
    environ = assets.node_environment(here)
    home = assets.boot_dir(here) / "sbom"
    shutil.copytree(here.project_dir / "frontend" / "sbom", home, dirs_exist_ok=True)
    npm = shutil.which("npm", path=environ["PATH"]) or "npm"
    wanted = stamps.digest([here.project_dir / "frontend" / "sbom"], str(home))
    stamp = assets.boot_dir(here) / "stamps" / "sbom"
    if not (stamps.holds(stamp, wanted) and (home / "node_modules").is_dir()):
        say("部品表の道具をそろえています（初回のみ）", "installing what lists the parts (first time only)")
        quiet = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([npm, "ci", "--prefix", str(home), *quiet], here, environ)
        stamps.keep(stamp, wanted)
    command = [str(home / "node_modules" / ".bin" / "cyclonedx-npm"), "--package-lock-only", "--omit", "dev"]
    return [*command, "--output-reproducible", "--no-validate"], "", environ


def _must_be_valid(file: Path) -> None:
    """Held against the schema of CycloneDX. Raises Stop."""
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from cyclonedx.validation import make_schemabased_validator

    form = OutputFormat.JSON if file.suffix == ".json" else OutputFormat.XML
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = make_schemabased_validator(form, SchemaVersion.V1_6).validate_str(file.read_text())
    if error:
        file.unlink()
        raise Stop(f"部品表 {file.name} が形式に合いません: {error}", f"{file.name} does not follow its schema.")


def _run(command: list[str], here: Environment, environ: dict[str, str], given: str = "") -> str:
    done = subprocess.run(command, cwd=here.project_dir, env=environ, check=False, text=True, input=given, capture_output=True)
    if done.returncode:
        words = " ".join(command)
        raise Stop(f"{done.stderr}\n「{words}」が失敗しました。", f"`{words}` failed, see above.")
    return done.stdout
