"""Old forms of kanji that are folded from now on (彥, 產, 穰 …): the search columns of those alone who have one are made anew."""

from itertools import batched

from django.db import migrations

from enishi.customers.search import SEARCH_COLUMNS, search_columns
from enishi.platform.japanese.grams import grams

_LETTERS = "彥產皋臯熙凞逹曻喆啟湧凉冲鴈夘祢晧勛舖峩襍鄰蔴廚廐廏毗珎祿栢萠簑裡麥穰釀乕冰畊羣迴寳顏姊溫俱决况貳畧畆貓艸"
_CHUNK = 500
_VERSION = 2


def _fold(apps, schema_editor):
    customers, points = apps.get_model("customers", "Customer"), apps.get_model("customers", "ContactPoint")
    pattern = f"[{_LETTERS}]"
    hit = customers.rows.none()
    for name in ("name", "kana", "former_name"):
        hit = hit | customers.rows.filter(**{f"{name}__regex": pattern})
    for ids in batched(hit.order_by("pk").values_list("pk", flat=True).iterator(), _CHUNK, strict=False):
        further = {}
        found = points.rows.filter(customer_id__in=ids, is_primary=False).exclude(kind="address").order_by("pk")
        for pk, email, phone in found.values_list("customer_id", "email", "phone"):
            further.setdefault(pk, []).append(email or phone)
        rows = list(customers.rows.filter(pk__in=ids))
        for row in rows:
            texts = {name: getattr(row, name) for name in ("name", "kana", "former_name", "email", "phone")}
            for name, value in zip(SEARCH_COLUMNS, search_columns(**texts, further=further.get(row.pk, ())), strict=True):
                setattr(row, name, value)
        customers.rows.bulk_update(rows, SEARCH_COLUMNS)


def _fold_activities(apps, schema_editor):
    activities, comments = apps.get_model("customers", "Activity"), apps.get_model("customers", "Comment")
    kept, pattern = apps.get_model("customers", "ActivityGrams"), f"[{_LETTERS}]"
    talked = comments.rows.filter(archived_at__isnull=True, text__regex=pattern).values("activity_id")
    hit = activities.rows.filter(text__regex=pattern) | activities.rows.filter(pk__in=talked)
    for ids in batched(hit.order_by("pk").values_list("pk", flat=True).iterator(), _CHUNK, strict=False):
        said = {}
        for pk, text in (
            comments.rows.filter(activity_id__in=ids, archived_at__isnull=True).order_by("at", "pk").values_list("activity_id", "text")
        ):
            said.setdefault(pk, []).append(text)
        for pk, text in activities.rows.filter(pk__in=ids).values_list("pk", "text"):
            kept.rows.filter(pk=pk).update(grams=grams("\n".join((text, *said.get(pk, ())))), version=_VERSION)


class Migration(migrations.Migration):
    dependencies = [("customers", "0030_exports_wait")]

    operations = [
        migrations.RunPython(_fold, migrations.RunPython.noop),
        migrations.RunPython(_fold_activities, migrations.RunPython.noop),
    ]
