"""The watermark functions, and the table of the database cache (sign-in limits are shared by all processes)."""

from django.db import migrations

from enishi.platform.sql.watermark import FUNCTIONS

CACHE = migrations.RunSQL(
    sql="""
CREATE TABLE platform_cache (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX platform_cache_expires ON platform_cache (expires);
""",
    reverse_sql="DROP TABLE platform_cache;",
)


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial")]
    operations = [FUNCTIONS, CACHE]
