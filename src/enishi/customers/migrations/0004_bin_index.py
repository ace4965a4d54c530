"""Index the recycle bin by the day things went there. Takes no write lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction

    dependencies = [("customers", "0003_lean_indexes")]

    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(
                models.F("archived_at").desc(),
                models.F("id").desc(),
                name="customer_bin",
                condition=~models.Q(archived_at__isnull=True),
            ),
        ),
    ]
