"""Notes become activities of several kinds; tasks, mentions and the words to search by. Nothing was released with the old name."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel(old_name="Note", new_name="Activity"),
        migrations.RenameIndex(model_name="activity", new_name="activity_of_customer", old_name="note_of_customer"),
        migrations.AlterModelOptions(
            name="activity",
            options={"base_manager_name": "rows", "default_manager_name": "rows"},
        ),
        migrations.AddField(
            model_name="activity",
            name="kind",
            field=models.CharField(
                choices=[("note", "メモ"), ("call", "電話"), ("shop", "来店"), ("visit", "訪問"), ("mail", "メール")],
                db_default="note",
                default="note",
                max_length=8,
                verbose_name="種類",
            ),
        ),
        migrations.AlterField(
            model_name="activity",
            name="text",
            field=models.TextField(max_length=4000, verbose_name="内容"),
        ),
        migrations.CreateModel(
            name="ActivityGrams",
            fields=[
                (
                    "activity",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.activity",
                    ),
                ),
                ("grams", django.contrib.postgres.fields.ArrayField(base_field=models.TextField())),
                ("version", models.PositiveSmallIntegerField()),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["grams"], name="activity_grams")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "activity",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.activity"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("seen_at__isnull", True)), fields=["user", "-id"], name="mention_unseen")],
                "constraints": [models.UniqueConstraint(fields=("activity", "user"), name="mention_once")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="やること")),
                ("due_on", models.DateField(verbose_name="期限")),
                ("created_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "activity",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it follows from.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.activity",
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="担当",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "base_manager_name": "rows",
                "default_manager_name": "rows",
                "indexes": [
                    models.Index(
                        condition=models.Q(("archived_at__isnull", True), ("done_at__isnull", True)),
                        fields=["assignee", "due_on", "id"],
                        name="task_open_of_assignee",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", True), ("done_at__isnull", True)),
                        fields=["customer", "due_on", "id"],
                        name="task_open_of_customer",
                    ),
                    models.Index(
                        models.F("customer"),
                        models.OrderBy(models.F("done_at"), descending=True),
                        condition=models.Q(("done_at__isnull", False)),
                        name="task_done_of_customer",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("title", ""), _negated=True), name="task_has_a_title"),
                    models.CheckConstraint(
                        condition=models.Q(("done_by__isnull", True), ("done_at__isnull", False), _connector="OR"),
                        name="task_is_done_by_somebody_once_done",
                    ),
                ],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
