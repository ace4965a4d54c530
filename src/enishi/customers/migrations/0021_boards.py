"""The list as a board: a view remembers by what its columns stand, and who has a choice is found by an index."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0020_file_fields")]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="board",
            field=models.CharField(blank=True, db_default="", help_text="By what its columns stand; blank: a table.", max_length=20),
        ),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("archived_at__isnull", True)),
                fields=["custom"],
                name="customer_by_choice",
                opclasses=["jsonb_path_ops"],
            ),
        ),
    ]
