"""Roles over single fields, teams of two kinds, and recording as a right of its own.

Whoever could change customers and read them in clear could write down activities and tasks; from now on that is a right by
itself (`activity.create`), which a role that sees customers masked may hold as well (ADR 0024).
"""

from django.db import migrations, models
from django.db.models import Exists, OuterRef

NEW = {
    "key": "sales_manager",
    "name": "営業マネージャー",
    "description": "自分の部署と下の部署の顧客を扱い、担当を決めます。書き出しも部署の範囲でできます。",
}
GRANTS = [
    *(("customer", act) for act in ("read", "create", "update", "archive", "export", "bulk", "assign", "share")),
    ("activity", "create"),
    ("order", "read"),
    *(("segment", act) for act in ("read", "create", "update", "archive")),
]


def grant(apps, schema_editor):
    roles, grants = apps.get_model("platform", "Role"), apps.get_model("platform", "RoleGrant")
    levels = apps.get_model("platform", "RoleLevel")
    writes = levels.rows.filter(role=OuterRef("role"), privacy_class="personal", level=3)
    changing = grants.rows.filter(Exists(writes), object="customer", action="update").values_list("role_id", "scope")
    grants.rows.bulk_create([grants(role_id=pk, object="activity", action="create", scope=width) for pk, width in changing])
    shop = roles.rows.filter(key="store_staff").first()
    if shop is not None and grants.rows.filter(role=shop, object="customer", action="read", scope="team").exists():
        grants.rows.get_or_create(role=shop, object="activity", action="create", defaults={"scope": "team"})
    if roles.rows.exists() and not roles.rows.filter(key=NEW["key"]).exists():
        role = roles.rows.create(**NEW)
        grants.rows.bulk_create([grants(role=role, object=thing, action=act, scope="team") for thing, act in GRANTS])
        levels.rows.bulk_create([levels(role=role, privacy_class=name, level=level) for name, level in (("personal", 3), ("sensitive", 2))])
    admin = roles.rows.filter(key="admin").first()
    if admin is not None:
        grants.rows.get_or_create(role=admin, object="team", action="configure", defaults={"scope": "all"})


CLASSES = [(name, name) for name in ("public", "internal", "personal", "sensitive")]


class Migration(migrations.Migration):
    dependencies = [("platform", "0010_sessions")]
    operations = [
        migrations.CreateModel(
            name="RoleField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=60)),
                ("privacy_class", models.CharField(choices=CLASSES, max_length=10)),
                ("level", models.PositiveSmallIntegerField(help_text="0 hidden, 1 masked, 2 read, 3 write")),
                ("role", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="platform.role")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("role", "field"), name="role_field_once")]},
            managers=[("rows", models.Manager())],
        ),
        migrations.AddField(
            "role", "archived_at", models.DateTimeField(blank=True, help_text="Nobody holds it, and nobody is given it.", null=True)
        ),
        migrations.AddField("team", "archived_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "team",
            "kind",
            models.CharField(
                choices=[("department", "部署"), ("shop", "店舗")],
                db_default="department",
                default="department",
                max_length=10,
                verbose_name="種類",
            ),
        ),
        migrations.AlterField("team", "name", models.CharField(max_length=60, verbose_name="名前")),
        migrations.AlterField(
            "team",
            "parent",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to="platform.team",
                verbose_name="上の部署",
            ),
        ),
        migrations.AddField(
            "organisation",
            "admins_see_nobody",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whoever configures roles sees personal data masked, whatever else they hold.",
            ),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
