import re
from pathlib import Path

import pytest

from config.settings.environment import SettingsError, _Reader, kept_secret, parse

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "settings.md"


def test_an_empty_environment_gives_a_local_installation():
    env = parse({})
    assert (env.host, env.port, env.base_scheme) == ("127.0.0.1", 8000, "http")
    assert (env.app_host, env.track_host, env.files_host) == ("localhost", "track.localhost", "files.localhost")
    assert env.data_dir.name == "var"
    assert (env.debug, env.demo, env.test_clock, env.database_url) == (False, False, False, None)


def test_all_problems_are_told_at_once_in_both_languages():
    with pytest.raises(SettingsError) as caught:
        parse({"ENISHI_PORT": "eighty", "ENISHI_DEBUG": "maybe", "ENISHI_LOG_LEVEL": "loud"})
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["ENISHI_DEBUG", "ENISHI_PORT", "ENISHI_LOG_LEVEL"]
    assert "設定に誤りがあります" in str(caught.value)
    assert "must be a whole number 1-65535" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENISHI_PORT", "0"),
        ("ENISHI_PORT", "８０００"),
        ("ENISHI_HOST", "example.jp"),
        ("ENISHI_APP_HOST", "https://crm.example.jp"),
        ("ENISHI_APP_HOST", "crm.example.jp:8000"),
        ("ENISHI_TRACK_HOST", "localhost"),
        ("ENISHI_SCHEME", "ftp"),
        ("DATABASE_URL", "mysql://root@localhost/crm"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("ENISHI_SECRET_KEY", "short"),
        ("ENISHI_SECRET_KEY", "changeme-changeme-changeme-changeme"),
        ("ENISHI_SECRET_KEY", "a" * 64),
        ("ENISHI_EGRESS_ALLOW", "10.0.0.0/8,not a host"),
        ("ENISHI_PG_BIN", "/nowhere"),
        ("ENISHI_TRUSTED_PROXIES", "-1"),
        ("ENISHI_SMTP_HOST", "smtp://mail.example.jp"),
        ("ENISHI_SMTP_PORT", "submission"),
        ("ENISHI_SMTP_SECURITY", "ssl"),
        ("ENISHI_SMTP_FROM", "縁日堂"),
        ("ENISHI_WEB_COUNT", "0"),
        ("ENISHI_WORKER_COUNT", "many"),
        ("ENISHI_ROLE", "king"),
        ("ENISHI_TEST_CLOCK", "perhaps"),
        ("ENISHI_PUBLIC_PORT", "99999"),
        ("ENISHI_FILES_HOST", "files example"),
        ("ENISHI_DATABASE_URL_OWNER", "postgres"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=name):
        parse({name: value})


def test_a_password_for_the_systems_mail_needs_its_user():
    with pytest.raises(SettingsError, match="ENISHI_SMTP_USER"):
        parse({"ENISHI_SMTP_HOST": "mail.example.jp", "ENISHI_SMTP_PASSWORD": "aikotoba"})


def test_a_password_in_a_wrong_database_url_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        parse({"DATABASE_URL": "mysql://crm:himitsu-no-kotoba@localhost/crm"})
    assert "himitsu" not in str(caught.value)


def test_secrets_stay_out_of_the_repr():
    env = parse(
        {
            "ENISHI_SECRET_KEY": "k3Y-" * 3 + "0123456789abcdefghij-ZYXWV",
            "DATABASE_URL": "postgresql://crm:himitsu@localhost/crm",
            "ENISHI_SMTP_USER": "crm",
            "ENISHI_SMTP_PASSWORD": "aikotoba",
        }
    )
    assert not re.search("k3Y|himitsu|aikotoba", repr(env))


def test_a_misspelt_variable_is_guessed():
    assert parse({"ENISHI_PROT": "9000"}).unknown == ("ENISHI_PROT (→ ENISHI_PORT?)",)


def test_hosts_for_links_and_files_follow_the_host_of_the_application():
    env = parse({"ENISHI_APP_HOST": "crm.example.jp", "ENISHI_SCHEME": "https"})
    assert (env.track_host, env.files_host) == ("track.crm.example.jp", "files.crm.example.jp")
    assert (env.secure, env.public_port) == (True, None)


def test_the_demo_may_move_time_and_a_real_base_may_not():
    assert parse({"ENISHI_DEMO": "1"}).test_clock
    assert not parse({}).test_clock
    with pytest.raises(SettingsError, match="ENISHI_TEST_CLOCK"):
        parse({"ENISHI_TEST_CLOCK": "1"})


def test_a_generated_secret_is_kept_and_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "secrets" / "key"
    first = kept_secret(path)
    assert len(first) >= 32
    assert kept_secret(path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert [found.name for found in path.parent.iterdir()] == ["key"]


def test_a_secret_that_cannot_be_written_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SettingsError, match="ENISHI_DATA_DIR"):
        kept_secret(blocked / "key")


def test_the_page_names_every_setting_and_no_other(monkeypatch):
    known: set[str] = set()
    monkeypatch.setattr(_Reader, "unknown", lambda self: known.update(self.names) or ())
    parse({})
    assert set(re.findall(r"^\| `([A-Z_]+)`", PAGE.read_text(), re.MULTILINE)) == known
