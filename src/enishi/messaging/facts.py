"""What a customer was sent and did with it, for rules. Opens by machines are not opens."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.customers.facts.customers import current_customer
from enishi.messaging.models import Delivery, Message, Touch
from enishi.platform.privacy import Privacy
from enishi.rules.facts import Fact, Group, Suggestion
from enishi.rules.operators import FlagOp, FlagTest, LastDays
from enishi.rules.shapes import Measure, Property, Rows, RowSource
from enishi.rules.tree import Condition
from enishi.rules.values import Choice, Kind, Words

MESSAGES = Group("messages", _("配信への反応"), "delivery")

_WINDOW = LastDays(days=30)
_LATEST_DELIVERIES = 200


def _deliveries() -> list[Choice]:
    """The newest deliveries that left the house."""
    sent = Delivery.rows.filter(started_at__isnull=False).order_by("-created_at", "-pk")[:_LATEST_DELIVERIES]
    return [Choice(str(pk), f"{name}（{number}）") for pk, name, number in sent.values_list("pk", "name", "number")]


def _received() -> QuerySet[Any]:
    return Message.rows.filter(state=Message.State.ACCEPTED)


def _opened() -> QuerySet[Any]:
    return Touch.rows.filter(kind=Touch.Kind.OPEN, machine=False)


def _clicked() -> QuerySet[Any]:
    return Touch.rows.filter(kind=Touch.Kind.CLICK, machine=False)


def _delivery(value: str) -> dict[str, Property]:
    return {
        "delivery": Property(
            key="delivery",
            label=pgettext_lazy("singular", "配信"),
            kind=Kind.CHOICE,
            privacy=Privacy.INTERNAL,
            choices=_deliveries,
            numbered=True,
            value=F(value),
        )
    }


RECEIVED = RowSource(
    "messages", rows=_received, customer=current_customer, at=F("handed_at"), instant=True, properties=_delivery("delivery_id")
)
_OF_MESSAGE = _delivery("message__delivery_id")
OPENED = RowSource("opens", rows=_opened, customer=current_customer, at=F("at"), instant=True, properties=_OF_MESSAGE)
CLICKED = RowSource("clicks", rows=_clicked, customer=current_customer, at=F("at"), instant=True, properties=_OF_MESSAGE)


def _happened(key: str, label: Words, source: RowSource, plain: tuple[Words, Words], negative: tuple[Words, Words]) -> Fact:
    return Fact(
        key=key,
        label=label,
        kind=Kind.FLAG,
        privacy=Privacy.INTERNAL,
        group=MESSAGES,
        shape=Rows(source, Measure.EXISTS),
        default_window=_WINDOW,
        never_empty=True,
        phrases={"yes": plain, "no": negative},
    )


FACTS: list[Fact | Suggestion] = [
    _happened(
        "mail.opened",
        _("メールの開封"),
        OPENED,
        (_("メールを開いた"), _("メールを開いていて")),
        (_("メールを開いていない"), _("メールを開いていなくて")),
    ),
    _happened(
        "mail.clicked",
        _("メールのクリック"),
        CLICKED,
        (_("メールのリンクを押した"), _("メールのリンクを押していて")),
        (_("メールのリンクを押していない"), _("メールのリンクを押していなくて")),
    ),
    _happened(
        "mail.received",
        _("メールの受信"),
        RECEIVED,
        (_("メールを受け取った"), _("メールを受け取っていて")),
        (_("メールを受け取っていない"), _("メールを受け取っていなくて")),
    ),
    Fact(
        key="mail.received_count",
        label=_("受け取ったメールの数"),
        kind=Kind.NUMBER,
        privacy=Privacy.INTERNAL,
        group=MESSAGES,
        shape=Rows(RECEIVED, Measure.COUNT),
        windowed_label=_("受け取ったメールの数"),
        default_window=_WINDOW,
        never_empty=True,
        unit=_("通"),
    ),
    Fact(
        key="mail.last_opened",
        label=_("最後に開封した日"),
        kind=Kind.DATE,
        privacy=Privacy.INTERNAL,
        group=MESSAGES,
        shape=Rows(OPENED, Measure.LATEST),
        windowed_label=_("最後に開封した日"),
    ),
    Suggestion("mailable", _("メールを送れる"), Condition(fact="contact.mailable", test=FlagTest(op=FlagOp.YES)), icon="mail"),
]
