"""Read the logs by time, and who looked at one person. Takes no write lock."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction

    dependencies = [("platform", "0008_audit_seals")]
    operations = [
        AddIndexConcurrently("changeset", models.Index(fields=["at"], name="change_set_by_time")),
        AddIndexConcurrently("event", models.Index(fields=["at"], name="event_by_time")),
        AddIndexConcurrently("viewlog", models.Index(fields=["at"], name="view_log_by_time")),
        AddIndexConcurrently("viewlog", GinIndex(fields=["object_ids"], name="view_log_of_object")),
    ]
