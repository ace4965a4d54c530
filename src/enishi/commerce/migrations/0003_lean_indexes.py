"""One index a purpose, and one for each thing by which an order without a customer is claimed later."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.fields.json import KT

UNCLAIMED = models.Q(customer__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("commerce", "0002_watermark"), ("customers", "0003_lean_indexes")]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="order",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="commerce.order"),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="product",
            field=models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commerce.product"
            ),
        ),
        migrations.AddIndex("order", models.Index(KT("claim__member"), condition=UNCLAIMED, name="order_unclaimed_member")),
        migrations.AddIndex("order", models.Index(KT("claim__email"), condition=UNCLAIMED, name="order_unclaimed_email")),
        migrations.AddIndex("order", models.Index(KT("claim__phone"), condition=UNCLAIMED, name="order_unclaimed_phone")),
    ]
