"""引き継ぎ: a note for the new owner, and when they have seen that they were given customers."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0040_corporate_numbers"),
        ("platform", "0023_token_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkrun",
            name="note",
            field=models.TextField(
                blank=True, db_default="", help_text="引き継ぎメモ: for whoever looks after them from now on.", max_length=2000
            ),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="noticed_at",
            field=models.DateTimeField(blank=True, help_text="When the new owner has seen that they were given them.", null=True),
        ),
        migrations.AlterField(
            model_name="bulkrun",
            name="verb",
            field=models.CharField(
                choices=[
                    ("tag", "タグを付ける"),
                    ("untag", "タグを外す"),
                    ("owner", "担当を変える"),
                    ("team", "部署を変える"),
                    ("archive", "ごみ箱へ入れる"),
                    ("try", "データ整備を試す"),
                    ("cleanse", "データ整備"),
                    ("handover", "引き継ぐ"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="bulkrun",
            name="wishes",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="Of cleansing: its own copy of the rules, and their version. Of a hand-over: team and tasks.",
            ),
        ),
    ]
