"""Readers by watermark see every change and every removal of order lines.

Lines that are there already say transaction 0: whoever begins to read the table reads all of it, and a constant default
rewrites no row.
"""

from django.db import migrations

from enishi.platform.fields import CurrentXid, Xid8Field
from enishi.platform.sql.watermark import watched


class Migration(migrations.Migration):
    dependencies = [("commerce", "0004_merging"), ("platform", "0002_watermark")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE commerce_orderline ADD COLUMN row_xid xid8 NOT NULL DEFAULT '0';"
                    " ALTER TABLE commerce_orderline ALTER COLUMN row_xid SET DEFAULT pg_current_xact_id()",
                    "ALTER TABLE commerce_orderline DROP COLUMN row_xid",
                )
            ],
            state_operations=[
                migrations.AddField("orderline", "row_xid", Xid8Field(db_default=CurrentXid(), editable=False)),
            ],
        ),
        watched("commerce_orderline"),
    ]
