"""An export may wait for approval."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0029_consent_register"),
    ]

    operations = [
        migrations.AlterField(
            model_name="exportrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("staging", "準備中"),
                    ("waiting", "承認待ち"),
                    ("running", "書き出し中"),
                    ("done", "完了"),
                    ("stopped", "停止"),
                    ("failed", "失敗"),
                ],
                default="staging",
                max_length=10,
            ),
        ),
    ]
