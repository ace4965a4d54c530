"""Taking an import back: the run that does so, and what became of each customer or order."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0014_lists_and_exports"),
        ("platform", "0006_one_organisation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="source",
            field=models.CharField(
                choices=[
                    ("import", "取り込み"),
                    ("screen", "画面での変更"),
                    ("unsubscribe", "配信停止ページ"),
                    ("form", "フォーム"),
                    ("api", "API"),
                    ("demo", "デモ"),
                    ("undo", "取り込みの取り消し"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="ImportUndo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("total", models.BigIntegerField(default=0, help_text="How many there are to do; 0 while they are being counted.")),
                ("done", models.BigIntegerField(default=0, help_text="Checkpoint: those below it are done.")),
                ("pace", models.IntegerField(db_default=0, default=0, help_text="How many a second, as of the last checkpoint.")),
                ("fence", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, help_text="How often it was taken up since the last checkpoint."
                    ),
                ),
                (
                    "ordered_at",
                    models.DateTimeField(blank=True, help_text="When its job was ordered last, by the database's clock.", null=True),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "確認中"),
                            ("ready", "実行前の確認"),
                            ("running", "元に戻しています"),
                            ("done", "完了"),
                            ("stopped", "停止"),
                            ("failed", "失敗"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("removed_count", models.BigIntegerField(default=0)),
                ("restored_count", models.BigIntegerField(default=0)),
                (
                    "kept_count",
                    models.BigIntegerField(default=0, help_text="Left alone: changed or used since, out of reach, or gone already."),
                ),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                (
                    "change_set",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.changeset"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="With whose rights.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("run", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.importrun")),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ImportUndoRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField()),
                ("object_id", models.BigIntegerField(help_text="That of the ImportResult.")),
                ("made", models.BooleanField(help_text="Whether the import made it; else it was there and was changed.")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "未処理"),
                            ("removed", "登録を取り消した"),
                            ("restored", "元の内容に戻した"),
                            ("changed_since", "取り込みのあとに変更された"),
                            ("used_since", "取り込みのあとに使われた"),
                            ("not_allowed", "変更する権限がない"),
                            ("gone", "すでにない"),
                        ],
                        default="",
                        help_text="Of the check, then of the run.",
                        max_length=14,
                    ),
                ),
                (
                    "undo",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.importundo"
                    ),
                ),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="importundo",
            index=models.Index(condition=models.Q(("state__in", ["checking", "running"])), fields=["lease_until"], name="import_undo_open"),
        ),
        migrations.AddIndex(
            model_name="importundorow",
            index=models.Index(
                condition=models.Q(("outcome__in", ["changed_since", "used_since", "not_allowed", "gone"])),
                fields=["undo", "position"],
                name="import_undo_row_kept",
            ),
        ),
        migrations.AddConstraint(
            model_name="importundorow",
            constraint=models.UniqueConstraint(fields=("undo", "position"), name="import_undo_row_once"),
        ),
    ]
