"""広告費台帳, and 流入経路 by names that costs are booked under."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_presets_cost")]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="流入経路")),
            ],
            managers=[("rows", django.db.models.manager.Manager())],
        ),
        migrations.CreateModel(
            name="Spelling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=40, unique=True, verbose_name="表記")),
                (
                    "source",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="analytics.source"),
                ),
            ],
            managers=[("rows", django.db.models.manager.Manager())],
        ),
        migrations.CreateModel(
            name="AdCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="月")),
                ("medium", models.CharField(blank=True, max_length=40, verbose_name="媒体")),
                ("amount_jpy", models.BigIntegerField(help_text="Whole yen, tax excluded.", verbose_name="金額")),
                (
                    "source",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="analytics.source"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("month", "source", "medium"), name="ad_cost_once"),
                    models.CheckConstraint(condition=models.Q(("amount_jpy__gte", 0)), name="ad_cost_not_negative"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="ad_cost_of_whole_months"),
                ],
            },
            managers=[("rows", django.db.models.manager.Manager())],
        ),
    ]
