"""The register of purposes, and the versions of wordings that people were shown."""

import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0028_lighter_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentPurpose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=12, unique=True)),
                ("name", models.CharField(max_length=40, verbose_name="名前")),
                ("text", models.CharField(max_length=400, verbose_name="利用目的の文")),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
            ],
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="wording_hash",
            field=models.CharField(blank=True, db_default="", default="", help_text="Of the wording: its version.", max_length=64),
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="purpose",
            field=models.CharField(default="marketing", max_length=12),
        ),
        migrations.AlterField(
            model_name="consentstate",
            name="purpose",
            field=models.CharField(default="marketing", max_length=12),
        ),
        migrations.CreateModel(
            name="ConsentWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=12)),
                ("version", models.PositiveIntegerField(help_text="Counts within the purpose.")),
                ("hash", models.CharField(max_length=64)),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "hash"), name="consent_wording_once"),
                    models.UniqueConstraint(fields=("purpose", "version"), name="consent_wording_version"),
                ],
            },
            managers=[
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
