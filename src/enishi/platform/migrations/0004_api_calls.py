"""Keep what an Idempotency-Key made, for a day."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0003_user_language"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100)),
                (
                    "digest",
                    models.BinaryField(help_text="Of the route and the body: another call under this key is refused.", max_length=32),
                ),
                ("subject_id", models.BigIntegerField(help_text="What the call made; null until it is through.", null=True)),
                ("at", models.DateTimeField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="api_call_by_age")],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="api_call_once")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
