"""What was taken off an order, fees apart from shipping, and when it left."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0008_products"),
        ("customers", "0041_handovers"),
        ("platform", "0026_company_directory"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="coupon_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="クーポン"),
        ),
        migrations.AddField(
            model_name="order",
            name="coupon_jpy",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="クーポン値引"),
        ),
        migrations.AddField(
            model_name="order",
            name="discount_jpy",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="値引"),
        ),
        migrations.AddField(
            model_name="order",
            name="fee_jpy",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="Fees and wrapping as charged, tax included.", verbose_name="手数料"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="points_jpy",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="ポイント利用"),
        ),
        migrations.AddField(
            model_name="order",
            name="shipped_on",
            field=models.DateField(blank=True, null=True, verbose_name="出荷日"),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="recipient",
            field=models.JSONField(
                blank=True, default=dict, help_text="届け先, のし, 希望日: name, postal_code, address, phone, noshi, wish."
            ),
        ),
    ]
