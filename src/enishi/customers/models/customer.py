"""Customers, what recognises them, and what ties them to each other."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import BASE_INTERNAL, BaseRecord, GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify
from enishi.platform.words import label_lazy

ALIVE = Q(archived_at__isnull=True)

#: Columns of a customer, and of their contact points, under the name by which a role may say something else of them than of their class
#: (the personal ones), and by which the list of a token opens them. A column without a name is on no list.
FIELD_RIGHTS = {
    **dict.fromkeys(("id", "number", "archived_at"), "customer.number"),
    **dict.fromkeys(("name", "family_name", "given_name", "kana", "former_name", "sort_kana", "name_grams"), "customer.name"),
    "email": "customer.email",
    **dict.fromkeys(("phone", "phone_e164"), "customer.phone"),
    **dict.fromkeys(("postal_code", "city", "street", "building"), "customer.address"),
    "birthday_on": "customer.birthday",
    "kind": "customer.kind",
    "gender": "customer.gender",
    "language": "customer.language",
    "prefecture": "customer.prefecture",
    "acquisition_source": "customer.source",
    **dict.fromkeys(("lifecycle", "lifecycle_on"), "customer.stage"),
    "leave_alone": "customer.leave_alone",
    "owner": "customer.owner",
    "team": "customer.team",
    "created_at": "customer.registered",
    "custom": "customer.",  # before the key of a custom field
}


class Customer(BaseRecord):
    """顧客: one human being or one organisation. One customer = one id, for ever.

    Text is stored as typed; `sort_kana` and the gram columns hold its matched form.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("個人")
        COMPANY = "company", _("法人")

    class Gender(models.TextChoices):
        FEMALE = "female", _("女性")
        MALE = "male", _("男性")
        OTHER = "other", _("その他")

    class Language(models.TextChoices):
        JAPANESE = "ja", _("日本語")
        ENGLISH = "en", _("英語")
        CHINESE_SIMPLIFIED = "zh-hans", _("中国語（簡体字）")
        CHINESE_TRADITIONAL = "zh-hant", _("中国語（繁体字）")
        KOREAN = "ko", _("韓国語")
        OTHER = "other", _("その他")

    class Lifecycle(models.TextChoices):
        PROSPECT = "prospect", label_lazy("stage_prospect", _("見込み"))
        CONSIDERING = "considering", label_lazy("stage_considering", _("検討"))
        FIRST = "first", label_lazy("stage_first", _("初回"))
        REPEAT = "repeat", label_lazy("stage_repeat", _("リピート"))
        BEST = "best", label_lazy("stage_best", _("優良"))
        SLEEPING = "sleeping", label_lazy("stage_sleeping", _("休眠"))
        LOST = "lost", label_lazy("stage_lost", _("離反"))
        REVIVED = "revived", label_lazy("stage_revived", _("復活"))

    # Each leads an index of the list, or is asked by nobody: three indexes less for every row that an import writes.
    owner = models.ForeignKey(
        "platform.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("担当"), db_index=False
    )
    team = models.ForeignKey(
        "platform.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("部署"), db_index=False
    )
    created_by = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    kind = models.CharField(_("区分"), max_length=8, choices=Kind, default=Kind.PERSON)
    name = models.CharField(_("氏名・名称"), max_length=120, help_text="As shown: 「齋藤 百合子」 or 「株式会社…」.")
    family_name = models.CharField(_("姓"), max_length=60, blank=True)
    given_name = models.CharField(_("名"), max_length=60, blank=True)
    kana = models.CharField(_("フリガナ"), max_length=160, blank=True)
    former_name = models.CharField(
        _("旧姓・旧社名"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="What they were called before; found like the name.",
    )
    sort_kana = models.CharField(max_length=160, blank=True, help_text="Folded kana, or the folded name where no kana is known.")
    email = models.CharField(_("メールアドレス"), max_length=254, blank=True)
    phone = models.CharField(_("電話番号"), max_length=40, blank=True, help_text="As shown: 090-1234-5678.")
    phone_e164 = models.CharField(max_length=20, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=8, blank=True)
    prefecture = models.CharField(_("都道府県"), max_length=8, blank=True)
    city = models.CharField(_("市区町村"), max_length=60, blank=True)
    street = models.CharField(_("番地"), max_length=160, blank=True)
    building = models.CharField(_("建物名"), max_length=160, blank=True)
    birthday_on = models.DateField(_("生年月日"), null=True, blank=True)
    gender = models.CharField(_("性別"), max_length=8, choices=Gender, blank=True)
    language = models.CharField(_("言語"), max_length=8, choices=Language, blank=True, default="", db_default="")
    acquisition_source = models.CharField(_("流入経路"), max_length=40, blank=True)
    lifecycle = models.CharField(_("顧客ステージ"), max_length=12, choices=Lifecycle, default=Lifecycle.PROSPECT)
    lifecycle_on = models.DateField(null=True, blank=True)
    verified_on = models.DateField(
        _("最後に確かめた日"), null=True, blank=True, help_text="The last day on which somebody made sure that this is still true."
    )
    leave_alone = models.BooleanField(_("話しかけない"), default=False)
    name_grams = ArrayField(models.TextField(), default=list)
    contact_grams = ArrayField(models.TextField(), default=list)
    grams_version = models.PositiveSmallIntegerField(default=0)

    objects = GuardedManager()
    rows = models.Manager()

    access = "protected"
    guard = Guard("customer", shared=("customer", "pk"))
    field_rights = FIELD_RIGHTS
    privacy = classify(
        internal=(
            *BASE_INTERNAL,
            "kind",
            "gender",
            "language",
            "acquisition_source",
            "lifecycle",
            "lifecycle_on",
            "prefecture",
            "leave_alone",
            "verified_on",
            "grams_version",
        ),
        personal=(
            "name",
            "family_name",
            "given_name",
            "kana",
            "former_name",
            "sort_kana",
            "email",
            "phone",
            "phone_e164",
            "postal_code",
            "city",
            "street",
            "building",
            "birthday_on",
            "name_grams",
            "contact_grams",
            "custom",
        ),
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="customer_has_a_name"),
            models.CheckConstraint(condition=Q(phone_e164="") | Q(phone_e164__startswith="+"), name="customer_phone_is_e164"),
        ]
        indexes = [
            GinIndex(fields=["name_grams"], name="customer_name_grams"),
            GinIndex(fields=["contact_grams"], name="customer_contact_grams"),
            models.Index(fields=["sort_kana", "id"], name="customer_by_kana", condition=ALIVE),
            models.Index(F("created_at").desc(), F("id").desc(), name="customer_by_created", condition=ALIVE),
            models.Index(F("archived_at").desc(), F("id").desc(), name="customer_bin", condition=~ALIVE),
            models.Index(fields=["owner", "id"], name="customer_by_owner", condition=ALIVE),
            models.Index(fields=["team", "id"], name="customer_by_team", condition=ALIVE),
            models.Index(fields=["row_xid", "id"], name="customer_by_xid"),
            models.Index(fields=["lifecycle", "id"], name="customer_by_lifecycle", condition=ALIVE),
            models.Index(fields=["prefecture", "id"], name="customer_by_prefecture", condition=ALIVE),
            # Who has a choice of a field of the company's own: the columns of a board.
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="customer_by_choice", condition=ALIVE & ~Q(custom={})),
        ]

    def __str__(self) -> str:
        return self.number


