"""The fields that a token shows and writes, where not all that its owner may. Existing tokens keep all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0022_presets_merge")]
    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="fields",
            field=models.JSONField(
                blank=True, help_text='["customer.email", …]: what it shows and writes; null: all its owner may.', null=True
            ),
        ),
    ]
