"""Further ways to reach a customer, and what is known of each way."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.customers.models.customer import FIELD_RIGHTS, Customer
from enishi.platform.privacy import classify

#: The columns of an address, in the order in which it is written.
ADDRESS = ("postal_code", "prefecture", "city", "street", "building")
#: What a row says of where it leads: those of its kind are filled, the others empty.
VALUES = ("email", "phone", "phone_e164", *ADDRESS)


#: Types, by the kind of a contact point.
LABELS: Mapping[str, tuple[str, ...]] = {
    "email": ("home", "work", "mobile", "billing", "other"),
    "phone": ("home", "work", "mobile", "fax", "billing", "other"),
    "address": ("home", "work", "billing", "shipping", "other"),
}


def _empty(*besides: str) -> Q:
    return Q(*[(name, "") for name in sorted(set(VALUES) - set(besides))])


class ContactPoint(models.Model):
    """連絡先: a mail address, phone or postal address of a customer.

    The primary one of a kind *is* the customer's own columns: its row here holds what is known of it (type, dates, whether
    it still works) and never its value, so that the two cannot disagree. A further one holds its value. A trigger on
    customers drops the primary's row once its value is another, and a further one that has become the primary.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("メール")
        PHONE = "phone", _("電話")
        ADDRESS = "address", _("住所")

    class Label(models.TextChoices):
        HOME = "home", _("自宅")
        WORK = "work", _("勤務先")
        MOBILE = "mobile", _("携帯")
        FAX = "fax", _("FAX")
        BILLING = "billing", _("請求先")
        SHIPPING = "shipping", _("配送先")
        OTHER = "other", pgettext_lazy("contact point", "その他")

    class State(models.TextChoices):
        USABLE = "usable", _("使える")
        INVALID = "invalid", pgettext_lazy("contact point", "無効")
        REFUSED = "refused", _("連絡しない")

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("メール不達")
        UNUSED = "unused", _("使われていない番号")
        MOVED = "moved", _("転居・宛先不明")
        SOMEONE_ELSE = "someone_else", _("別人の連絡先")
        ENDED = "ended", _("期間の終わり")
        WISH = "wish", _("本人の希望")
        OTHER = "other", pgettext_lazy("contact point", "その他")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    label = models.CharField(_("種類"), max_length=8, choices=Label, blank=True)
    is_primary = models.BooleanField(default=False)
    email = models.CharField(_("メールアドレス"), max_length=254, blank=True)
    phone = models.CharField(_("電話番号"), max_length=40, blank=True, help_text="As shown: 090-1234-5678.")
    phone_e164 = models.CharField(max_length=20, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=8, blank=True)
    prefecture = models.CharField(_("都道府県"), max_length=8, blank=True)
    city = models.CharField(_("市区町村"), max_length=60, blank=True)
    street = models.CharField(_("番地"), max_length=160, blank=True)
    building = models.CharField(_("建物名"), max_length=160, blank=True)
    state = models.CharField(_("状態"), max_length=8, choices=State, default=State.USABLE)
    reason = models.CharField(_("理由"), max_length=12, choices=Reason, blank=True)
    stopped_on = models.DateField(_("いつから使わないか"), null=True, blank=True)
    from_on = models.DateField(_("いつから"), null=True, blank=True)
    until_on = models.DateField(_("いつまで"), null=True, blank=True, help_text="The last day. Empty: it goes on.")
    note = models.CharField(_("メモ"), max_length=200, blank=True)
    created_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    field_rights = {column: FIELD_RIGHTS[column] for column in VALUES if column in FIELD_RIGHTS}
    privacy = classify(
        internal=(
            *("id", "customer", "kind", "label", "is_primary", "prefecture", "state", "reason"),
            *("stopped_on", "from_on", "until_on", "created_at"),
        ),
        personal=("email", "phone", "phone_e164", "postal_code", "city", "street", "building", "note"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind"], condition=Q(is_primary=True), name="contact_one_primary"),
            models.UniqueConstraint(fields=["customer", "email"], condition=~Q(email=""), name="contact_mail_once"),
            models.UniqueConstraint(fields=["customer", "phone_e164"], condition=~Q(phone_e164=""), name="contact_phone_once"),
            models.CheckConstraint(
                condition=(Q(is_primary=True) & _empty())
                | (Q(is_primary=False, kind="email") & ~Q(email="") & _empty("email"))
                | (Q(is_primary=False, kind="phone", phone_e164__startswith="+") & ~Q(phone="") & _empty("phone", "phone_e164"))
                | (Q(is_primary=False, kind="address") & ~_empty("email", "phone", "phone_e164") & _empty(*ADDRESS)),
                name="contact_value_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(*[Q(kind=kind, label__in=("", *labels)) for kind, labels in LABELS.items()], _connector=Q.OR),
                name="contact_label_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="usable", reason="", stopped_on=None)
                | (~Q(state="usable") & ~Q(reason="") & Q(stopped_on__isnull=False)),
                name="contact_stopped_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(from_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="contact_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "kind"], name="contact_of_customer"),
            models.Index(fields=["customer", "kind"], name="contact_stopped", condition=Q(is_primary=True) & ~Q(state="usable")),
            models.Index(fields=["until_on"], name="contact_ends", condition=Q(state="usable", until_on__isnull=False)),
        ]
