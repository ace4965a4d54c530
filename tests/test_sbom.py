"""`./enishi sbom` and the wheel: whoever installs the product can tell which parts it is made of, from the wheel alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile

import pytest
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

from config.cli import assets, processes, sbom
from config.settings.environment import env
from hatch_build import BuiltParts

ROOT = env.project_dir
FORMS = {"json": OutputFormat.JSON, "xml": OutputFormat.XML}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, opened; made as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    with processes.exclusive(assets.boot_dir(env) / "wheel.lock"):  # tests run two at a time, and this folder is one
        sbom.make(env, ROOT / "sbom")
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def listed(wheel, name):
    place = next(place for place in wheel.namelist() if place.endswith(f".dist-info/sboms/{name}"))
    return wheel.read(place).decode()


def runtime_packages():
    """Everything that an installation without the tools of development gets, walked through uv's lock by hand."""
    packages = {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    found, waiting = set(), [("enishi", frozenset())]
    while waiting:
        name, extras = waiting.pop()
        package = packages[name]
        wanted = [*package.get("dependencies", ()), *(one for extra in extras for one in package["optional-dependencies"][extra])]
        for one in wanted:
            step = (one["name"], frozenset(one.get("extra", ())))
            if step not in found:
                found.add(step)
                waiting.append(step)
    return {(name, packages[name]["version"]) for name, _extras in found}


def test_every_locked_package_of_an_installation_is_in_the_list(wheel):
    parts = json.loads(listed(wheel, "enishi-python.cdx.json"))["components"]
    assert {(part["name"], part["version"]) for part in parts} == runtime_packages()
    assert "pytest" not in {part["name"] for part in parts}
    assert all(part["externalReferences"][0]["hashes"] for part in parts), "a part that cannot be told from a false one"


def test_whatever_is_built_into_the_pages_is_in_the_list(wheel):
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = {(place.rpartition("node_modules/")[2], one["version"]) for place, one in locked.items() if place and not is_for_building(one)}
    parts = json.loads(listed(wheel, "enishi-frontend.cdx.json"))["components"]
    assert {(part["name"], part["version"]) for part in parts} == wanted
    assert "htmx.org" in {name for name, _version in wanted}


def is_for_building(entry):
    return bool(entry.get("dev") or entry.get("devOptional"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", sbom.PARTS)
def test_both_formats_follow_their_schema(wheel, part, form):
    text = listed(wheel, sbom.name(part, form))
    assert make_schemabased_validator(FORMS[form], SchemaVersion.V1_6).validate_str(text) is None


def test_a_list_of_other_locks_makes_no_wheel(tmp_path):
    """The hook that hatchling calls, on a folder whose lock went on after the list was made."""
    for lock in ("uv.lock", "package-lock.json"):
        (tmp_path / lock).write_text("of today")
    hook = BuiltParts(str(tmp_path), {}, None, None, "", "wheel")
    with pytest.raises(RuntimeError, match="missing or of other locks"):
        hook.parts()
    (tmp_path / "sbom").mkdir()
    (tmp_path / "sbom" / "locks.sha256").write_text(sbom.locks(tmp_path))
    assert hook.parts() == []
    (tmp_path / "uv.lock").write_text("of tomorrow")
    with pytest.raises(RuntimeError, match="of other locks"):
        hook.parts()
