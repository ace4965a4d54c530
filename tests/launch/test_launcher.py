import ast
import importlib.machinery
import importlib.util
import json
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "enishi"


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """The launcher as a module, at home in an empty folder with spaces and Japanese letters."""
    loader = importlib.machinery.SourceFileLoader("enishi_launcher", str(FILE))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("enishi_launcher", loader))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    project = tmp_path / "縁 の フォルダー"
    project.mkdir()
    for name in module.INPUTS:
        (project / name).write_text("3.13")
    monkeypatch.setattr(module, "PROJECT", str(project))
    monkeypatch.setattr(module, "BOOT", str(project / "var" / "boot"))
    monkeypatch.setattr(module, "VENV", str(project / ".venv"))
    monkeypatch.setattr(module, "STAMP", str(project / "var" / "boot" / "stamps" / "packages.json"))
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").write_text("")
    return module


def test_python_3_8_can_read_the_launcher():
    ast.parse(FILE.read_text(), feature_version=(3, 8))


def test_nothing_is_installed_twice(launcher):
    wanted = launcher.contents()
    assert not launcher.is_current({}, wanted, dev=False)
    assert launcher.is_current({"contents": wanted, "dev": False}, wanted, dev=False)


def test_a_changed_lock_file_is_noticed(launcher):
    before = launcher.contents()
    Path(launcher.PROJECT, "uv.lock").write_text("changed")
    assert launcher.contents() != before


def test_a_moved_folder_is_noticed(launcher, monkeypatch):
    before = launcher.contents()
    moved = Path(launcher.PROJECT).rename(Path(launcher.PROJECT).with_name("moved"))
    monkeypatch.setattr(launcher, "PROJECT", str(moved))
    assert launcher.contents() != before


def test_the_development_tools_are_added_once_and_never_taken_away(launcher):
    wanted = launcher.contents()
    assert not launcher.is_current({"contents": wanted, "dev": False}, wanted, dev=True)
    assert launcher.is_current({"contents": wanted, "dev": True}, wanted, dev=False)


def test_a_missing_environment_is_made_again(launcher):
    wanted = launcher.contents()
    Path(launcher.VENV, "bin", "python").unlink()
    assert not launcher.is_current({"contents": wanted, "dev": True}, wanted, dev=False)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_torn_stamp_counts_as_none(launcher, text):
    stamp = Path(launcher.STAMP)
    stamp.parent.mkdir(parents=True)
    stamp.write_text(text)
    assert launcher.read_stamp() == {}


def test_a_development_install_stays_one_when_the_lock_changes(launcher, monkeypatch):
    commands = []
    monkeypatch.setattr(launcher, "find_uv", lambda: "uv")
    monkeypatch.setattr(launcher, "find_python", lambda: "python3.13")
    monkeypatch.setattr(launcher, "works", lambda python, wanted="": True)
    monkeypatch.setattr(launcher, "belongs_here", lambda: True)
    monkeypatch.setattr(launcher, "run_uv", commands.append)
    launcher.install({"contents": "old", "dev": True}, "new", dev=False)
    launcher.install({}, "new", dev=False)
    assert ["--no-dev" in command for command in commands] == [False, True]
    assert json.loads(Path(launcher.STAMP).read_text()) == {"contents": "new", "dev": False}


def test_a_copied_environment_does_not_belong_here(launcher):
    activate = Path(launcher.VENV, "bin", "activate")
    activate.write_text("VIRTUAL_ENV='/elsewhere/.venv'")
    assert not launcher.belongs_here()
    activate.write_text(f"VIRTUAL_ENV='{launcher.VENV}'")
    assert launcher.belongs_here()


@pytest.mark.parametrize(
    ("shown", "version"), [("uv 0.13.9 (x86_64)", (0, 13, 9)), ("uv 0.8.0", (0, 8, 0)), ("", ()), ("error: no such command", ())]
)
def test_the_version_of_uv_is_read(launcher, shown, version):
    assert launcher.uv_version(shown) == version


def test_pyenvs_newest_patch_is_taken_before_path(launcher, tmp_path, monkeypatch):
    for patch in ("3.13.9", "3.13.10", "3.12.1"):
        binary = tmp_path / "pyenv" / "versions" / patch / "bin" / f"python{patch[:4]}"
        binary.parent.mkdir(parents=True)
        binary.write_text("")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(launcher, "works", lambda python, wanted="": "/versions/3.13" in python and str(tmp_path) in python)
    assert "/3.13.10/" in launcher.find_python()


def test_without_any_python_uv_fetches_one(launcher, monkeypatch):
    monkeypatch.setattr(launcher, "works", lambda python, wanted="": False)
    assert launcher.find_python() == "3.13"


@pytest.mark.parametrize(
    ("shown", "advice"),
    [
        ("error: No space left on device (os error 28)", "ディスク"),
        ("error: Permission denied", "書き込めません"),
        ("cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("cause: dns error", "HTTPS_PROXY"),
        ("Failed to download https://x/python-build-standalone/y\ncause: dns error", "CPython 3.13"),
    ],
)
def test_failures_come_with_advice(launcher, shown, advice):
    assert advice in launcher.advice(shown)
