"""Fields that a company adds to its customers, and how the form is laid out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.customer import Customer
from enishi.platform.privacy import Privacy, classify


class CustomField(models.Model):
    """項目: one thing a company writes about its customers. Its value stands under `cf_<id>` in `Customer.custom`.

    `kind` and the id never change; a field is retired, never removed, and keeps what was written.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("1行の文字")
        LONG_TEXT = "long_text", _("長い文章")
        NUMBER = "number", _("数値")
        MONEY = "money", _("金額")
        PERCENT = "percent", _("割合")
        DATE = "date", _("日付")
        MOMENT = "moment", _("日時")
        DURATION = "duration", _("時間の長さ")
        CHOICE = "choice", _("選択（1つ）")
        CHOICES = "choices", _("選択（複数）")
        CHECKLIST = "checklist", _("チェックリスト")
        FLAG = "flag", _("はい・いいえ")
        RATING = "rating", _("評価")
        EMAIL = "email", _("メールアドレス")
        PHONE = "phone", _("電話番号")
        ADDRESS = "address", _("住所")
        URL = "url", _("URL")
        LINK = "link", _("ほかの顧客")
        CORPORATE_NO = "corporate_no", _("法人番号")
        AUTO_NUMBER = "auto_number", _("自動番号")
        JSON = "json", _("JSON")
        FILE = "file", _("ファイル")
        IMAGE = "image", _("画像")

    class PrivacyClass(models.TextChoices):
        INTERNAL = Privacy.INTERNAL.value, _("業務の情報")
        PERSONAL = Privacy.PERSONAL.value, _("個人情報")
        SENSITIVE = Privacy.SENSITIVE.value, _("要配慮の情報")

    kind = models.CharField(_("種類"), max_length=12, choices=Kind)
    label = models.CharField(_("項目名"), max_length=40)
    for_kind = models.CharField(_("使う相手"), max_length=8, choices=Customer.Kind, blank=True, help_text="Blank: people and companies.")
    privacy_class = models.CharField(_("情報の区分"), max_length=10, choices=PrivacyClass, default=PrivacyClass.INTERNAL)
    options = models.JSONField(default=dict, help_text="What the kind asks for: unit, decimals, least, most, prefix, digits, files.")
    choices = models.JSONField(default=list, help_text='Of choice kinds: [{"key", "label", "retired", "parents"}], in order.')
    depends_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", help_text="The choice field that narrows this one.")
    is_unique = models.BooleanField(_("同じ値を2人に使わない"), default=False)
    help_text = models.CharField(_("入力の手がかり"), max_length=200, blank=True)
    meaning = models.CharField(_("この項目の意味"), max_length=400, blank=True)
    example = models.CharField(_("記入例"), max_length=100, blank=True)
    purpose = models.CharField(
        _("利用目的"), max_length=200, blank=True, help_text="What personal data are kept for (個人情報保護法 21条)."
    )
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, help_text="The last day on which somebody wrote into it.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        internal=(
            *("id", "kind", "label", "for_kind", "privacy_class", "options", "choices", "depends_on", "is_unique", "help_text"),
            *("meaning", "example", "purpose", "position", "created_at", "created_by", "retired_at", "last_used_on"),
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label"], condition=Q(retired_at__isnull=True), name="custom_field_label_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> str:
        return f"cf_{self.pk:d}"


class FormLayout(models.Model):
    """One version of the form: which fields stand where, when they show and when they must be filled.

    The newest published one is in use; at most one is a draft. A published version is never changed.
    """

    sections = models.JSONField(help_text="Checked by `customers.fields.layout`.")
    earlier = models.JSONField(default=list, help_text="Of the draft: what undo goes back to, newest last.")
    later = models.JSONField(default=list, help_text="Of the draft: what redo goes forward to, newest last.")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "sections", "earlier", "later", "note", "created_at", "published_at", "published_by"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["published_at"], condition=Q(published_at__isnull=True), nulls_distinct=False, name="one_draft_of_the_form"
            ),
        ]
