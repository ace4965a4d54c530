"""What a role masks, opened to one user for one record, for a few minutes and a reason."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0015_networks_and_scopes")]
    operations = [
        migrations.CreateModel(
            name="Reveal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object", models.CharField(help_text="As guards call it: customer.", max_length=40)),
                ("record_id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=200, verbose_name="理由")),
                ("at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(db_index=False, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "until_at"], name="reveal_of_user"),
                    models.Index(fields=["object", "record_id"], name="reveal_of_record"),
                ]
            },
            managers=[("rows", models.Manager())],
        ),
    ]
