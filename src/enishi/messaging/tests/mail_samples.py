"""A mail of the ordinary kind, for tests of the mail engine."""

FOOTER = {"type": "footer", "sender_name": "株式会社縁商店", "address": "〒110-0001 東京都台東区谷中1-2-3", "contact": "info@example.jp"}

BLOCKS = [
    {"type": "image", "url": "https://shop.example/hero.png", "alt": "秋のだし", "link": "https://shop.example/autumn"},
    {"type": "heading", "text": "{{ customer.family_name | default: 'お客様' | honorific }}、秋のだしが届きました"},
    {
        "type": "text",
        "paragraphs": [
            [{"text": "いつもありがとうございます。\n"}, {"text": "新物の昆布です。", "bold": True}],
            [{"text": "合わせだしの"}, {"text": "作り方", "link": "https://shop.example/recipe?id=12&x=1"}, {"text": "をご紹介します。"}],
        ],
    },
    {"type": "heading", "text": "今月のおすすめ", "level": 2},
    {"type": "button", "label": "秋のセットを見る", "link": "https://shop.example/set"},
    {"type": "divider"},
    {"type": "text", "align": "center", "paragraphs": [[{"text": "電話する", "link": "tel:03-1234-5678"}]]},
    {"type": "spacer", "height": 16},
    FOOTER,
]


def tracked(links):
    """Addresses as a copy would have them."""
    return {
        **{f"link{link.position}": f"https://track.example.jp/c/{link.position}" for link in links},
        "unsubscribe": "https://track.example.jp/u/x",
        "open": "https://track.example.jp/o/x",
    }
