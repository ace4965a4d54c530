"""Roles that came with the product get the object that they come with from now on: what things cost.

As in platform's 0021: only those that the company left as they were.
"""

from django.db import migrations

#: key of the role → acts
ROLES = {"all_customers": ("read", "update"), "ec_lead": ("read", "update"), "director": ("read",), "ec_staff": ("read",)}


def grant(apps, schema_editor):
    roles, grants = apps.get_model("platform", "Role"), apps.get_model("platform", "RoleGrant")
    changes = apps.get_model("platform", "FieldChange").rows.filter(object="platform.role", field="rights", before__isnull=False)
    touched = set(changes.exclude(before={}).values_list("object_id", flat=True))  # {}: how a role begins
    for role in roles.rows.filter(key__in=ROLES, archived_at=None).exclude(pk__in=touched):
        for act in ROLES[role.key]:
            grants.rows.get_or_create(role=role, object="cost", action=act, defaults={"scope": "all"})


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("platform", "0026_company_directory")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
