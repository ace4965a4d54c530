"""What may not be written, because whole classes of mistakes and attacks begin with it."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import FRONT_ROOMS, ROOT, SOURCE, dotted, modules

CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "timezone.now", "time.time", "datetime.today"}
CLOCK_HOMES = {"enishi/platform/time.py"}
# Programs that run before Django, or beside it, have no platform clock.
BESIDE_DJANGO = ("config/cli/",)
SOCKET_MODULES = {"socket", "smtplib", "urllib", "requests", "httpx", "http.client", "aiohttp", "ftplib"}
SOCKET_HOMES = {
    "enishi/platform/egress.py": "the one door for outgoing connections",
    "enishi/platform/web_client.py": "web calls over connections that egress opened",
    "enishi/platform/actions/company.py": "reads the errors of such calls, opens nothing",
    "enishi/platform/views/company.py": "reads the errors of such calls, opens nothing",
    "enishi/warehouse/engine/client.py": "asks our own engine over a socket of the file system",
    "enishi/messaging/mail/smtp.py": "speaks SMTP over a connection that egress opened",
    "enishi/messaging/mail/smtp_connection.py": "the connection itself: smtplib on a socket that egress opened",
    "enishi/messaging/mail/smtp_troubles.py": "reads smtplib's errors, opens nothing",
}


def _offences(finder):
    return [f"{module.name}:{node.lineno} {what}" for module in modules() for node, what in finder(module)]


def test_nobody_but_the_clock_module_asks_what_time_it_is():
    def find(module):
        if module.name in CLOCK_HOMES or module.name.startswith(BESIDE_DJANGO):
            return
        for call in module.calls():
            if dotted(call.func) in CLOCKS:
                yield call, dotted(call.func)

    assert _offences(find) == []


def test_front_rooms_never_touch_a_manager():
    def find(module):
        if module.room not in FRONT_ROOMS:
            return
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in ("objects", "rows") and isinstance(node.value, (ast.Name, ast.Attribute)):
                name = dotted(node.value).rpartition(".")[2]
                if name[:1].isupper():
                    yield node, dotted(node)

    assert _offences(find) == []


WRITES = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "save", "create", "update"}
WRITING_ROOMS = {"actions", "migrations", "demo", "canaries", "management"}
# Files outside of `actions` that write rows, each with the reason. This list only shrinks.
WRITERS = {
    "enishi/platform/events.py": "the event log itself",
    "enishi/platform/changes.py": "the change log itself",
    "enishi/platform/views_log.py": "the view log itself",
    "enishi/platform/files.py": "a stored file and its row are written as one",
    "enishi/platform/work.py": "progress of long work",
    "enishi/platform/presets.py": "installs the roles that come with the product, for set_up",
    "enishi/platform/demo": "makes the demo company",
    "enishi/commerce/importing": "the target of an import run, called inside its action",
    "enishi/commerce/summaries": "the summary row per customer, called inside actions",
    "enishi/commerce/lifecycle": "the derived stage, called inside actions",
    "enishi/customers/importing": "the import engine: one transaction a chunk",
    "enishi/customers/bulk": "the engine of bulk changes: one transaction a chunk",
    "enishi/customers/twins": "the search for duplicates: called inside its actions",
    "enishi/customers/quality": "the engine of the day's look: one transaction a chunk",
    "enishi/customers/imports": "the import engine: one transaction a chunk",
    "enishi/messaging/sink": "the demo's own mailbox",
}


def test_rows_are_written_in_actions_only():
    def find(module):
        if (
            not module.name.startswith("enishi/")
            or module.room.partition("_")[0] in WRITING_ROOMS
            or module.name.startswith(tuple(WRITERS))
        ):
            return
        for call in module.calls():
            if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES and ".rows" in f".{dotted(call.func)}":
                yield call, dotted(call.func)

    assert _offences(find) == []


def test_no_query_is_built_from_text():
    def find(module):
        for call in module.calls():
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in ("raw", "extra") and isinstance(call.func, ast.Attribute) and ".rows" in dotted(call.func):
                yield call, f".{name}("
            if name == "RawSQL":
                yield call, "RawSQL"
            if name in ("execute", "executemany") and call.args and isinstance(call.args[0], (ast.JoinedStr, ast.BinOp)):
                yield call, "execute() of a made-up string"

    assert _offences(find) == []


def test_no_keyword_comes_from_outside_into_the_orm():
    orm = {"filter", "exclude", "get", "annotate", "alias", "values", "order_by", "Q"}

    def find(module):
        for call in module.calls():
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in orm and any(keyword.arg is None and not isinstance(keyword.value, ast.Dict) for keyword in call.keywords):
                yield call, f"{name}(**…)"

    # Each of these expands a dictionary that code in the same file wrote, never one from a request.
    allowed = ()
    assert [offence for offence in _offences(find) if not offence.startswith(allowed or ("\0",))] == []


def test_no_unsafe_markup_pickle_or_signals():
    banned_calls = {"mark_safe", "SafeString", "receiver"}

    def find(module):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in banned_calls:
                yield node, dotted(node.func)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                if any(name.split(".")[0] in ("pickle", "marshal", "shelve") for name in names):
                    yield node, "unsafe serialiser"
                if "django.dispatch" in names:
                    yield node, "signals"

    allowed = ("enishi/platform/templatetags/ui.py",)  # builds the icon's own markup from its sprite
    assert [offence for offence in _offences(find) if not offence.startswith(allowed)] == []


def test_no_template_is_built_from_data_but_by_the_one_renderer():
    """A template that people wrote and Django or Jinja read is code of theirs on our server."""

    def find(module):
        if module.name == "enishi/platform/liquid.py":
            return
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("django", "jinja2"):
                yield from ((node, alias.name) for alias in node.names if alias.name in ("Template", "Engine", "engines", "Environment"))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("from_string", "format_map"):
                yield node, node.func.attr

    assert _offences(find) == []


def test_input_is_written_by_hand_never_made_of_a_model():
    """A column that is added later would be open to everybody who can send a form."""
    made = {"ModelSchema", "ModelForm", "modelform_factory", "create_schema", "ModelChoiceField", "ModelMultipleChoiceField"}

    def find(module):
        for node in ast.walk(module.tree):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in made:
                yield node, name

    assert _offences(find) == []


def test_only_egress_and_the_mailer_open_sockets():
    def find(module):
        if module.name in SOCKET_HOMES or module.name.startswith(BESIDE_DJANGO):
            return
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                if name in SOCKET_MODULES or name.startswith("urllib.request"):
                    yield node, name

    assert _offences(find) == []


def test_money_is_never_a_float():
    def find(module):
        for call in module.calls():
            if dotted(call.func).rpartition(".")[2] == "FloatField":
                yield call, "FloatField"

    assert _offences(find) == []


def test_no_forwarded_header_is_trusted():
    assert [module.name for module in modules() if 'META["HTTP_' in module.text or 'META.get("HTTP_' in module.text] == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("an unescaped value", r"\|\s*safe\b|autoescape off"),
        ("inline style", r"\sstyle="),
        ("inline script", r"<script(?![^>]*\bsrc=)"),
        ("an inline handler", r"\son[a-z]+=|hx-on"),
    ],
)
def test_templates_hold_no(what, pattern):
    found = []
    for path in [*SOURCE.rglob("*.html")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(SOURCE)}:{number}")
    assert found == []


def test_files_and_functions_stay_readable():
    long_files = [f"{m.name} {m.text.count(chr(10))}" for m in modules() if m.text.count("\n") > 600]
    long_functions = [
        f"{m.name}:{node.lineno} {node.name}"
        for m in modules()
        for node in ast.walk(m.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno > 60
    ]
    assert (long_files, long_functions) == ([], [])


def test_the_project_speaks_of_itself_alone():
    words = re.compile(r"/work/|/tmp/enishi|pythonhosted|registry\.npmjs|debian\.org|TODO|FIXME|XXX|raise NotImplementedError")
    found = []
    for pattern in (
        "src/**/*.py",
        "src/**/*.html",
        "src/**/*.ts",
        "frontend/**/*.ts",
        "frontend/**/*.css",
        "docs/**/*.md",
        "*.md",
        "tests/**/*.py",
        "bench/**/*.py",
    ):
        found += [
            str(path.relative_to(ROOT)) for path in ROOT.glob(pattern) if path.name != "test_bans.py" and words.search(path.read_text())
        ]
    assert found == []
