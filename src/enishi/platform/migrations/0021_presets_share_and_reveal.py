"""Roles that came with the product get the acts that they have come with since: sharing a customer, and opening what is masked.

Only those that the company left as they were: nobody changed their rights (the history says so), and over customers they say
what the preset said before. A company that took an act away keeps it away.
"""

from django.db import migrations

CHANGING = ("read", "create", "update")
EVERYTHING = (*CHANGING, "archive", "export", "bulk", "assign")

#: key of the role → width, what it said of customers, and the act that it gets.
ROLES = {
    "all_customers": ("all", EVERYTHING, "share"),
    "ec_lead": ("all", EVERYTHING, "share"),
    "sales": ("own", CHANGING, "share"),
    "sales_manager": ("team", EVERYTHING, "share"),
    "store_manager": ("team", (*CHANGING, "assign"), "share"),
    "store_staff": ("team", ("read",), "reveal"),
}


def grant(apps, schema_editor):
    roles, grants = apps.get_model("platform", "Role"), apps.get_model("platform", "RoleGrant")
    changes = apps.get_model("platform", "FieldChange").rows.filter(object="platform.role", field="rights", before__isnull=False)
    touched = set(changes.exclude(before={}).values_list("object_id", flat=True))  # {}: how a role begins
    for role in roles.rows.filter(key__in=ROLES, archived_at=None).exclude(pk__in=touched):
        width, acts, further = ROLES[role.key]
        said = dict(grants.rows.filter(role=role, object="customer").values_list("action", "scope"))
        if said == dict.fromkeys(acts, width):
            grants.rows.create(role=role, object="customer", action=further, scope=width)


class Migration(migrations.Migration):
    dependencies = [("platform", "0020_event_doors")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
