"""Files of the audit; administrators may read and export it."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0012_shares"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditFile",
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
                ("kind", models.CharField(help_text="A key of the wire AUDIT_FILES.", max_length=20)),
                ("wishes", models.JSONField(default=dict, help_text="What was asked for.")),
                ("format", models.CharField(choices=[("xlsx", "Excel（.xlsx）"), ("csv", "CSV（UTF-8）")], max_length=6)),
                ("reason", models.CharField(max_length=200, verbose_name="書き出す理由")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "承認待ち"), ("running", "書き出し中"), ("done", "完了"), ("failed", "失敗")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=300)),
                (
                    "position",
                    models.CharField(blank=True, help_text="Where the next chunk begins, in the words of its kind.", max_length=80),
                ),
                ("written_count", models.BigIntegerField(default=0, help_text="Rows in the file.")),
                ("draft_bytes", models.BigIntegerField(default=0)),
                ("taken_count", models.PositiveIntegerField(default=0, help_text="How often the file was downloaded.")),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(help_text="When the file goes; null once it has gone.", null=True)),
                (
                    "file",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.storedfile"),
                ),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "running")), fields=["lease_until"], name="audit_file_open"),
                    models.Index(condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="audit_file_expires"),
                    models.Index(fields=["owner", "-id"], name="audit_file_of_owner"),
                ],
                "constraints": [models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="audit_file_has_a_reason")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunSQL(
            "INSERT INTO platform_rolegrant (role_id, object, action, scope) SELECT r.id, 'audit', one.act, 'all' FROM platform_role r"
            " CROSS JOIN (VALUES ('read'), ('export')) AS one(act) WHERE r.key = 'admin' ON CONFLICT DO NOTHING",
            "DELETE FROM platform_rolegrant WHERE object = 'audit'",
        ),
    ]
