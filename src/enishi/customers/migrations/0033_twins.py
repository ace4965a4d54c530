"""Pairs of records that may be one customer, the searches that found them, and the keys by which they are found."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import enishi.platform.fields


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0032_merging"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TwinKey",
            fields=[
                (
                    "customer_id",
                    models.BigIntegerField(
                        help_text="No foreign key: whoever was merged away or erased is left out when it is read.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list)),
                ("version", models.PositiveSmallIntegerField(default=0, help_text="The way in which they were made.")),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["keys"], gin_pending_list_limit=128, name="twin_key_by_key")],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="TwinSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("total", models.BigIntegerField(default=0, help_text="How many there are to do; 0 while they are being counted.")),
                ("done", models.BigIntegerField(default=0, help_text="Checkpoint: those below it are done.")),
                ("pace", models.IntegerField(db_default=0, default=0, help_text="How many a second, as of the last checkpoint.")),
                ("fence", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, help_text="How often it was taken up since the last checkpoint."
                    ),
                ),
                (
                    "ordered_at",
                    models.DateTimeField(blank=True, help_text="When its job was ordered last, by the database's clock.", null=True),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("kind", models.CharField(choices=[("whole", "すべての顧客"), ("changes", "新しい顧客と変わった顧客")], max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "検索中"), ("done", "完了"), ("stopped", "停止"), ("failed", "失敗")],
                        default="running",
                        max_length=10,
                    ),
                ),
                (
                    "since_xid",
                    enishi.platform.fields.Xid8Field(
                        default=0, help_text="Who was written by this transaction or a later one is new to it."
                    ),
                ),
                ("until_xid", enishi.platform.fields.Xid8Field(default=0, help_text="Where the next one begins.")),
                ("compared_count", models.BigIntegerField(default=0)),
                ("found_count", models.BigIntegerField(default=0, help_text="Pairs that were not known before.")),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        help_text="Null: nobody ordered it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="TwinPair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_id", models.BigIntegerField(help_text="The lower id of the two, as it was born.")),
                ("second_id", models.BigIntegerField()),
                ("score_ppm", models.PositiveIntegerField(help_text="How likely the two are one, in parts of a million.")),
                ("outcomes", models.JSONField(default=dict, help_text="Comparison → outcome: see `twins.model`.")),
                (
                    "held_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, help_text="Why they are not merged by themselves."
                    ),
                ),
                ("group_id", models.BigIntegerField(help_text="The lowest id of all that hang together by open pairs.")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "未確認"), ("distinct", "同じ人ではない"), ("merged", "統合済み"), ("gone", "対象外")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("snoozed_until", models.DateField(help_text="あとで: not in the list before this day.", null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("found_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        help_text="The one that saw it last.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.twinsearch",
                    ),
                ),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="twinsearch",
            index=models.Index(condition=models.Q(("state", "running")), fields=["lease_until"], name="twin_search_open"),
        ),
        migrations.AddConstraint(
            model_name="twinsearch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("state",), name="twin_search_one_at_a_time"
            ),
        ),
        migrations.AddIndex(
            model_name="twinpair",
            index=models.Index(
                models.OrderBy(models.F("score_ppm"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("state", "open")),
                name="twin_pair_by_score",
            ),
        ),
        migrations.AddIndex(
            model_name="twinpair",
            index=models.Index(fields=["second_id"], name="twin_pair_by_second"),
        ),
        migrations.AddIndex(
            model_name="twinpair",
            index=models.Index(condition=models.Q(("state", "open")), fields=["group_id"], name="twin_pair_by_group"),
        ),
        migrations.AddConstraint(
            model_name="twinpair",
            constraint=models.UniqueConstraint(fields=("first_id", "second_id"), name="twin_pair_once"),
        ),
        migrations.AddConstraint(
            model_name="twinpair",
            constraint=models.CheckConstraint(condition=models.Q(("first_id__lt", models.F("second_id"))), name="twin_pair_in_order"),
        ),
        migrations.AddConstraint(
            model_name="twinpair",
            constraint=models.CheckConstraint(condition=models.Q(("score_ppm__lte", 1000000)), name="twin_pair_score"),
        ),
        migrations.AddConstraint(
            model_name="twinpair",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "distinct"), _negated=True), ("decided_at__isnull", False), _connector="OR"),
                name="twin_pair_decided",
            ),
        ),
    ]
