"""The chain of seals, and in the view log which columns were shown, to which token, and why."""

import django.contrib.postgres.fields
import django.db.models.manager
from django.db import migrations, models

import enishi.platform.fields


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0007_own_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditCheck",
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
                        choices=[("running", "検証中"), ("done", "完了"), ("failed", "中断")], default="running", max_length=10
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("rows_count", models.BigIntegerField(default=0)),
                ("problem_count", models.IntegerField(default=0)),
                ("problems", models.JSONField(default=list, help_text="The first of them, in words of `platform.sealing`.")),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(unique=True)),
                ("at", models.DateTimeField()),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("tables", models.JSONField(help_text='{table: {"after", "until", "columns", "rows", "blocks": [[until, rows, hash]]}}')),
                ("hash", models.CharField(max_length=64)),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="SealMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("horizon", enishi.platform.fields.Xid8Field(help_text="Transactions below it must have ended.")),
                ("limits", models.JSONField(help_text="{table: last id}")),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="viewlog",
            name="columns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                db_default=[],
                default=list,
                help_text="Personal columns that were shown; empty: not told.",
            ),
        ),
        migrations.AddField(
            model_name="viewlog",
            name="reason",
            field=models.CharField(blank=True, db_default="", help_text="Why, where it was asked for.", max_length=200),
        ),
        migrations.AddField(
            model_name="viewlog",
            name="token_id",
            field=models.BigIntegerField(help_text="The API token that asked; null where a person did.", null=True),
        ),
        migrations.AddIndex(
            model_name="auditcheck",
            index=models.Index(condition=models.Q(("state", "running")), fields=["lease_until"], name="audit_check_open"),
        ),
    ]
