"""The first way through the product, from a file to a delivery: which steps are done and which comes next."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.commerce.models import Order
from enishi.customers.models import Customer
from enishi.messaging.models import Delivery, MailAccount
from enishi.platform import modules, policy
from enishi.platform.actor import Actor
from enishi.segments.models import Segment


@dataclass(frozen=True, slots=True)
class FirstStep:
    label: str
    about: str
    url: str
    done: bool


def is_beginning(actor: Actor) -> bool:
    """Whether nothing was ever sent from here, as far as the actor may see. One query."""
    return not policy.scope(actor, Delivery, "read").filter(started_at__isnull=False).exists()


def first_steps(actor: Actor) -> list[FirstStep]:
    """The steps that the actor may take, in their order. One query each."""
    new_import = reverse("imports:new")
    ways = (
        (
            Customer,
            "import",
            "create",
            _("顧客を取り込む"),
            _("いまお使いの顧客リスト（Excel・CSV）から"),
            f"{new_import}?target=customers",
        ),
        (Order, "import", "create", _("注文を取り込む"), _("ネットショップやレジの注文データから"), f"{new_import}?target=orders"),
        (
            MailAccount,
            "mail_account",
            "configure",
            _("送信設定をする"),
            _("ふだんのメールサーバーをつなぎ、自分に1通送る"),
            reverse("messaging:accounts"),
        ),
        (Segment, "segment", "create", _("セグメントを作る"), _("送りたい人を、条件で選ぶ"), reverse("segments:new")),
        (
            Delivery,
            "delivery",
            "create",
            _("はじめてのメールを送る"),
            _("ひな形から書いて、確かめてから送る"),
            reverse("campaigns:deliveries"),
        ),
    )
    return [
        FirstStep(label, about, url, _exists(actor, model))
        for model, thing, act, label, about, url in ways
        if policy.allowed(actor, thing, act) and modules.runs(model._meta.app_label)
    ]


def _exists(actor: Actor, model: type[Customer | Order | MailAccount | Segment | Delivery]) -> bool:
    """Whether the actor sees one of these; a draft is no mail yet."""
    rows = policy.scope(actor, model, "read")
    return (rows.exclude(state=Delivery.State.DRAFT) if model is Delivery else rows).exists()
