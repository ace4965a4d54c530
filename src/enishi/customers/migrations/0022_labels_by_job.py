"""Labels are made by a job, and kept as other files that leave the house."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0021_boards"),
    ]

    operations = [
        migrations.AddField(
            model_name="exportrun",
            name="wishes",
            field=models.JSONField(default=dict, help_text="Of labels: sheet, order, where they begin. Empty for files of data."),
        ),
        migrations.AlterField(
            model_name="exportrun",
            name="columns",
            field=models.JSONField(default=list, help_text="Keys in their order. None for labels."),
        ),
        migrations.AlterField(
            model_name="exportrun",
            name="format",
            field=models.CharField(
                choices=[
                    ("xlsx", "Excel（.xlsx）"),
                    ("csv", "CSV（UTF-8）"),
                    ("cp932", "CSV（Shift_JIS）"),
                    ("labels", "宛名ラベル（PDF）"),
                ],
                max_length=6,
            ),
        ),
    ]
