"""One record shared by hand with a colleague or a team, for a time."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def _to(model, **more):
    return models.ForeignKey(db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to=model, **more)


class Migration(migrations.Migration):
    dependencies = [("platform", "0011_roles")]
    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object", models.CharField(help_text="As guards call it: customer.", max_length=40)),
                ("record_id", models.BigIntegerField()),
                ("level", models.CharField(choices=[("read", "見る"), ("update", "見て変える")], max_length=6, verbose_name="できること")),
                (
                    "until_at",
                    models.DateTimeField(
                        blank=True, help_text="From this instant on it is over; empty: until it is taken back.", null=True
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="理由")),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("created_by", _to(settings.AUTH_USER_MODEL)),
                ("ended_by", _to(settings.AUTH_USER_MODEL, blank=True)),
                ("team", _to("platform.team", blank=True)),
                ("user", _to(settings.AUTH_USER_MODEL, blank=True)),
            ],
            options={
                "indexes": [models.Index(fields=["object", "record_id"], name="share_of_record")],
                "constraints": [
                    models.CheckConstraint(condition=Q(user__isnull=True) ^ Q(team__isnull=True), name="share_is_with_one"),
                    models.UniqueConstraint(
                        condition=Q(ended_at__isnull=True), fields=["user", "object", "record_id"], name="share_with_user_once"
                    ),
                    models.UniqueConstraint(
                        condition=Q(ended_at__isnull=True), fields=["team", "object", "record_id"], name="share_with_team_once"
                    ),
                ],
            },
            managers=[("rows", models.Manager())],
        ),
    ]
