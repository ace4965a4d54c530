"""A delivery that reached the planted customer, a template, and a mail in the demo's mailbox."""

from __future__ import annotations

from enishi.messaging.models import Delivery, MailAccount, Message, SinkMail, Template
from enishi.platform.demo.access import Ground


def plant(ground: Ground) -> None:
    name = f"{ground.relation}{ground.name}"
    account = MailAccount.rows.first() or MailAccount.rows.create(
        name="縁日堂",
        preset="other",
        host="127.0.0.1",
        port=2525,
        security="none",
        from_name="縁日堂",
        from_email="shop@example.jp",
        created_at=ground.now,
    )
    sent = {"name": f"配信{name}", "account": account, "state": "done", "created_at": ground.now, "started_at": ground.now}
    delivery, _ = Delivery.rows.get_or_create(number=f"D-{name}"[:20], defaults=sent)
    Message.rows.get_or_create(delivery=delivery, customer_id=ground.ids["customer_id"], defaults={"state": "accepted"})
    template, _ = Template.rows.get_or_create(number=f"T-{name}"[:20], defaults={"name": "季節", "created_at": ground.now})
    received = {
        "recipient": f"{ground.mark('to', 'sink_mail')}@example.jp",
        "sender": "",
        "subject": ground.mark("subject", "sink_mail"),
        "message_id": "",
        "raw": b"",
        "at": ground.now,
    }
    mail, _ = SinkMail.rows.get_or_create(view_token=f"t{name}", defaults=received)
    ground.ids |= {"account_id": account.pk, "delivery_id": delivery.pk, "template_id": template.pk, "mail_id": mail.pk}
