"""Files and pictures as fields of the company's own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0019_unchecked_staging"),
        ("platform", "0007_own_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="customfield",
            name="kind",
            field=models.CharField(
                choices=[
                    ("text", "1行の文字"),
                    ("long_text", "長い文章"),
                    ("number", "数値"),
                    ("money", "金額"),
                    ("percent", "割合"),
                    ("date", "日付"),
                    ("moment", "日時"),
                    ("duration", "時間の長さ"),
                    ("choice", "選択（1つ）"),
                    ("choices", "選択（複数）"),
                    ("checklist", "チェックリスト"),
                    ("flag", "はい・いいえ"),
                    ("rating", "評価"),
                    ("email", "メールアドレス"),
                    ("phone", "電話番号"),
                    ("address", "住所"),
                    ("url", "URL"),
                    ("link", "ほかの顧客"),
                    ("auto_number", "自動番号"),
                    ("json", "JSON"),
                    ("file", "ファイル"),
                    ("image", "画像"),
                ],
                max_length=12,
                verbose_name="種類",
            ),
        ),
        migrations.AlterField(
            model_name="customfield",
            name="options",
            field=models.JSONField(default=dict, help_text="What the kind asks for: unit, decimals, least, most, prefix, digits, files."),
        ),
        migrations.AlterField(
            model_name="customerfile",
            name="customer",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddField(
            model_name="customerfile",
            name="field",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.customfield",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("customer__isnull", True), _negated=True) | models.Q(("field__isnull", False)),
                name="customer_file_stands_somewhere",
            ),
        ),
        migrations.AddIndex(
            model_name="customerfile",
            index=models.Index(condition=models.Q(("customer__isnull", True)), fields=["added_by", "at"], name="file_held"),
        ),
    ]
