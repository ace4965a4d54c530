"""What a company calls its customers and those who look after them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0006_one_organisation")]
    operations = [
        migrations.AddField(
            "organisation",
            "words",
            models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text='What the company calls a few things: {"customer": {"ja", "en", "en_plural"}}; see platform.words.',
            ),
        ),
    ]
