import pytest

from config.cli import main
from config.cli.terminal import Stop


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("demo --reset --customers 300 --port 9000 --no-browser", {"reset": True, "customers": 300, "port": 9000, "no_browser": True}),
        ("up --host 192.0.2.1", {"host": "192.0.2.1", "port": None}),
        ("import customers 顧客.csv --dry-run", {"target": "customers", "file": "顧客.csv", "rest": ["--dry-run"]}),
        ("seed --scenario million", {"scenario": "million"}),
        ("routes --json", {"json": True}),
        ("bench send --json --quick", {"name": "send", "json": True, "quick": True}),
        ("bench", {"name": None}),
        ("test tests/launch -k words -x", {"chaos": False, "rest": ["tests/launch", "-k", "words", "-x"]}),
        ("test --chaos --sample 3 --seed 7", {"chaos": True, "sample": 3, "seed": 7, "rest": []}),
        ("manage --demo migrate --plan", {"demo": True, "rest": ["migrate", "--plan"]}),
        ("manage shell", {"demo": False, "rest": ["shell"]}),
    ],
)
def test_the_words_are_understood(words, expected):
    arguments = vars(main.read(words.split()))
    assert {name: arguments[name] for name in expected} == expected


@pytest.mark.parametrize("words", ["up --reset", "demo --customers 0", "up --port 99999", "import people x.csv", "fly", "seed"])
def test_wrong_words_are_refused(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main.read(words.split())
    assert caught.value.code == 2
    assert capsys.readouterr().err


def test_every_command_leads_to_a_function():
    import importlib

    for module, function, *_ in main.COMMANDS.values():
        assert callable(getattr(importlib.import_module(f"config.cli.{module}"), function))


def test_a_refusal_is_told_and_not_traced(monkeypatch, capsys):
    def refuse(arguments):
        raise Stop("できません。", "It cannot be done.", code=4)

    monkeypatch.setattr("config.cli.control.status", refuse)
    assert main.run(["status"]) == 4
    assert capsys.readouterr().err == "\nできません。\nIt cannot be done.\n"
