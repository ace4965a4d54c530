"""Roles that came with the product get the act that they come with from now on: merging customers.

As in 0021: only those that the company left as they were.
"""

from django.db import migrations

BEFORE = ("read", "create", "update", "archive", "export", "bulk", "assign", "share")
#: key of the role → width
ROLES = {"all_customers": "all", "ec_lead": "all", "sales_manager": "team"}


def grant(apps, schema_editor):
    roles, grants = apps.get_model("platform", "Role"), apps.get_model("platform", "RoleGrant")
    changes = apps.get_model("platform", "FieldChange").rows.filter(object="platform.role", field="rights", before__isnull=False)
    touched = set(changes.exclude(before={}).values_list("object_id", flat=True))  # {}: how a role begins
    for role in roles.rows.filter(key__in=ROLES, archived_at=None).exclude(pk__in=touched):
        said = dict(grants.rows.filter(role=role, object="customer").values_list("action", "scope"))
        if said == dict.fromkeys(BEFORE, ROLES[role.key]):
            grants.rows.create(role=role, object="customer", action="merge", scope=ROLES[role.key])


class Migration(migrations.Migration):
    dependencies = [("platform", "0021_presets_share_and_reveal")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
