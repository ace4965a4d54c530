"""The demo's files: what the staff of 縁日堂 keeps with its ten fixed customers."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from openpyxl import Workbook
from PIL import Image, ImageDraw

from enishi.customers.actions.files import add_file, change_file
from enishi.customers.models import Customer
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.rights import actor_by_id

_PEOPLE: Final = (
    ("佐久間", "東京都世田谷区成城"),
    ("竹之内", "神奈川県鎌倉市雪ノ下"),
    ("𠮷﨑", "石川県金沢市東山"),
    ("早乙女", "東京都文京区千駄木"),
)


def _recipients() -> bytes:
    """Where the gifts go, as Excel on Windows writes it; what the code page lacks is written with its common letter."""
    lines = ["お届け先,郵便番号,住所,品,数量"]
    lines += [f"{name}様,{600 + n:03d}-0001,{place},お歳暮だし詰め合わせ,1" for n, (name, place) in enumerate(_PEOPLE)]
    return "\r\n".join(lines).replace("𠮷", "吉").encode("cp932")


def _quotation() -> bytes:
    book = Workbook()
    sheet = book.active
    for row in (("御見積書",), ("品名", "数量", "単価", "金額"), ("客室用だしセット", 120, 980, 117_600), ("送料", 1, 1_500, 1_500)):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _memo() -> bytes:
    return "次回までに\n・のしの表書き\n・届け先の変更（3件）\n・紙袋の枚数\n".encode()


def _wrapping() -> bytes:
    """のし紙: white paper, red and white cords that cross in the middle, and the little fan at the right."""
    paper = Image.new("RGB", (1_200, 800), "#fdfcf7")
    pen = ImageDraw.Draw(paper)
    for place in range(9):
        y = 360 + place * 10
        pen.line([(0, y), (540, y)], fill="#b3202c" if place % 2 else "#c9cdd2", width=6)
        pen.line([(660, y), (1_200, y)], fill="#b3202c" if place % 2 else "#d8b45a", width=6)
    for ring in range(5):
        pen.ellipse(
            [(520 + ring * 8, 300 + ring * 8), (680 - ring * 8, 500 - ring * 8)], outline="#b3202c" if ring % 2 else "#d8b45a", width=6
        )
    pen.polygon([(1_040, 90), (1_110, 60), (1_120, 200), (1_060, 210)], fill="#ffffff", outline="#b3202c")
    pen.polygon([(1_062, 110), (1_098, 100), (1_100, 190), (1_068, 194)], fill="#b3202c")
    return _saved(paper)


def _box() -> bytes:
    """A box that was dented on its way."""
    photo = Image.new("RGB", (1_600, 1_200), "#8a8f98")
    pen = ImageDraw.Draw(photo)
    pen.polygon([(300, 500), (800, 320), (1_320, 480), (1_300, 940), (820, 1_110), (320, 930)], fill="#b58a5a")
    pen.polygon([(300, 500), (800, 320), (1_320, 480), (820, 650)], fill="#c79c6b")
    pen.polygon([(1_120, 520), (1_320, 480), (1_310, 700), (1_180, 640)], fill="#7d5c38")
    pen.line([(560, 410), (1_070, 565)], fill="#e3d3b4", width=46)
    return _saved(photo)


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


#: customer, who put it there, days ago, name, note, what is in it
_FILES: Final[tuple[tuple[int, str, int, str, str, Callable[[], bytes]], ...]] = (
    (1, "mori", 9, "取り置き_栗きんとん.txt", "", _memo),
    (2, "takahashi", 12, "お歳暮_送り先一覧.csv", "去年から2件変更。喪中1件を除く。", _recipients),
    (2, "takahashi", 11, "のし見本_御歳暮_五十嵐.jpg", "ご本人に見ていただき、了承済み。", _wrapping),
    (3, "yoshida", 20, "白鷺荘_客室用だしセット_御見積書.xlsx", "", _quotation),
    (3, "yoshida", 19, "打ち合わせメモ.txt", "", _memo),
    (4, "yamazaki", 6, "のし見本.jpg", "", _wrapping),
    (5, "mori", 15, "届け先.csv", "", _recipients),
    (6, "mori", 4, "だし便_お届けの変更.txt", "", _memo),
    (7, "mori", 30, "内祝い_のし見本.jpg", "", _wrapping),
    (8, "mori", 3, "解約のときのお話.txt", "小さい袋ができたらご案内する。", _memo),
    (9, "mori", 2, "箱つぶれ_写真1.jpg", "お客様がメールで送ってくださった写真。", _box),
    (9, "mori", 2, "箱つぶれ_お詫びのご連絡の控え.txt", "", _memo),
    (10, "kobayashi", 25, "お歳暮_お届け先（ご家族とお稽古のお仲間の分）_2026年_𠮷野志づ様より.csv", "", _recipients),
)


def _end(story: Story) -> None:
    """Through the same door as a real file."""
    there = set(Customer.rows.filter(pk__in={place for place, *_rest in _FILES}).values_list("pk", flat=True))
    for place, login, days, name, note, content in _FILES:
        if place not in there:
            continue
        at = story.now - timedelta(days=days, minutes=13 * place)
        actor = actor_by_id(story.user_ids[login])
        file_id = add_file(customer_id=place, name=name, chunks=[content()], actor=actor, now=at)
        if note:
            change_file(customer_id=place, file_id=file_id, name=name, note=note, actor=actor, now=at)


CHAPTER = Chapter("files", end=_end)
