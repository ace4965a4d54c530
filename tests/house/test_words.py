"""Every word that people see is marked for translation; islands have none of their own.

The English catalogue is complete by `check_translations`; it can only know of texts that are marked.
"""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch

import pytest

from enishi.platform import translations
from enishi.platform.models import Role
from enishi.platform.routes import all_routes
from tests.house.source import ROOT, SOURCE, modules

LETTERS = re.compile("[\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}

# Where Japanese letters are no words of the screen: how the names of the files begin, and the reason.
NOT_SCREENS = {
    "config/cli/": "the terminal says everything in both languages at once",
    "config/settings/": "as the terminal; and the languages' own names",
    "enishi/platform/management/commands/make_demo.py": "as the terminal",
    "enishi/platform/management/commands/admin_access.py": "as the terminal",
    "enishi/platform/management/commands/verify_audit.py": "as the terminal",
    "enishi/platform/management/commands/check_deploy.py": "as the terminal",
    "enishi/platform/japanese/": "parsers and formatters of Japanese text",
    "enishi/platform/demo/": "people, goods and mails of the demo company",
    "enishi/*/canaries.py": "records that the access matrix plants and looks for",
    "enishi/platform/words.py": "the words that a company may replace by its own, as they stand in the texts",
    "enishi/customers/trades/": "fields, choices and views that a template writes into the company's own data",
    "enishi/platform/presets.py": "names of roles: rows that each company renames",
    "enishi/platform/views/stories.py": "awkward values for the components' page, which only developers see",
    "enishi/platform/views/demo.py": "names of the demo's files",
    "enishi/platform/liquid_filters.py": "what mails to customers say: weekdays and honorifics",
    "enishi/platform/passwords.py": "the product's name, as people write it",
    "enishi/platform/money.py": "units of large amounts, each language has its own",
    "enishi/platform/actor.py": "the system's name in the logs",
    "enishi/platform/models/people.py": "the languages' own names",
    "enishi/platform/translations.py": "the words that English keeps",
    "enishi/analytics/demo.py": "a chapter of the demo company",
    "enishi/analytics/forms/ad_costs.py": "what stands in people's files is recognised by its words",
    "enishi/campaigns/demo": "chapters of the demo company",
    "enishi/customers/demo": "chapters of the demo company",
    "enishi/commerce/actions/demo_orders.py": "orders of the demo company",
    "enishi/campaigns/views/editor.py": "the stand-in for an empty merge field, part of a mail",
    "enishi/messaging/first_templates.py": "mails to customers",
    "enishi/messaging/mail/content.py": "mails to customers",
    "enishi/messaging/mail/layout.py": "mails to customers",
    "enishi/customers/facts/customers.py": "prefectures: values of addresses",
    "enishi/customers/queries/choices.py": "proposed values, kept as they are chosen",
    "enishi/customers/importing/": "what stands in people's files is recognised by its words",
    "enishi/customers/standards/presets.py": "examples of what people type",
    "enishi/customers/imports/people/prepare.py": "letters that names are made of",
    "enishi/customers/imports/people/ready.py": "letters that names are made of",
    "enishi/commerce/discounts.py": "how shops name discounts in their files",
    "enishi/commerce/importing/": "what stands in people's files is recognised by its words",
    "enishi/rules/builder/inputs.py": "the sign of yen in what people type",
}
# Pages left out below: the first shows awkward values to developers, the second ends the session.
WITHOUT_WORDS = {"platform:components", "account_logout"}
# Notes for the next reader of a model; no screen shows them.
HELP_FOR_READERS = {"help_text"}


def _within(name: str, place: str) -> bool:
    return fnmatch(name, f"{place}*")


def _excused(name: str) -> bool:
    return any(_within(name, place) for place in NOT_SCREENS)


def _unmarked(tree: ast.Module) -> list[ast.Constant]:
    """Texts with Japanese letters outside of the functions that mark, docstrings apart."""
    fine: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg in HELP_FOR_READERS):
            fine.add(id(node.value))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in MARKS:
            fine.update(id(part) for argument in node.args for part in ast.walk(argument))
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node for node in texts if id(node) not in fine and LETTERS.search(node.value)]


