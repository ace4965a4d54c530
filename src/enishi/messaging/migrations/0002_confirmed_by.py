"""Who confirmed a delivery: their rights are judged again before it leaves."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField(
            "delivery",
            "confirmed_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Whose rights are judged again before it leaves.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        )
    ]
