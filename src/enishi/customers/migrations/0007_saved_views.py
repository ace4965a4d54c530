"""Saved views of the list of customers."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0006_relations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="ビューの名前")),
                ("is_shared", models.BooleanField(default=False)),
                ("opens_list", models.BooleanField(default=False, help_text="The list begins with it, for its owner.")),
                ("tab", models.CharField(blank=True, help_text="Key of the built-in tab that it stands on.", max_length=40)),
                ("rule", models.JSONField(help_text="The rule tree of enishi.rules; null narrows nothing.", null=True)),
                ("sort", models.CharField(blank=True, max_length=40)),
                ("backwards", models.BooleanField(default=False)),
                ("position", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("archived_at", None), ("is_shared", True)), fields=["name"], name="saved_view_shared")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at", None)), fields=("owner", "name"), name="saved_view_name_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at", None), ("opens_list", True)), fields=("owner",), name="saved_view_opens_once"
                    ),
                ],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
