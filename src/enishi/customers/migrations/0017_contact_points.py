"""Further contact points of customers. What is known of a primary one goes with its value: a trigger sees to that."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

# Whatever changes a customer's own mail address, phone or address (a form, an import, a merge), what was known of the old
# value does not stick to the new one, and a further contact point that has become the customer's own is no further one.
FOLLOW = """
CREATE FUNCTION enishi_contact_points_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.email IS DISTINCT FROM OLD.email THEN
    DELETE FROM customers_contactpoint WHERE customer_id = NEW.id AND kind = 'email' AND (is_primary OR email = NEW.email);
  END IF;
  IF (NEW.phone, NEW.phone_e164) IS DISTINCT FROM (OLD.phone, OLD.phone_e164) THEN
    DELETE FROM customers_contactpoint WHERE customer_id = NEW.id AND kind = 'phone' AND (is_primary OR phone_e164 = NEW.phone_e164);
  END IF;
  IF (NEW.postal_code, NEW.prefecture, NEW.city, NEW.street, NEW.building)
     IS DISTINCT FROM (OLD.postal_code, OLD.prefecture, OLD.city, OLD.street, OLD.building) THEN
    DELETE FROM customers_contactpoint WHERE customer_id = NEW.id AND kind = 'address' AND is_primary;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER customers_customer_contact_points
  AFTER UPDATE OF email, phone, phone_e164, postal_code, prefecture, city, street, building ON customers_customer
  FOR EACH ROW WHEN (
    (OLD.email, OLD.phone, OLD.phone_e164, OLD.postal_code, OLD.prefecture, OLD.city, OLD.street, OLD.building)
    IS DISTINCT FROM
    (NEW.email, NEW.phone, NEW.phone_e164, NEW.postal_code, NEW.prefecture, NEW.city, NEW.street, NEW.building)
  ) EXECUTE FUNCTION enishi_contact_points_follow();
"""
LEAVE = """
DROP TRIGGER customers_customer_contact_points ON customers_customer;
DROP FUNCTION enishi_contact_points_follow();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_bookmarks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("email", "メール"), ("phone", "電話"), ("address", "住所")], max_length=8)),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("home", "自宅"),
                            ("work", "勤務先"),
                            ("mobile", "携帯"),
                            ("fax", "FAX"),
                            ("billing", "請求先"),
                            ("shipping", "配送先"),
                            ("other", "その他"),
                        ],
                        max_length=8,
                        verbose_name="種類",
                    ),
                ),
                ("is_primary", models.BooleanField(default=False)),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="メールアドレス")),
                ("phone", models.CharField(blank=True, help_text="As shown: 090-1234-5678.", max_length=40, verbose_name="電話番号")),
                ("phone_e164", models.CharField(blank=True, max_length=20)),
                ("postal_code", models.CharField(blank=True, max_length=8, verbose_name="郵便番号")),
                ("prefecture", models.CharField(blank=True, max_length=8, verbose_name="都道府県")),
                ("city", models.CharField(blank=True, max_length=60, verbose_name="市区町村")),
                ("street", models.CharField(blank=True, max_length=160, verbose_name="番地")),
                ("building", models.CharField(blank=True, max_length=160, verbose_name="建物名")),
                (
                    "state",
                    models.CharField(
                        choices=[("usable", "使える"), ("invalid", "無効"), ("refused", "連絡しない")],
                        default="usable",
                        max_length=8,
                        verbose_name="状態",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bounced", "メール不達"),
                            ("unused", "使われていない番号"),
                            ("moved", "転居・宛先不明"),
                            ("someone_else", "別人の連絡先"),
                            ("ended", "期間の終わり"),
                            ("wish", "本人の希望"),
                            ("other", "その他"),
                        ],
                        max_length=12,
                        verbose_name="理由",
                    ),
                ),
                ("stopped_on", models.DateField(blank=True, null=True, verbose_name="いつから使わないか")),
                ("from_on", models.DateField(blank=True, null=True, verbose_name="いつから")),
                (
                    "until_on",
                    models.DateField(blank=True, help_text="The last day. Empty: it goes on.", null=True, verbose_name="いつまで"),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="メモ")),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "kind"], name="contact_of_customer"),
                    models.Index(
                        condition=models.Q(("is_primary", True), models.Q(("state", "usable"), _negated=True)),
                        fields=["customer", "kind"],
                        name="contact_stopped",
                    ),
                    models.Index(
                        condition=models.Q(("state", "usable"), ("until_on__isnull", False)), fields=["until_on"], name="contact_ends"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_primary", True)), fields=("customer", "kind"), name="contact_one_primary"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("email", ""), _negated=True), fields=("customer", "email"), name="contact_mail_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("phone_e164", ""), _negated=True), fields=("customer", "phone_e164"), name="contact_phone_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("is_primary", True),
                                ("building", ""),
                                ("city", ""),
                                ("email", ""),
                                ("phone", ""),
                                ("phone_e164", ""),
                                ("postal_code", ""),
                                ("prefecture", ""),
                                ("street", ""),
                            ),
                            models.Q(
                                ("is_primary", False),
                                ("kind", "email"),
                                models.Q(("email", ""), _negated=True),
                                ("building", ""),
                                ("city", ""),
                                ("phone", ""),
                                ("phone_e164", ""),
                                ("postal_code", ""),
                                ("prefecture", ""),
                                ("street", ""),
                            ),
                            models.Q(
                                ("is_primary", False),
                                ("kind", "phone"),
                                ("phone_e164__startswith", "+"),
                                models.Q(("phone", ""), _negated=True),
                                ("building", ""),
                                ("city", ""),
                                ("email", ""),
                                ("postal_code", ""),
                                ("prefecture", ""),
                                ("street", ""),
                            ),
                            models.Q(
                                ("is_primary", False),
                                ("kind", "address"),
                                models.Q(
                                    ("building", ""), ("city", ""), ("postal_code", ""), ("prefecture", ""), ("street", ""), _negated=True
                                ),
                                ("email", ""),
                                ("phone", ""),
                                ("phone_e164", ""),
                            ),
                            _connector="OR",
                        ),
                        name="contact_value_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "email"), ("label__in", ("", "home", "work", "mobile", "billing", "other"))),
                            models.Q(("kind", "phone"), ("label__in", ("", "home", "work", "mobile", "fax", "billing", "other"))),
                            models.Q(("kind", "address"), ("label__in", ("", "home", "work", "billing", "shipping", "other"))),
                            _connector="OR",
                        ),
                        name="contact_label_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("state", "usable"), ("stopped_on", None)),
                            models.Q(
                                models.Q(("state", "usable"), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                                ("stopped_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="contact_stopped_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_on__isnull", True), ("from_on__isnull", True), ("until_on__gte", models.F("from_on")), _connector="OR"
                        ),
                        name="contact_ends_after_it_begins",
                    ),
                ],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunSQL(FOLLOW, LEAVE),
    ]
