"""The editor's boxes as blocks of a mail, and the presses of its buttons."""

from __future__ import annotations

import json

import pytest

from enishi.campaigns.forms.plan import block_inputs, blocks_from_post, edited, plain_text

BOLD = [[{"text": "新茶", "bold": True}, {"text": "が届きます"}], [{"text": "二段落目"}]]
FOOTER = {"type": "footer", "sender_name": "縁日堂"}
HEADING, TEXT = {"type": "heading", "text": "見出し"}, {"type": "text", "paragraphs": BOLD}


def test_blocks_come_in_the_order_of_their_numbers():
    posted = {"block-10-type": "divider", "block-2-type": "heading", "block-2-text": " 見出し ", "block-x-type": "heading", "block-3": "?"}
    assert blocks_from_post(posted) == [{"type": "heading", "text": "見出し"}, {"type": "divider"}]


def test_unknown_types_and_fields_are_left_out():
    assert blocks_from_post({"block-0-type": "script", "block-0-text": "x"}) == []
    assert blocks_from_post({"block-0-type": "button", "block-0-label": "見る", "block-0-onclick": "x"}) == [
        {"type": "button", "label": "見る", "link": ""}
    ]


def test_a_picture_without_a_link_has_none():
    picture = {"block-0-type": "image", "block-0-url": "https://a.example/b.png", "block-0-alt": "茶"}
    assert "link" not in blocks_from_post(picture)[0]
    assert blocks_from_post(picture | {"block-0-link": "https://a.example/"})[0]["link"] == "https://a.example/"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_bold_and_links_survive_while_the_words_stay(line_end):
    posted = {"block-0-type": "text", "block-0-rich": json.dumps(BOLD), "block-0-text": plain_text(TEXT).replace("\n", line_end)}
    assert blocks_from_post(posted) == [TEXT]
    changed = blocks_from_post(posted | {"block-0-text": "新しい文"})
    assert changed == [{"type": "text", "paragraphs": [[{"text": "新しい文"}]]}]


@pytest.mark.parametrize("rich", ["{", "1", '{"a": 1}', "[1, [2]]"])
def test_spoilt_rich_text_is_only_words(rich):
    found = blocks_from_post({"block-0-type": "text", "block-0-rich": rich, "block-0-text": "文"})
    assert plain_text(found[0]) == "文"


def test_a_new_block_stands_before_the_footer_and_the_footer_stays():
    blocks = [HEADING, FOOTER]
    assert [block["type"] for block in edited(blocks, "add", -1, "text")] == ["heading", "text", "footer"]
    assert edited(blocks, "add", -1, "footer") == blocks
    assert edited(blocks, "add", -1, "script") == blocks
    assert edited(blocks, "remove", 1, "") == blocks
    assert edited(blocks, "remove", 0, "") == [FOOTER]


def test_moving_up_and_down_ends_at_the_ends():
    blocks = [HEADING, TEXT, FOOTER]
    assert edited(blocks, "up", 1, "") == [TEXT, HEADING, FOOTER]
    assert edited(blocks, "down", 0, "") == [TEXT, HEADING, FOOTER]
    for operation, index in (("up", 0), ("down", 2), ("up", -1), ("remove", 9), ("", 0)):
        assert edited(blocks, operation, index, "") == blocks
    assert blocks == [HEADING, TEXT, FOOTER]


def test_each_block_shows_its_own_faults():
    errors = {"blocks.1.link": ["リンク先がありません"], "blocks.0.paragraphs.0": ["空です"], "subject": ["件名がありません"]}
    shown = block_inputs([TEXT, {"type": "button", "label": "見る", "link": ""}], errors)
    assert (shown[1].errors, shown[1].values) == ({"link": ["リンク先がありません"]}, {"label": "見る", "link": ""})
    assert shown[0].errors == {"text": ["空です"]}
    assert (shown[0].first, shown[0].last, shown[1].last) == (True, False, True)
    assert shown[0].values == {"text": "新茶が届きます\n\n二段落目"}
