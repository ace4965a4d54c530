"""Index order lines by who wrote them last, for readers by watermark. Takes no write lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction

    dependencies = [("commerce", "0005_lines_watermark")]
    operations = [AddIndexConcurrently("orderline", models.Index(fields=["row_xid", "id"], name="order_line_by_xid"))]
