"""One organisation a base: whoever sets it up second is refused by the database itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0005_no_days_off")]
    operations = [
        migrations.AddConstraint("organisation", models.UniqueConstraint(models.Value(1), name="one_organisation")),
    ]
