"""Migration operations: the trigger that moves `row_xid` on update and leaves a tombstone on delete."""

from __future__ import annotations

from django.db.migrations.operations import RunSQL

FUNCTIONS = RunSQL(
    sql="""
CREATE FUNCTION enishi_touch_row_xid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.row_xid := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE FUNCTION enishi_leave_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.platform_tombstone (table_name, row_id)
  VALUES (TG_TABLE_NAME, (to_jsonb(OLD) ->> TG_ARGV[0])::bigint);
  RETURN OLD;
END $$;
""",
    reverse_sql="DROP FUNCTION enishi_touch_row_xid(); DROP FUNCTION enishi_leave_tombstone();",
)


def watched(table: str, key: str = "id") -> RunSQL:
    """Keep `row_xid` of a table true for readers by watermark. `table` and `key` are literals of a migration."""
    return RunSQL(
        sql=f"""
CREATE TRIGGER {table}_row_xid BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION enishi_touch_row_xid();
CREATE TRIGGER {table}_tombstone AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION enishi_leave_tombstone('{key}');
""",
        reverse_sql=f"DROP TRIGGER {table}_row_xid ON {table}; DROP TRIGGER {table}_tombstone ON {table};",
    )
