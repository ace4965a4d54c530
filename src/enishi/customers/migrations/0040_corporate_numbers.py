from django.db import migrations, models


class Migration(migrations.Migration):
    """A further kind of custom field. Nothing of it reaches the database."""

    dependencies = [
        ("customers", "0039_access_requests"),
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
                    ("corporate_no", "法人番号"),
                    ("auto_number", "自動番号"),
                    ("json", "JSON"),
                    ("file", "ファイル"),
                    ("image", "画像"),
                ],
                max_length=12,
                verbose_name="種類",
            ),
        ),
    ]
