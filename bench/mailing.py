"""A delivery to many people with eight tracked links, ready to be sent into a sink."""

from __future__ import annotations

import os
from pathlib import Path

from bench.mail_copy import content


def prepare(count: int, port: int, *, per_second: int = 100_000) -> int:
    """Customers with consent, an account that leads to the sink, and a delivery with all of them on its ledger."""
    from django.db import connection

    from enishi.messaging.actions import ledger
    from enishi.messaging.mail.blocks import compile_mail
    from enishi.messaging.models import Delivery, DeliveryLink, MailAccount
    from enishi.platform import time
    from enishi.platform.actions.installation import installation_id
    from enishi.platform.models import Organisation

    now = time.now()
    Organisation.rows.get_or_create(name="株式会社縁日堂", defaults={"installation_id": installation_id(), "created_at": now})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (number, kind, name, family_name, given_name, kana, sort_kana, email, phone, phone_e164, postal_code,"
            " prefecture, city, street, building, gender, acquisition_source, lifecycle, leave_alone, name_grams, contact_grams, grams_version,"
            " created_at, custom) SELECT 'C-' || lpad(i::text, 7, '0'), 'person', '齋藤 ' || i, '齋藤', i::text, 'サイトウ', 'サイトウ',"
            " 'c' || i || '@example.jp', '', '', '', '東京都', '', '', '', '', '', 'first', false, '{}', '{}', 1, now(), '{}'"
            " FROM generate_series(1, %s) AS i",
            [count],
        )
        cursor.execute(
            "INSERT INTO customers_consentstate (customer_id, channel, purpose, allowed, basis, changed_at)"
            " SELECT id, 'email', 'marketing', true, 'consent', now() FROM customers_customer"
        )
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM customers_customer")
        ids = cursor.fetchone()[0]
    account = MailAccount.rows.create(
        name="sink", preset="other", host="127.0.0.1", port=port, security="none", from_name="縁日堂", from_email="shop@example.jp",
        per_second=per_second, created_at=now,
    )  # fmt: skip
    compiled = compile_mail(subject="{{ customer.family_name }}様へ、秋の新物", preheader="", blocks=content())
    delivery = Delivery.rows.create(
        number="D-000001", name="秋の新物", account=account, state="waiting", compiled=compiled.as_json(), due_at=now, created_at=now
    )
    DeliveryLink.rows.bulk_create(DeliveryLink(delivery=delivery, position=link.position, url=link.url) for link in compiled.links)
    ledger.add_recipients(delivery_id=delivery.pk, customer_ids=ids)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return delivery.pk


def send_again(delivery_id: int, count: int) -> int:
    """A second delivery of the same mail to the first `count` customers, being sent."""
    from enishi.customers.models import Customer
    from enishi.messaging.actions import ledger
    from enishi.messaging.models import Delivery

    first = Delivery.rows.get(pk=delivery_id)
    again = Delivery.rows.create(
        number="D-000002", name=first.name, account=first.account, state="sending", compiled=first.compiled, created_at=first.created_at
    )
    ids = list(Customer.rows.order_by("pk").values_list("pk", flat=True)[:count])
    ledger.add_recipients(delivery_id=again.pk, customer_ids=ids)
    return again.pk


def durability() -> str:
    """What the database promises of a commit, in its own words."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')"
        )
        return str(cursor.fetchone()[0])


def allow_sink(port: int) -> None:
    os.environ["ENISHI_EGRESS_ALLOW"] = f"127.0.0.1:{port}"


def arrived(record: Path) -> list[tuple[str, str, str]]:
    """(outcome, Message-ID, recipient) of every mail that reached the sink whole."""
    return [tuple(line.split("\t")[:3]) for line in record.read_text().splitlines()] if record.exists() else []  # type: ignore[misc]


def counts(delivery_id: int) -> dict[str, int]:
    from django.db.models import Count

    from enishi.messaging.models import Message

    return dict(Message.rows.filter(delivery_id=delivery_id).values_list("state").annotate(n=Count("id")).order_by())


def open_rows(delivery_id: int) -> int:
    found = counts(delivery_id)
    return sum(found.get(state, 0) for state in ("queued", "claimed", "handing_over", "deferred"))
