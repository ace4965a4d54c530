"""Imports and changes of many as runs of one mechanism: how often and when they were taken up, and how fast they go.

The columns that were called otherwise keep their names in the table, so that yesterday's code runs on it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_import_results"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importrun",
            name="total_rows",
            field=models.BigIntegerField(db_column="total_rows", default=0, help_text="While the file is read: how far. Then: its rows."),
        ),
        migrations.RenameField(model_name="importrun", old_name="total_rows", new_name="total"),
        migrations.AlterField(
            model_name="importrun",
            name="next_row",
            field=models.BigIntegerField(db_column="next_row", default=0, help_text="Checkpoint: rows below it are done."),
        ),
        migrations.RenameField(model_name="importrun", old_name="next_row", new_name="done"),
        migrations.AddField(
            model_name="importrun",
            name="pace",
            field=models.IntegerField(db_default=0, default=0, help_text="How many a second, as of the last checkpoint."),
        ),
        migrations.AddField(
            model_name="importrun",
            name="tries",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="How often it was taken up since the last checkpoint."
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="ordered_at",
            field=models.DateTimeField(blank=True, help_text="When its job was ordered last, by the database's clock.", null=True),
        ),
        migrations.AlterField(
            model_name="bulkrun",
            name="next_position",
            field=models.BigIntegerField(db_column="next_position", default=0, help_text="Checkpoint: rows below it are done."),
        ),
        migrations.RenameField(model_name="bulkrun", old_name="next_position", new_name="done"),
        migrations.AlterField(
            model_name="bulkrun",
            name="total",
            field=models.BigIntegerField(default=0, help_text="How many there are to do; 0 while they are being counted."),
        ),
        migrations.AlterField(
            model_name="bulkrun",
            name="tries",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="How often it was taken up since the last checkpoint."
            ),
        ),
        migrations.AlterField(model_name="bulkrun", name="lease_until", field=models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(model_name="bulkrun", name="finished_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="bulkrun",
            name="pace",
            field=models.IntegerField(db_default=0, default=0, help_text="How many a second, as of the last checkpoint."),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="ordered_at",
            field=models.DateTimeField(blank=True, help_text="When its job was ordered last, by the database's clock.", null=True),
        ),
    ]
