"""Categories become a tree: what products said in words is the name of a first one."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

_FIRST = """
WITH named AS (
  SELECT nextval(pg_get_serial_sequence('commerce_productcategory', 'id')) AS id, category AS name
    FROM (SELECT DISTINCT category FROM commerce_product WHERE category <> '' ORDER BY category) AS said
)
INSERT INTO commerce_productcategory (id, name, top_id) SELECT id, name, id FROM named;
UPDATE commerce_product p SET node_id = c.id FROM commerce_productcategory c WHERE c.name = p.category;
SET CONSTRAINTS ALL IMMEDIATE;
"""
_BACK = """
UPDATE commerce_product p SET category = c.name FROM commerce_productcategory c WHERE c.id = p.node_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
TREE = "commerce.productcategory"


class Migration(migrations.Migration):
    dependencies = [("commerce", "0006_lines_by_xid")]

    operations = [
        migrations.CreateModel(
            name="ProductCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="カテゴリ名")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=TREE,
                        verbose_name="上位のカテゴリ",
                    ),
                ),
                (
                    "top",
                    models.ForeignKey(
                        help_text="The first of its line; of a first one it itself.",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=TREE,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=~Q(parent=F("pk")), name="category_not_below_itself"),
                    models.CheckConstraint(
                        condition=Q(parent=None, top=F("pk")) | Q(parent__isnull=False), name="category_first_is_its_top"
                    ),
                ]
            },
            managers=[("rows", models.Manager())],
        ),
        migrations.AddField(
            "product",
            "node",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=TREE, verbose_name="カテゴリ"
            ),
        ),
        migrations.RunSQL(_FIRST, _BACK),
        migrations.RemoveField("product", "category"),
        migrations.RenameField("product", "node", "category"),
    ]
