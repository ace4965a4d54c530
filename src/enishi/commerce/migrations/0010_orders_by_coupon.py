"""Index orders by their coupon, for the list of coupons. Takes no write lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction

    dependencies = [("commerce", "0009_money_of_orders")]
    operations = [
        AddIndexConcurrently(
            "order", models.Index(fields=["coupon_code", "-ordered_on"], name="order_by_coupon", condition=~Q(coupon_code=""))
        )
    ]
