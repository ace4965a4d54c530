"""`./enishi check --deploy`: what it refuses."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config.settings.environment import env
from enishi.platform.management.commands import check_deploy

SAFE = replace(
    env,
    debug=False,
    demo=False,
    test_clock=False,
    secret_key="k3Jx9-QmZr7_TtVwB2nYsLf8Ha0Pd4Gc6Ue1Oi5Xy",
    base_scheme="https",
    egress_allow=(),
    app_host="crm.example.jp",
    trusted_proxies=1,
    smtp_host="smtp.example.jp",
    unknown=(),
)


def codes(found, *, refusing=True):
    return [one.code for one in found if one.refuses == refusing]


def test_a_careful_installation_is_let_through():
    assert list(check_deploy.of_settings(SAFE)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"debug": True}, "debug"),
        ({"demo": True}, "demo"),
        ({"test_clock": True}, "test_clock"),
        ({"secret_key": "short"}, "secret_key"),
        ({"secret_key": "a" * 60}, "secret_key"),
        ({"base_scheme": "http"}, "https"),
        ({"egress_allow": ("127.0.0.1:2525",)}, "egress"),
        ({"app_host": "localhost"}, "host"),
    ],
)
def test_what_must_not_go_live_is_refused(change, code):
    assert codes(check_deploy.of_settings(replace(SAFE, **change))) == [code]


def test_advice_is_no_refusal():
    found = list(check_deploy.of_settings(replace(SAFE, trusted_proxies=0, smtp_host=None, unknown=("ENISHI_PROT (→ ENISHI_PORT?)",))))
    assert (codes(found), codes(found, refusing=False)) == ([], ["proxies", "smtp", "unknown"])


def test_keys_that_others_can_read_are_told(tmp_path):
    (tmp_path / "secrets").mkdir(mode=0o700)
    key = tmp_path / "secrets" / "secret_key"
    key.write_text("x")
    key.chmod(0o600)
    assert list(check_deploy.of_files(tmp_path)) == []
    key.chmod(0o644)
    assert codes(check_deploy.of_files(tmp_path)) == ["secrets"]


def test_the_roles_of_the_tests_are_those_of_a_careful_installation(db):
    assert list(check_deploy.of_database()) == []


def test_the_demo_is_refused_with_an_exit_code(db):
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("check_deploy", stdout=out)
    assert refused.value.returncode == 1
    assert "✗ demo" in out.getvalue()
    assert "✗ https" in out.getvalue()
