from __future__ import annotations

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from enishi.messaging.models import Delivery, Message


def test_the_ledger_comes_out_without_an_address(organisation, now):
    delivery = Delivery.rows.create(number="D-000001", name="秋の便り", created_at=now)
    Message.rows.create(delivery=delivery, customer_id=7, state="accepted", attempts=1, address_hash=b"\x01" * 32, handed_at=now)
    Message.rows.create(delivery=delivery, customer_id=8, state="suppressed", reason="refused")
    for name in (str(delivery.pk), "d-000001"):
        out = io.StringIO()
        call_command("export_ledger", name, stdout=out)
        rows = list(csv.DictReader(io.StringIO(out.getvalue())))
        assert [(row["recipient"], row["customer"], row["state"], row["attempts"]) for row in rows] == [
            ("01" * 32, "7", "accepted", "1"),
            ("", "8", "suppressed", "0"),
        ]
    with pytest.raises(CommandError):
        call_command("export_ledger", "D-999999")
