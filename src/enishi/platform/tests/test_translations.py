import re

import pytest

from enishi.platform import translations

PAGE = """{% load i18n %}<h1 title="{% translate '顧客' %}">{% translate "顧客" context "singular" %}</h1>
<c-field label="{% blocktranslate count n=n %}{{ n }}人{% plural %}{{ n }}人{% endblocktranslate %}" />
{{ words|default:_("なし") }} {% blocktranslate %}利用率 50%{% endblocktranslate %}
"""
CODE = """from django.utils.translation import gettext_lazy, pgettext_lazy as p, ngettext
LABEL = gettext_lazy("配信")
TEXT = gettext_lazy(
    "長い文は"
    "2行に分けます。"
)
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "config").mkdir()
    for name in ("menus.py", "wiring.py"):
        (tmp_path / "config" / name).write_text("")
    folder = tmp_path / "enishi" / "shop" / "templates" / "shop"
    folder.mkdir(parents=True)
    (folder / "page.html").write_text(PAGE)
    (tmp_path / "enishi" / "shop" / "facts.py").write_text(CODE)
    (tmp_path / "enishi" / "locale" / "en" / "LC_MESSAGES").mkdir(parents=True)
    translations.update(tmp_path)
    return tmp_path


def english(source, **texts):
    """Write English for everything: what is given, else an x; for the plural two forms."""
    path = translations.catalogue_path(source)
    text = re.sub(r'msgid "(.+)"\nmsgstr ""', lambda found: f'msgid "{found[1]}"\nmsgstr "{texts.get(found[1], "x")}"', path.read_text())
    path.write_text(text.replace('msgstr[0] ""', 'msgstr[0] "one"').replace('msgstr[1] ""', 'msgstr[1] "%(n)s people"'))


def test_every_way_of_marking_is_collected(source):
    found = {(message.context, message.id) for message in translations.in_source(source) if message.id}
    assert found == {
        (None, "顧客"),
        ("singular", "顧客"),
        (None, ("%(n)s人", "%(n)s人")),
        (None, "なし"),
        (None, "利用率 50%%"),
        (None, "配信"),
        (None, "長い文は2行に分けます。"),
    }


def test_a_catalogue_with_english_for_everything_holds(source):
    english(source)
    assert translations.problems(source) == []


def test_a_text_without_english_is_told_with_its_file(source):
    english(source, 配信="")
    assert translations.problems(source) == ["enishi/shop/facts.py: no English: '配信'"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("%(count)s of 50%%", "placeholders differ"), ("50%% の利用", "Japanese left in the English: の利用"), ("（50%%）", "Japanese left")],
)
def test_a_wrong_text_is_told(source, text, problem):
    english(source, **{"利用率 50%%": text})
    assert problem in translations.problems(source)[0]


def test_a_new_text_and_one_that_is_gone_are_told(source):
    english(source)
    (source / "enishi" / "shop" / "facts.py").write_text(CODE.replace("配信", "届ける"))
    assert [line.split(": ")[1] for line in translations.problems(source)] == ["not in the catalogue", "no longer said"]


def test_an_update_keeps_what_was_written_and_drops_what_is_gone(source):
    english(source, なし="none")
    (source / "enishi" / "shop" / "facts.py").write_text("")

    assert translations.update(source) == 0
    assert translations.in_catalogue(source).get("なし").string == "none"
    assert translations.problems(source) == []
    assert translations.compiled_path(source).is_file()


def test_an_update_counts_what_waits_for_english(source):
    english(source)
    (source / "enishi" / "shop" / "facts.py").write_text(CODE.replace("配信", "届ける"))
    assert translations.update(source) == 1
