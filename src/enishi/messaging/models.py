"""Mail accounts, templates, deliveries, and the ledger: one row per recipient, whatever dies."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.consent import Purpose
from enishi.platform.fields import BASE_INTERNAL, BaseRecord, GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify


class MailAccount(models.Model):
    """送信設定: the server that takes our mail, and who it says it is from."""

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS"
        TLS = "tls", "TLS"
        NONE = "none", _("なし（同じ機械の中だけ）")

    name = models.CharField(_("名前"), max_length=80)
    preset = models.CharField(max_length=20)
    host = models.CharField(_("送信サーバー"), max_length=253)
    port = models.PositiveIntegerField(_("ポート"))
    security = models.CharField(_("暗号化"), max_length=8, choices=Security)
    username = models.CharField(_("ユーザー名"), max_length=254, blank=True)
    password_sealed = models.BinaryField(default=b"", blank=True)
    from_name = models.CharField(_("差出人名"), max_length=80)
    from_email = models.EmailField(_("差出人メールアドレス"), max_length=254)
    reply_to = models.EmailField(_("返信先"), max_length=254, blank=True)
    per_second = models.PositiveIntegerField(_("1秒あたりの上限"), default=50)
    is_sink = models.BooleanField(default=False, help_text="The demo's own mailbox inside this installation.")
    proved_at = models.DateTimeField(null=True, help_text="When 「自分に1通送る」 last succeeded.")
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("mail_account", owner=None, team=None)
    privacy = classify(
        internal=(
            "id",
            "name",
            "preset",
            "host",
            "port",
            "security",
            "username",
            "from_name",
            "from_email",
            "reply_to",
            "per_second",
            "is_sink",
            "proved_at",
            "created_at",
            "archived_at",
        ),
        secret=("password_sealed",),
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"

    @property
    def password_place(self) -> str:
        """Where the sealed password belongs; it opens nowhere else."""
        return f"messaging_mailaccount|password|{self.pk}"


class Template(BaseRecord):
    """テンプレート: subject and blocks; what deliveries start from."""

    name = models.CharField(_("テンプレート名"), max_length=120)
    subject = models.CharField(_("件名"), max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    key = models.CharField(max_length=40, blank=True, help_text="Set on those that came with the product.")

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("template")
    privacy = classify(internal=(*BASE_INTERNAL, "custom", "name", "subject", "preheader", "blocks", "key"))

    class Meta:
        default_manager_name = base_manager_name = "rows"


class Delivery(BaseRecord):
    """配信: one sending of one content to a frozen audience."""

    class State(models.TextChoices):
        DRAFT = "draft", _("下書き")
        FREEZING = "freezing", _("対象を確定中")
        WAITING = "waiting", _("送信待ち")
        SENDING = "sending", _("配信中")
        STOPPED = "stopped", _("途中で停止")
        DONE = "done", _("完了")
        CANCELLED = "cancelled", _("取り消し")

    #: A purpose that is none of the company's own: news of one's own order, which need nobody's consent.
    TRANSACTIONAL = "transactional"

    name = models.CharField(_("配信名"), max_length=120)
    purpose = models.CharField(
        max_length=14, default=Purpose.MARKETING, help_text="The key of a purpose of use, by which consent is judged; or transactional."
    )
    account = models.ForeignKey(MailAccount, models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(_("件名"), max_length=200, blank=True)
    preheader = models.CharField(_("プレビュー文"), max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.DRAFT)
    compiled = models.JSONField(default=dict, help_text="The content as it is sent, made once at confirmation.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        "platform.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Whose rights are judged again before it leaves.",
    )
    due_at = models.DateTimeField(null=True, blank=True, help_text="Sending starts; until then it can be taken back.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=200, blank=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("delivery")
    privacy = classify(
        internal=(
            *BASE_INTERNAL,
            "custom",
            "name",
            "purpose",
            "account",
            "subject",
            "preheader",
            "blocks",
            "state",
            "compiled",
            "confirmed_at",
            "confirmed_by",
            "due_at",
            "started_at",
            "finished_at",
            "stop_reason",
        )
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["state"], name="delivery_running", condition=Q(state__in=["freezing", "sending"])),
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
        ]


class DeliveryLink(models.Model):
    """One tracked link of a delivery. The address it leads to is here and never in a URL."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    label = models.CharField(max_length=200, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "delivery", "position", "url", "label"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="delivery_link_once")]


