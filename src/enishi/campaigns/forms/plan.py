"""Input of a delivery's plan: who, from whom, and the mail as a list of blocks.

The editor posts each block as `block-N-type`, `block-N-text` …; the order of N is the order of the mail. The rich
parts of a text block (bold, links) are kept as they are while its plain words do not change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.messaging.first_templates import Blocks, text_block
from enishi.platform.forms.base import ScreenForm

FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "heading": ("text",),
    "text": ("text",),
    "button": ("label", "link"),
    "image": ("url", "alt", "link"),
    "divider": (),
    "footer": ("sender_name", "address", "contact", "unsubscribe"),
}
LABELS = {
    "heading": _("見出し"),
    "text": _("文章"),
    "button": _("ボタン"),
    "image": _("画像"),
    "divider": _("区切り線"),
    "footer": _("送信者の表示（法律で必要）"),
}


class PlanForm(ScreenForm):
    name = forms.CharField(label=_("配信名"), max_length=120, help_text=_("社内だけで使う名前です。"))
    segment = forms.TypedChoiceField(label=_("送る相手"), coerce=int, empty_value=None, required=False)
    purpose = forms.ChoiceField(
        label=_("利用目的"),
        required=False,
        help_text=_("この目的に同意した人にだけ送ります。"),
    )
    account = forms.TypedChoiceField(label=_("差出人"), coerce=int, empty_value=None, required=False)
    subject = forms.CharField(label=_("件名"), max_length=200, required=False)
    preheader = forms.CharField(label=_("プレビュー文"), max_length=200, required=False, help_text=_("受信箱で件名の横に出る短い文です。"))
    hypothesis = forms.CharField(
        label=_("ねらい（仮説）"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("結果を見て判断するために、先に書いておきます。"),
    )
    control_percent = forms.TypedChoiceField(
        label=_("比較用に配信しない人"),
        coerce=int,
        empty_value=0,  # type: ignore[arg-type]  # the stubs think of text only
        required=False,
        choices=[(0, _("残さない（全員に送る）")), (5, "5%"), (10, "10%"), (20, "20%"), (50, "50%")],
    )

    def __init__(
        self,
        *args: object,
        segments: list[tuple[int, str]],
        accounts: list[tuple[int, str]],
        purposes: list[tuple[str, str]],
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("segment", [("", _("選んでください")), *segments])
        self.offer("purpose", purposes)
        self.offer("account", [("", _("選んでください")), *accounts])


@dataclass(frozen=True, slots=True)
class BlockInput:
    """One block as the editor shows it."""

    index: int
    type: str
    label: str
    values: dict[str, str]
    rich: str  # JSON of a text block's paragraphs, so that bold and links survive
    errors: dict[str, list[str]]
    first: bool
    last: bool


def blocks_from_post(data: Mapping[str, str]) -> Blocks:
    """The blocks of the editor, in its order. Unknown types and fields are left out; checking is compile_mail's."""
    indexes = sorted(
        {int(parts[1]) for name in data if (parts := name.split("-")) and parts[0] == "block" and len(parts) == 3 and parts[1].isdecimal()}
    )
    return [block for index in indexes[:100] if (block := _one_block(data, index)) is not None]


def _one_block(data: Mapping[str, str], index: int) -> dict[str, object] | None:
    kind = data.get(f"block-{index}-type", "")
    if kind not in FIELDS_OF:
        return None
    if kind == "text":
        return _text(data.get(f"block-{index}-text", ""), data.get(f"block-{index}-rich", ""))
    values = {name: data.get(f"block-{index}-{name}", "").strip() for name in FIELDS_OF[kind]}
    if kind == "image" and not values["link"]:
        del values["link"]
    return {"type": kind, **values}


def _text(plain: str, rich: str) -> dict[str, object]:
    """The words of the box; the runs from before where the words are still the same."""
    try:
        before = json.loads(rich) if rich else None
    except ValueError:
        before = None
    if isinstance(before, list) and plain_text({"paragraphs": before}) == plain.replace("\r\n", "\n").strip("\n"):
        return {"type": "text", "paragraphs": before}
    return text_block(plain)


def plain_text(block: Mapping[str, object]) -> str:
    """What the box of a text block shows: paragraphs parted by an empty line."""
    paragraphs = block.get("paragraphs")
    if not isinstance(paragraphs, list):
        return ""
    return "\n\n".join(
        "".join(str(run.get("text", "")) for run in part if isinstance(run, dict)) for part in paragraphs if isinstance(part, list)
    )


def block_inputs(blocks: Blocks, errors: Mapping[str, list[str]]) -> list[BlockInput]:
    """The blocks for the editor, each with its own errors (`blocks.2.label` → block 2, field label)."""
    result = []
    for index, block in enumerate(blocks):
        kind = str(block.get("type", ""))
        values = {name: str(block.get(name, "")) for name in FIELDS_OF.get(kind, ())}
        rich = ""
        if kind == "text":
            values["text"], rich = plain_text(block), json.dumps(block.get("paragraphs"), ensure_ascii=False)
        own = {
            place.split(".")[2] if place.count(".") > 1 else "": texts
            for place, texts in errors.items()
            if place.startswith(f"blocks.{index}.") or place == f"blocks.{index}"
        }
        if "paragraphs" in own:
            own["text"] = own.pop("paragraphs")
        result.append(BlockInput(index, kind, str(LABELS.get(kind, kind)), values, rich, own, index == 0, index == len(blocks) - 1))
    return result


def edited(blocks: Blocks, operation: str, index: int, kind: str) -> Blocks:
    """The blocks after one press: add `kind` before the footer, remove, move up or down."""
    changed = list(blocks)
    if operation == "add" and kind in FIELDS_OF and kind != "footer":
        place = next((i for i, block in enumerate(changed) if block.get("type") == "footer"), len(changed))
        changed.insert(place, text_block("") if kind == "text" else {"type": kind, **dict.fromkeys(FIELDS_OF[kind], "")})
    elif operation == "remove" and 0 <= index < len(changed) and changed[index].get("type") != "footer":
        del changed[index]
    elif operation in ("up", "down"):
        other = index - 1 if operation == "up" else index + 1
        if 0 <= index < len(changed) and 0 <= other < len(changed):
            changed[index], changed[other] = changed[other], changed[index]
    return changed