def test_every_japanese_text_of_the_product_is_marked():
    found = [f"{m.name}:{node.lineno} {node.value!r}" for m in modules() if not _excused(m.name) for node in _unmarked(m.tree)]
    assert found == []


def test_where_words_of_files_are_recognised_sentences_are_still_marked():
    found = [
        f"{module.name}:{node.lineno} {node.value!r}"
        for module in modules()
        if "/importing/" in module.name
        for node in _unmarked(module.tree)
        if node.value.rstrip().endswith(("。", "ください"))
    ]
    assert found == []


def test_a_marked_text_is_a_literal_so_that_it_can_be_collected():
    """`_(f"…")` and `_("…" + name)` are found by nobody."""
    found = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in module.calls()
        if getattr(call.func, "id", "") in MARKS
        for argument in call.args[:1]
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in ast.walk(argument))
    ]
    assert found == []


def test_every_excuse_is_needed():
    needed = {module.name for module in modules() if _unmarked(module.tree)}
    assert [place for place in NOT_SCREENS if not any(_within(name, place) for name in needed)] == []


STORIES = SOURCE / "enishi" / "platform" / "templates" / "platform" / "stories"
TEMPLATES = [path for path in translations.screens(SOURCE) if path.suffix != ".py" and path.parent != STORIES]
MARKED_OR_SILENT = re.compile(
    r"{#.*?#}|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}"
    r"|{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}|{%\s*translate\b.*?%}|_\(\"[^\"]*\"\)|_\('[^']*'\)",
    re.DOTALL,
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_japanese_word_of_a_template_is_marked(path):
    left = MARKED_OR_SILENT.sub("", path.read_text())
    for word in translations.KEPT_WORDS:
        left = left.replace(word, "")
    assert [line.strip() for line in left.splitlines() if LETTERS.search(line)] == []


ISLANDS = [*SOURCE.glob("enishi/*/islands/*.ts"), *(ROOT / "frontend").rglob("*.ts")]


@pytest.mark.parametrize("path", [path for path in ISLANDS if not path.name.endswith(".test.ts")], ids=lambda path: path.name)
def test_an_island_has_no_words(path):
    """Its words come from the page, by attributes; comments may show them."""
    code = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", path.read_text(), flags=re.DOTALL)
    assert [line.strip() for line in code.splitlines() if LETTERS.search(line)] == []


TYPED = re.compile(
    r"<script\b.*?</script>|<option value=\"[^\"]*[^\x00-\x7f][^\"]*\"[^>]*>.*?</option>|<option value=\"[^\"]*[^\x00-\x7f][^>]*>",
    re.DOTALL,
)


def test_a_page_in_english_has_no_japanese_but_what_people_typed(organisation, make_user, client):
    """Every page without a record, over an organisation and a user with English names. Prefectures are data."""
    organisation.name, organisation.address = "Ennichido", "1-2-3 Yanaka"
    organisation.save()
    user = make_user("misaki", "admin", "ec_lead", "all_customers")
    user.language = "en"
    user.save()
    client.force_login(user, backend="enishi.platform.signin.ActiveUserBackend")
    read, left = set(), {}
    for route in all_routes():
        if route.host != "app" or "<" in route.route or "(?P" in route.route or route.name in WITHOUT_WORDS:
            continue
        answer = client.get(f"/{route.route}", follow=True)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        read.add(route.name)
        text = TYPED.sub("", answer.content.decode())
        roles = [words for pair in Role.rows.values_list("name", "description") for words in pair]
        for word in [*translations.KEPT_WORDS, *sorted(roles, key=len, reverse=True)]:  # its own words
            text = text.replace(word, "")
        if lines := [line.strip()[:200] for line in text.splitlines() if LETTERS.search(line)]:
            left[route.name] = lines
    assert left == {}
    assert {"platform:home", "customers:list", "customers:new", "segments:new", "campaigns:deliveries", "imports:new"} <= read
