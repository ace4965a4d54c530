"""Changes of many customers at once, with the customers of each."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_activities"),
        ("platform", "0006_one_organisation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("tag", "タグを付ける"),
                            ("untag", "タグを外す"),
                            ("owner", "担当を変える"),
                            ("team", "部署を変える"),
                            ("archive", "ごみ箱へ入れる"),
                        ],
                        max_length=10,
                    ),
                ),
                ("target_id", models.BigIntegerField(help_text="The tag, the new owner or the new team; null for nobody.", null=True)),
                ("selection", models.JSONField(default=dict, help_text="Ids, or what the list was asked for.")),
                (
                    "state",
                    models.CharField(
                        choices=[("staging", "準備中"), ("running", "変更中"), ("done", "完了"), ("stopped", "停止"), ("failed", "失敗")],
                        default="staging",
                        max_length=10,
                    ),
                ),
                ("total", models.BigIntegerField(default=0)),
                ("next_position", models.BigIntegerField(default=0, help_text="Checkpoint: rows below it are done.")),
                ("changed_count", models.BigIntegerField(default=0)),
                ("unchanged_count", models.BigIntegerField(default=0)),
                ("refused_count", models.BigIntegerField(default=0)),
                ("fence", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, help_text="How often it was taken up at this checkpoint.")),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("change_set", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.changeset")),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "undoes",
                    models.OneToOneField(
                        help_text="The run that this one takes back.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.bulkrun",
                    ),
                ),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField()),
                ("customer_id", models.BigIntegerField(help_text="The id the customer had at the time.")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "未処理"),
                            ("changed", "変更"),
                            ("unchanged", "変更なし"),
                            ("not_allowed", "権限がない"),
                            ("changed_since", "その後に変更された"),
                        ],
                        default="",
                        max_length=14,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.bulkrun"
                    ),
                ),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(condition=models.Q(("state__in", ["staging", "running"])), fields=["lease_until"], name="bulk_run_open"),
        ),
        migrations.AddIndex(
            model_name="bulkrow",
            index=models.Index(fields=["customer_id"], name="bulk_row_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.UniqueConstraint(fields=("run", "position"), name="bulk_row_once"),
        ),
    ]
