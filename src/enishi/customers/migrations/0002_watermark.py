"""Readers by watermark see every change and every removal of these tables."""

from django.db import migrations

from enishi.platform.sql.watermark import watched


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("platform", "0002_watermark")]
    operations = [watched("customers_customer")]
