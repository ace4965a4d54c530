"""Let the ledger say that a statement came by the API. Changes no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_bin_index"),
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
                ],
                max_length=12,
            ),
        ),
    ]
