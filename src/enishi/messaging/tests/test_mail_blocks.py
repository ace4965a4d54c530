"""From blocks to a mail: what is refused and how it is said, and what the finished mail holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from enishi.messaging.mail.blocks import CompiledMail, MailTemplates, compile_mail
from enishi.messaging.mail.content import InvalidMail, web_address
from enishi.messaging.tests.mail_samples import BLOCKS, FOOTER, tracked

YAMADA = {"customer": {"family_name": "山田", "nickname": ""}}


def compiled(*blocks, subject="お知らせ", preheader=""):
    return compile_mail(subject=subject, preheader=preheader, blocks=[*blocks, FOOTER])


def rendered(mail, data=YAMADA):
    return MailTemplates(mail).render(data, tracked(mail.links))


def text(*runs):
    return {"type": "text", "paragraphs": [list(runs)]}


def refusal(*blocks, **rest):
    with pytest.raises(InvalidMail) as caught:
        compile_mail(**{"subject": "お知らせ", "preheader": "", "blocks": list(blocks), **rest})
    return caught.value.fields


def test_a_mail_is_addressed_and_tracked():
    mail = compile_mail(subject="{{ customer.family_name | honorific }}へ", preheader="入荷しました", blocks=BLOCKS)
    copy = rendered(mail)
    page = HTMLParser(copy.html)
    assert copy.subject == "山田様へ"
    assert page.css_first("h1").text() == "山田様、秋のだしが届きました"
    assert [a.attributes["href"] for a in page.css("a")] == [
        "https://track.example.jp/c/0",
        "https://track.example.jp/c/1",
        "https://track.example.jp/c/2",
        "tel:03-1234-5678",
        "https://track.example.jp/u/x",
    ]
    assert [img.attributes["src"] for img in page.css("img")] == ["https://shop.example/hero.png", "https://track.example.jp/o/x"]
    assert [(link.position, link.url, link.label) for link in mail.links] == [
        (0, "https://shop.example/autumn", "秋のだし"),
        (1, "https://shop.example/recipe?id=12&x=1", "作り方"),
        (2, "https://shop.example/set", "秋のセットを見る"),
    ]


def test_the_plain_text_says_the_same_with_the_same_links():
    mail = compile_mail(subject="お知らせ", preheader="", blocks=BLOCKS)
    plain = rendered(mail).text
    assert "山田様、秋のだしが届きました" in plain
    assert "作り方 <https://track.example.jp/c/1> をご紹介します。" in plain
    assert "▼ 秋のセットを見る\nhttps://track.example.jp/c/2" in plain
    assert plain.endswith("お問い合わせ: info@example.jp\n\n配信停止はこちら:\nhttps://track.example.jp/u/x\n")
    assert "<p>" not in plain


def test_the_sender_and_the_way_out_are_in_every_mail():
    html = HTMLParser(rendered(compiled(text({"text": "本文"}))).html).text()
    for words in ("株式会社縁商店", "〒110-0001 東京都台東区谷中1-2-3", "お問い合わせ: info@example.jp", "配信停止はこちら"):
        assert words in html


def test_nothing_is_loaded_from_elsewhere():
    html = rendered(compiled(text({"text": "本文"}))).html
    assert "fonts.googleapis" not in html
    assert "<link" not in html
    assert "@import" not in html
    assert "<script" not in html
    assert HTMLParser(html).css_first("html").attributes["lang"] == "ja"


def test_a_compiled_mail_is_kept_as_json():
    mail = compile_mail(subject="お知らせ", preheader="", blocks=BLOCKS)
    assert CompiledMail.from_json(json.loads(json.dumps(mail.as_json()))) == mail


def test_the_merge_fields_of_the_whole_mail_are_known():
    mail = compiled(text({"text": "{{ customer.nickname }}{{ shop.name }}"}), subject="{{ customer.family_name }}様", preheader="{{ x.y }}")
    templates = MailTemplates(mail)
    assert templates.fields == ["customer.family_name", "customer.nickname", "shop.name", "x.y"]
    assert templates.empty_fields({**YAMADA, "shop": {"name": "縁"}, "x": {"y": "z"}}) == ["customer.nickname"]


EVIL = "<img src=x onerror=\"alert('1')\">&{{ customer.phone }}"


def test_what_a_customer_typed_stays_text():
    mail = compiled(
        {"type": "heading", "text": "{{ x }}"},
        text({"text": "{{ x }}"}, {"text": "{{ x }}", "link": "https://shop.example/"}),
        {"type": "image", "url": "https://shop.example/a.png", "alt": "{{ x }}"},
        {"type": "button", "label": "{{ x }}", "link": "https://shop.example/"},
        subject="{{ x }}",
        preheader="{{ x }}",
    )
    copy = MailTemplates(mail).render({"x": EVIL}, tracked(mail.links))
    page = HTMLParser(copy.html)
    assert len(page.css("img")) == 2
    assert page.css("img")[0].attributes["alt"] == EVIL
    assert page.css_first("h1").text() == EVIL
    assert page.css_first("title").text() == EVIL
    assert copy.subject == EVIL


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60).filter(
        lambda t: t.strip() and "{" not in t
    )
)
def test_what_a_marketer_typed_stays_text(words):
    mail = compiled(
        {"type": "heading", "text": words},
        text({"text": words, "bold": True}),
        {"type": "image", "url": "https://shop.example/a.png", "alt": words},
        {"type": "button", "label": words, "link": "https://shop.example/"},
    )
    copy = rendered(mail)
    page = HTMLParser(copy.html)
    assert [page.css_first(place).text() for place in ("h1", "p strong")] == [words.strip(), words]
    assert page.css("img")[0].attributes["alt"] == words
    assert len(page.css("img")) == 2
    assert len(page.css("a")) == 2
    assert words.strip() in copy.text


def test_a_literal_in_a_template_is_no_markup():
    assert "<script>" not in rendered(compiled(text({"text": "{{ '<script>' }}{{ nothing | default: '<script>' }}"}))).html


def test_a_line_end_in_a_name_does_not_reach_the_subject():
    mail = compiled(text({"text": "本文"}), subject="{{ x }}様へ")
    assert MailTemplates(mail).render({"x": "山田\r\nBcc: evil"}, tracked(mail.links)).subject == "山田 Bcc: evil様へ"


def test_text_that_looks_like_a_slot_is_left_alone():
    assert "slot0x slot1x" in rendered(compiled(text({"text": "slot0x slot1x"}))).html


def test_line_ends_become_line_ends():
    assert "一行目<br>\n二行目" in rendered(compiled(text({"text": "一行目\n二行目"}))).html


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://shop.example/a?b=c&d=e#f", "https://shop.example/a?b=c&d=e#f"),
        ("HTTPS://Shop.Example/A", "https://Shop.Example/A"),
        (" https://shop.example ", "https://shop.example"),
        ("http://shop.example:8080/", "http://shop.example:8080/"),
        ("https://例え.jp/秋?q=だし", "https://xn--r8jz45g.jp/%E7%A7%8B?q=%E3%81%A0%E3%81%97"),
        ("https://shop.example/%E7%A7%8B", "https://shop.example/%E7%A7%8B"),
        ("mailto:info@example.jp?subject=%E7%A7%8B", "mailto:info@example.jp?subject=%E7%A7%8B"),
        ("tel:03-1234-5678", "tel:03-1234-5678"),
    ],
)
def test_good_addresses_are_kept(url, kept):
    assert web_address(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example",
        "/path",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "\tjavascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://x.jp/",
        "https:shop.example",
        "https:/shop.example",
        "https:///shop.example",
        "https:\\\\shop.example",
        "https://bank.example@evil.example/",
        "https://a:b@evil.example/",
        "https://evil.example\\@bank.example/",
        "https://shop.example/ a",
        "https://shop.example/\r\nSet-Cookie: x",
        "https://shop.example/\u2028a",
        "https://shop.example:99999/",
        "https://-x-/",
        "https://a..b/",
        "https://[::1]/",
        "https://shop.example/" + "x" * 2000,
        "https://shop.example/?c={{ customer.number }}",
        "https://{{ customer.site }}/",
        "{% if x %}https://x.jp{% endif %}",
        "mailto:a@x.jp,b@x.jp",
        "mailto:a@x.jp%0d%0aBcc:b@x.jp",
        "tel:javascript",
    ],
)
def test_bad_addresses_are_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011
        web_address(url)
    assert list(refusal({"type": "button", "label": "見る", "link": url}, FOOTER)) == ["blocks.0.link"]


@pytest.mark.parametrize("url", ["mailto:a@x.jp", "tel:110", "data:image/png;base64,x"])
def test_a_picture_comes_from_the_web(url):
    assert list(refusal({"type": "image", "url": url}, FOOTER)) == ["blocks.0.url"]


def test_faults_stand_beside_their_fields_in_japanese():
    fields = refusal(
        {"type": "heading", "text": "{{ customer.name"},
        {"type": "heading", "text": ""},
        {"type": "text", "paragraphs": [[{"text": "a"}, {"text": "b", "onclick": "alert(1)"}]]},
        {"type": "html", "source": "<script>"},
        {"type": "button", "label": "x"},
        {"type": "spacer", "height": 5000},
        {"type": "heading", "text": "{{ track.unsubscribe }}"},
        {"type": "heading", "text": "a\nb"},
        FOOTER,
        subject="",
        preheader="x" * 400,
    )
    assert fields == {
        "subject": ["入力してください。"],
        "preheader": ["長すぎます。300 までにしてください。"],
        "blocks.0.text": ["「{{」または「{%」が閉じられていません。"],
        "blocks.1.text": ["入力してください。"],
        "blocks.2.paragraphs.0.1.onclick": ["使えない項目です。"],
        "blocks.3": ["この種類のブロックはありません。"],
        "blocks.4.link": ["入力してください。"],
        "blocks.5.height": ["この範囲の値は使えません。"],
        "blocks.6.text": ["「track」で始まる差し込み項目は使えません。"],
        "blocks.7.text": ["改行は使えません。"],
    }


@pytest.mark.parametrize("blocks", [[], [text({"text": "本文"})], [FOOTER, FOOTER]])
def test_there_is_exactly_one_footer(blocks):
    assert list(refusal(*blocks)) == ["blocks"]


@pytest.mark.parametrize("part", ["sender_name", "address", "contact", "unsubscribe"])
@pytest.mark.parametrize("words", ["", "   ", "{{ nothing | default: '' }}", "{% if false %}縁商店{% endif %}"])
def test_the_footers_words_cannot_vanish(part, words):
    assert list(refusal({**FOOTER, part: words})) == [f"blocks.0.{part}"]


@pytest.mark.parametrize(
    "blocks", [["x"], [None], [[]], [{}], [{"type": None}], [{"type": "text", "paragraphs": "x"}], [{"type": ["footer"]}]]
)
def test_senseless_json_is_refused(blocks):
    assert refusal(*blocks, FOOTER)


@pytest.mark.parametrize("control", ["\x00", "\x0b", "\x1b", "\x85", "\u2028"])
def test_control_characters_are_refused(control):
    assert list(refusal(text({"text": f"a{control}b"}), {**FOOTER, "address": f"a{control}b"}, subject=f"a{control}b")) == [
        "subject",
        "blocks.0.paragraphs.0.0.text",
        "blocks.1.address",
    ]


def test_too_many_links_are_refused():
    many = [text(*[{"text": "a", "link": "https://shop.example/"}] * 50) for _ in range(5)]
    assert list(refusal(*many, FOOTER)) == ["blocks"]