class CustomerAlias(models.Model):
    """An id that was merged away, and the customer who carries on. Reads resolve through it for ever."""

    old_id = models.BigIntegerField(primary_key=True)
    current = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    number = models.CharField(max_length=20, unique=True, help_text="The number the old customer had.")
    merged_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("old_id", "current", "number", "merged_at"))


class Identity(models.Model):
    """連携ID: one way to recognise a customer. (kind, value) is unique, so two customers never share one."""

    class Kind(models.TextChoices):
        MEMBER = "member", _("会員番号")
        EMAIL = "email", _("メールアドレス")
        PHONE = "phone", _("電話番号")
        SHOP = "shop", _("ショップの顧客ID")
        LINE = "line", _("LINE")
        BROWSER = "browser", _("ブラウザ")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=254, help_text="Normalised.")
    created_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    field_rights = {"value": "customer.member_number"}  # of the other kinds none is shown
    privacy = classify(internal=("id", "customer", "kind", "created_at"), personal=("value",))

    class Meta:
        # The value first: of two texts that are compared, the kinds are mostly the same.
        constraints = [models.UniqueConstraint(fields=["value", "kind"], name="identity_is_one_customers")]
        indexes = [models.Index(fields=["customer"], name="identity_of_customer")]


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "name"))

    def __str__(self) -> str:
        return self.name


class CustomerTag(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "customer", "tag", "at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once")]
        indexes = [models.Index(fields=["tag", "customer"], name="customer_tag_by_tag")]
