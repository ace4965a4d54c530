"""Who may be written to, by which channel, for what, and how we know."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class Channel(models.TextChoices):
    EMAIL = "email", _("メール")
    POST = "post", _("DM（郵送）")
    PHONE = "phone", _("電話")
    LINE = "line", _("LINE")


class Purpose(models.TextChoices):
    """The purpose that every company has; further ones stand in `ConsentPurpose`."""

    MARKETING = "marketing", _("ご案内・販促")


class ConsentPurpose(models.Model):
    """利用目的: what a company uses personal data for, as it tells people. Its key never changes; retired, nobody is asked for it.
    The one of mailings has a row only where the company says it in words of its own."""

    key = models.CharField(max_length=12, unique=True)
    name = models.CharField(_("名前"), max_length=40)
    text = models.CharField(_("利用目的の文"), max_length=400)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "key", "name", "text", "retired_at", "created_at"))


class ConsentWording(models.Model):
    """文言の版: a text that people were shown, append-only. Statements name it by its hash; the same text is one version."""

    purpose = models.CharField(max_length=12)
    version = models.PositiveIntegerField(help_text="Counts within the purpose.")
    hash = models.CharField(max_length=64)
    text = models.TextField()
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "purpose", "version", "hash", "text", "at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "hash"], name="consent_wording_once"),
            models.UniqueConstraint(fields=["purpose", "version"], name="consent_wording_version"),
        ]


class ConsentRecord(models.Model):
    """同意台帳: one statement, append-only. The state of today is a projection of the latest one."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("同意あり")
        RELATION = "relation", _("取引関係")
        REFUSED = "refused", _("本人の希望で停止")
        UNKNOWN = "unknown", _("不明")

    class Source(models.TextChoices):
        IMPORT = "import", _("取り込み")
        SCREEN = "screen", _("画面での変更")
        UNSUBSCRIBE = "unsubscribe", _("配信停止ページ")
        FORM = "form", _("フォーム")
        API = "api", _("API")
        DEMO = "demo", _("デモ")
        UNDO = "undo", _("取り込みの取り消し")
        MERGE = "merge", _("顧客の統合")
        UNMERGE = "unmerge", _("統合の取り消し")

    customer_id = models.BigIntegerField(help_text="As born; resolve() for today's.")
    channel = models.CharField(max_length=8, choices=Channel)
    purpose = models.CharField(max_length=12, default=Purpose.MARKETING)
    allowed = models.BooleanField()
    basis = models.CharField(max_length=10, choices=Basis)
    source = models.CharField(max_length=12, choices=Source)
    source_id = models.BigIntegerField(null=True, help_text="The import run, message or form that said so.")
    place = models.CharField(max_length=200, blank=True, help_text="Where it was given.")
    given_on = models.DateField(null=True, help_text="When it was given, where known.")
    wording = models.TextField(blank=True, help_text="What the person was shown.")
    wording_hash = models.CharField(max_length=64, blank=True, default="", db_default="", help_text="Of the wording: its version.")
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "customer_id",
            "channel",
            "purpose",
            "allowed",
            "basis",
            "source",
            "source_id",
            "place",
            "given_on",
            "wording",
            "wording_hash",
            "actor_id",
            "at",
        )
    )

    class Meta:
        indexes = [models.Index(fields=["customer_id", "channel", "purpose", "-id"], name="consent_record_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(allowed=False) | models.Q(basis__in=["consent", "relation"]), name="consent_needs_a_basis"
            )
        ]


class ConsentState(models.Model):
    """What the ledger says today, per customer, channel and purpose."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    purpose = models.CharField(max_length=12, default=Purpose.MARKETING)
    allowed = models.BooleanField()
    basis = models.CharField(max_length=10, choices=ConsentRecord.Basis)
    changed_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "customer", "channel", "purpose", "allowed", "basis", "changed_at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "channel", "purpose"], name="consent_state_once")]
        indexes = [models.Index(fields=["channel", "purpose", "customer"], name="consent_state_allowed", condition=models.Q(allowed=True))]


class Suppression(models.Model):
    """配信停止リスト: an address that must not be written to, by keyed hash. Survives erasure and re-import."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", _("配信停止の申し出")
        BOUNCED = "bounced", _("届かない宛先")
        COMPLAINED = "complained", _("迷惑メールの申告")
        BY_HAND = "by_hand", _("手で登録")

    channel = models.CharField(max_length=8, choices=Channel)
    address_hash = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "channel", "reason", "at"), secret=("address_hash",))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="suppression_once")]