class Message(models.Model):
    """The ledger: one copy to one customer. After a crash a row is sent, not sent, or uncertain and listed.

    queued → claimed (lease, fence) → handing_over → accepted | rejected | deferred | uncertain; or suppressed.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("送信待ち")
        CLAIMED = "claimed", _("準備中")
        HANDING_OVER = "handing_over", _("送信中")
        ACCEPTED = "accepted", _("送信済み")
        REJECTED = "rejected", _("不達")
        DEFERRED = "deferred", _("再送待ち")
        UNCERTAIN = "uncertain", _("不明")
        SUPPRESSED = "suppressed", _("送らない")
        WITHDRAWN = "withdrawn", _("取り消し")

    class Reason(models.TextChoices):
        NO_ADDRESS = "no_address", _("メールアドレスがない")
        NO_CONSENT = "no_consent", _("配信の同意がない")
        REFUSED = "refused", _("本人が配信停止")
        SUPPRESSED = "suppressed", _("配信停止リストにある宛先")
        SAME_ADDRESS = "same_address", _("同じ宛先の人にすでに送った")
        TWIN = "twin", _("重複する顧客（統合前）にすでに送った")
        ARCHIVED = "archived", _("ごみ箱にある顧客")
        EMPTY_FIELD = "empty_field", _("差し込み項目が空")
        BAD_ADDRESS = "bad_address", _("宛先の形が正しくない")

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+")
    customer_id = models.BigIntegerField(help_text="As born; resolve() for today's.")
    occasion = models.CharField(max_length=40, default="", blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=12, choices=Reason, blank=True, default="")
    address_hash = models.BinaryField(null=True)
    token_hash = models.BinaryField(null=True)
    message_uuid = models.UUIDField(null=True)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True, default="")
    handed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "delivery",
            "customer_id",
            "occasion",
            "state",
            "reason",
            "message_uuid",
            "fence",
            "lease_until",
            "attempts",
            "not_before",
            "handed_at",
            "finished_at",
        ),
        personal=("answer",),
        secret=("address_hash", "token_hash"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "customer_id", "occasion"], name="message_once_per_customer"),
            models.UniqueConstraint(
                fields=["delivery", "occasion", "address_hash"],
                name="message_once_per_address",
                condition=Q(address_hash__isnull=False),
            ),
            models.UniqueConstraint(fields=["token_hash"], name="message_token", condition=Q(token_hash__isnull=False)),
        ]
        indexes = [
            models.Index(
                fields=["delivery", "id"], name="message_open", condition=Q(state__in=["queued", "claimed", "handing_over", "deferred"])
            ),
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(state__in=["claimed", "handing_over"])),
            models.Index(fields=["customer_id", "-id"], name="message_of_customer"),
        ]


class Touch(models.Model):
    """What came back: one row per open, click or unsubscribe. Machine opens are kept apart."""

    class Kind(models.TextChoices):
        OPEN = "open", _("開封")
        CLICK = "click", _("クリック")
        UNSUBSCRIBE = "unsubscribe", _("配信停止")
        COMPLAINT = "complaint", _("迷惑メールの申告")

    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    customer_id = models.BigIntegerField()  # that of the message, as born
    kind = models.CharField(max_length=12, choices=Kind)
    link = models.ForeignKey(DeliveryLink, models.PROTECT, null=True, related_name="+")
    machine = models.BooleanField(default=False)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "message", "customer_id", "kind", "link", "machine", "at"))

    class Meta:
        indexes = [
            models.Index(fields=["message", "kind"], name="touch_of_message"),
            models.Index(fields=["customer_id", "-at"], name="touch_of_customer"),
        ]


class SinkMail(models.Model):
    """Demo only: a mail that arrived in the mailbox inside this installation."""

    recipient = models.CharField(max_length=254)
    sender = models.CharField(max_length=320)
    subject = models.CharField(max_length=400)
    message_id = models.CharField(max_length=200)
    raw = models.BinaryField()
    view_token = models.CharField(max_length=32, unique=True)
    seen = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("sink_mail", owner=None, team=None)
    privacy = classify(
        internal=("id", "seen", "at"), personal=("recipient", "sender", "subject", "message_id", "raw"), secret=("view_token",)
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        indexes = [
            models.Index(fields=["-at", "-id"], name="sink_mail_newest"),
            models.Index(fields=["message_id"], name="sink_mail_by_id"),
        ]
