"""The template that comes with the product: whoever begins writes words, not a footer."""

from __future__ import annotations

from enishi.platform.models import Organisation

type Blocks = list[dict[str, object]]


def first_mail(organisation: Organisation) -> tuple[str, str, Blocks]:
    """Subject, preheader and blocks of a first mail, with 送信者名・住所・問い合わせ先・配信停止 filled in."""
    subject = "{{ customer.family_name | default: 'お客様' }}様へ、季節のおしらせ"
    blocks: Blocks = [
        {"type": "heading", "text": "季節のおしらせ"},
        text_block(
            "{{ customer.name | default: 'お客様' }} 様\n\nいつもご利用いただき、ありがとうございます。\n"
            "今の季節におすすめの品をご用意しました。どうぞごゆっくりご覧ください。"
        ),
        {"type": "button", "label": "おすすめの品を見る", "link": "https://shop.example.jp/season"},
        {"type": "divider"},
        footer_block(organisation),
    ]
    return subject, "今の季節におすすめの品をご用意しました", blocks


def footer_block(organisation: Organisation) -> dict[str, object]:
    """Who writes and how to stop it. What the organisation has not filled in yet is asked for before sending."""
    return {
        "type": "footer",
        "sender_name": organisation.name,
        "address": organisation.address,
        "contact": organisation.contact,
        "unsubscribe": "配信停止はこちら",
    }


def text_block(text: str) -> dict[str, object]:
    """Plain paragraphs: an empty line parts them."""
    paragraphs = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    return {"type": "text", "paragraphs": [[{"text": paragraph}] for paragraph in paragraphs or [""]]}
