"""`/_/components`: every component in each of its states, with awkward data, light beside dark. Development and demo only."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from enishi.platform.guards import signed_in
from enishi.platform.http import ActorRequest, require_GET

LONG_NAME: Final = "株式会社鎌倉リゾート開発ホールディングス東日本営業本部"
PARTS: Final = ("buttons", "forms", "marks", "tables", "figures", "work", "story", "floating")
MONTHS: Final = ("2025/12", "2026/1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11")


class StoryForm(forms.Form):
    """One field of each kind; bound with mistakes, so that each error is seen beside its field."""

    name = forms.CharField(label="名前", help_text="かなは入力から自動で入ります")
    mail = forms.EmailField(label="メール", error_messages={"invalid": "「,」を「.」に直してください"})
    postal = forms.CharField(
        label="郵便番号", required=False, help_text="東京都台東区谷中", widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    member = forms.CharField(
        label="会員番号", required=False, help_text="基幹システムから（変更不可）", widget=forms.TextInput(attrs={"readonly": True})
    )
    stage = forms.ChoiceField(label="顧客ステージ", choices=[("first", "初回"), ("repeat", "リピート"), ("loyal", "優良")])
    born_on = forms.DateField(label="生年月日", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    basis = forms.ChoiceField(
        label="配信してよい根拠",
        widget=forms.RadioSelect,
        choices=[
            ("consent", "同意あり（どこで・いつ・どの文言で）"),
            ("trade", "取引関係がある"),
            ("unknown", "分からない（配信しません）"),
        ],
    )
    channels = forms.MultipleChoiceField(
        label="連絡のしかた",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("mail", "メール"), ("line", "LINE"), ("dm", "DM")],
    )
    agrees = forms.BooleanField(label="メールでのご案内を受け取る", required=False, help_text="いつでも止められます")
    note = forms.CharField(label="メモ", required=False, widget=forms.Textarea(attrs={"rows": 3}))


def _form(prefix: str) -> StoryForm:
    values = {
        "name": "髙橋 美咲",
        "mail": "misaki@ennichido,jp",
        "postal": "110-0001",
        "member": "KZ-20381",
        "stage": "repeat",
        "channels": ["mail"],
    }
    data = {f"{prefix}-{name}": value for name, value in values.items()}
    return StoryForm(data, prefix=prefix, auto_id="id_%s")


@require_GET
@signed_in
def components(request: ActorRequest) -> HttpResponse:
    """The story page. Reads nothing."""
    sides = [{"key": key, "title": title, "form": _form(key)} for key, title in (("light", "明るい画面"), ("dark", "暗い画面"))]
    context = {
        "sides": sides,
        "parts": [f"platform/stories/{name}.html" for name in PARTS],
        "long_name": LONG_NAME,
        "stages": [
            ("prospect", "見込み"),
            ("considering", "検討"),
            ("first", "初回"),
            ("repeat", "リピート"),
            ("loyal", "優良"),
            ("dormant", "休眠"),
            ("lost", "離反"),
            ("returned", "復活"),
        ],
        "tabs": [
            {"label": "すべて", "url": "#", "current": False, "count": ""},
            {"label": "自分の担当", "url": "#", "current": True, "count": "312"},
            {"label": "休眠に入りそう", "url": "#", "current": False, "count": "10,000+"},
        ],
        "switches": [{"label": "自分", "url": "#", "current": True}, {"label": "EC課", "url": "#"}, {"label": "全社", "url": "#"}],
        "steps": ["ファイルを選ぶ", "列を確かめる", "決まりを選ぶ", "取り込む"],
        "months": MONTHS,
        "series": [
            {"name": "自社EC", "values": [410, 380, 402, 455, 498, 520, 512, 560, 601, 640, 655, 702]},
            {"name": "鎌倉小町店", "values": [210, 222, 240, 232, 260, 281, 279, 300, 322, 330, 351, 362]},
            {"name": "楽天店", "values": [300, 280, 290, 262, 250, 241, 252, 240, 221, 219, 200, 190]},
            {"name": "谷中本店", "values": [90, 92, 88, 104, 98, 110, 120, 101, 99, None, 130, 128]},
        ],
    }
    return render(request, "platform/stories/index.html", context)
