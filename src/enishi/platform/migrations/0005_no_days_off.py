"""A company may have no days off beside the holidays. Changes no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0004_api_calls"),
    ]

    operations = [
        migrations.AlterField(
            model_name="organisation",
            name="extra_holidays",
            field=models.JSONField(
                blank=True, default=list, help_text="Dates (ISO) on which the company is closed beside Japan's holidays."
            ),
        ),
    ]
