"""What became of imported rows, beside the rows; three indexes of customers less."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_bulk_runs"),
        ("platform", "0006_one_organisation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="importrow",
            name="messages",
            field=models.JSONField(default=list, help_text="What was noticed while reading; once it is settled, why the row was rejected."),
        ),
        migrations.CreateModel(
            name="ImportResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField(help_text="That of the ImportRow.")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("created", "登録"), ("updated", "更新"), ("unchanged", "変更なし"), ("rejected", "エラー")], max_length=10
                    ),
                ),
                ("object_id", models.BigIntegerField(help_text="The customer or order that the row made or met.", null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.importrun"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "position"), name="import_result_once")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="importresult",
            index=models.Index(condition=models.Q(("outcome", "rejected")), fields=["run", "position"], name="import_result_rejected"),
        ),
        migrations.RunSQL(
            "INSERT INTO customers_importresult (run_id, position, outcome, object_id) "
            "SELECT run_id, position, outcome, object_id FROM customers_importrow WHERE outcome <> ''",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="importrow",
            name="object_id",
        ),
        migrations.RemoveField(
            model_name="importrow",
            name="outcome",
        ),
        migrations.AlterField(
            model_name="customer",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="担当",
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="team",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="platform.team",
                verbose_name="部署",
            ),
        ),
    ]
