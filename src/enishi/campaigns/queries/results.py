"""What a delivery changed: counts from the ledger, attributed purchases, and lift against the control group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from enishi.campaigns import statistics
from enishi.campaigns.models import Audience
from enishi.campaigns.statistics import Arm, Interval
from enishi.messaging.models import Delivery
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.money import yen

ATTRIBUTION_DAYS = 7


@dataclass(frozen=True, slots=True)
class Funnel:
    """The ledger, counted. `delivered` = sent − bounced; opens and clicks are people's; machines stand apart."""

    assigned: int
    control: int
    waiting: int
    sent: int
    bounced: int
    uncertain: int
    suppressed: int
    opened: int
    machine_opened: int
    clicked: int
    unsubscribed: int

    @property
    def delivered(self) -> int:
        return self.sent - self.bounced


@dataclass(frozen=True, slots=True)
class Attributed:
    """参考値: bought within seven days after a person's click. Also counts those who would have bought anyway."""

    buyers: int
    revenue_jpy: int


@dataclass(frozen=True, slots=True)
class Lift:
    treated: Arm
    control: Arm
    points: Interval | None  # shares
    revenue: Interval | None  # yen
    ratio_is_off: bool
    detectable: float | None  # share
    until: datetime  # the goal's window ends here
    complete: bool  # whether it has ended

    @property
    def low_points(self) -> float:
        return round(self.points.low * 100, 2) if self.points else 0.0

    @property
    def mid_points(self) -> float:
        return round(self.points.point * 100, 2) if self.points else 0.0

    @property
    def high_points(self) -> float:
        return round(self.points.high * 100, 2) if self.points else 0.0

    @property
    def point_words(self) -> str:
        return _signed(self.mid_points)

    @property
    def range_words(self) -> str:
        return _("%(low)s ～ %(high)s") % {"low": _signed(self.low_points), "high": _signed(self.high_points)}

    @property
    def reading(self) -> str:
        """up, down or open: whether the interval leaves zero."""
        return {"more": "up", "less": "down"}.get(self.points.verdict if self.points else "", "open")

    @property
    def words(self) -> str:
        if self.reading == "up":
            return _("配信で購入が増えた")
        if self.reading == "down":
            return _("配信で購入が減った")
        if self.detectable is None:
            return _("差があるとは言えません")
        points = {"points": f"{self.detectable * 100:.1f}"}
        if self.treated.assigned + self.control.assigned < statistics.FEWEST_FOR_CONTROL:
            return _("差があるとは言えません（人数不足）。この人数で見つけられるのは %(points)s ポイント以上の差です。") % points
        return _("差があるとは言えません（この人数では %(points)s ポイント以上の差でなければ見つけられません）") % points

    @property
    def revenue_words(self) -> str:
        return yen(round(self.revenue.point)) if self.revenue else "―"

    @property
    def revenue_range(self) -> str:
        if self.revenue is None:
            return ""
        return _("（95%%区間 %(low)s ～ %(high)s）") % {"low": yen(round(self.revenue.low)), "high": yen(round(self.revenue.high))}


def _signed(points: float) -> str:
    """+4.0, −1.8: differences always carry their sign."""
    return f"{points:+.1f}".replace("-", "−")


def audience_of(actor: Actor, delivery_id: int) -> Audience:
    """The audience of a delivery that the actor may read. Raises NotFound."""
    policy.get(actor, Delivery, "read", delivery_id, lock=False)
    found = Audience.rows.filter(pk=delivery_id).select_related("segment").first()
    if found is None:
        raise NotFound
    return found


def funnel(delivery_id: int, *, control: int) -> Funnel:
    """Counts of one delivery. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE state IN ('queued','claimed','handing_over','deferred')),"
            " count(*) FILTER (WHERE state IN ('accepted','rejected')), count(*) FILTER (WHERE state = 'rejected'),"
            " count(*) FILTER (WHERE state = 'uncertain'), count(*) FILTER (WHERE state = 'suppressed')"
            " FROM messaging_message WHERE delivery_id = %s",
            [delivery_id],
        )
        assigned, waiting, sent, bounced, uncertain, suppressed = cursor.fetchone()
        cursor.execute(
            "SELECT count(DISTINCT t.message_id) FILTER (WHERE t.kind IN ('open','click') AND NOT t.machine),"
            " count(DISTINCT t.message_id) FILTER (WHERE t.kind = 'open' AND t.machine),"
            " count(DISTINCT t.message_id) FILTER (WHERE t.kind = 'click' AND NOT t.machine),"
            " count(DISTINCT t.message_id) FILTER (WHERE t.kind = 'unsubscribe')"
            " FROM messaging_touch t JOIN messaging_message m ON m.id = t.message_id WHERE m.delivery_id = %s",
            [delivery_id],
        )
        opened, machine, clicked, unsubscribed = cursor.fetchone()
    return Funnel(assigned + control, control, waiting, sent, bounced, uncertain, suppressed, opened, machine, clicked, unsubscribed)


def suppressed_reasons(delivery_id: int) -> list[tuple[str, int]]:
    """Why people of the audience were not written to, most frequent first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reason, count(*) FROM messaging_message WHERE delivery_id = %s AND state = 'suppressed' GROUP BY reason ORDER BY 2 DESC, 1",
            [delivery_id],
        )
        return [(str(reason), int(count)) for reason, count in cursor.fetchall()]


def lift(audience: Audience, *, now: datetime) -> Lift | None:
    """Both arms, counted from the same instant over the same days. None before the freeze. One query.

    Revenue is net of returns, as everywhere. Records that were merged since are one customer, in the arm of the id that lives on.
    """
    if audience.assigned_at is None:
        return None
    until = audience.assigned_at + timedelta(days=audience.goal_days)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH people AS (SELECT DISTINCT ON (1) coalesce(a.current_id, m.customer_id) AS customer_id, m.arm"
            "   FROM campaigns_audiencemember m LEFT JOIN customers_customeralias a ON a.old_id = m.customer_id"
            "   WHERE m.audience_id = %s ORDER BY 1, a.old_id NULLS FIRST),"
            " bought AS (SELECT o.customer_id, bool_or(o.counts) AS reached, sum(o.goods_jpy)::bigint AS revenue FROM commerce_order o"
            "   WHERE o.archived_at IS NULL AND o.ordered_at >= %s AND o.ordered_at < %s"
            "   AND o.customer_id IN (SELECT customer_id FROM people) GROUP BY o.customer_id)"
            " SELECT p.arm, count(*), count(*) FILTER (WHERE b.reached), coalesce(sum(b.revenue), 0)::bigint,"
            " coalesce(sum(b.revenue::float8 * b.revenue), 0) FROM people p LEFT JOIN bought b USING (customer_id) GROUP BY p.arm",
            [audience.pk, audience.assigned_at, until],
        )
        arms = {arm: Arm(assigned, reached, revenue, squares) for arm, assigned, reached, revenue, squares in cursor.fetchall()}
    treated, control = arms.get("treated", Arm(0, 0, 0)), arms.get("control", Arm(0, 0, 0))
    return Lift(
        treated=treated,
        control=control,
        points=statistics.lift(treated, control),
        revenue=statistics.incremental_revenue(treated, control),
        ratio_is_off=statistics.ratio_is_off(treated.assigned, control.assigned, audience.control_percent / 100),
        detectable=statistics.detectable_difference(treated.assigned, control.assigned, statistics.common_rate(treated, control)),
        until=until,
        complete=now >= until,
    )


def attributed(delivery_id: int) -> Attributed:
    """Purchases within seven days after a person's click in this mail, each once. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH clicks AS (SELECT coalesce(a.current_id, m.customer_id) AS customer_id, t.at FROM messaging_touch t"
            "   JOIN messaging_message m ON m.id = t.message_id LEFT JOIN customers_customeralias a ON a.old_id = m.customer_id"
            "   WHERE m.delivery_id = %s AND t.kind = 'click' AND NOT t.machine),"
            " bought AS (SELECT DISTINCT o.id, o.customer_id, o.goods_jpy FROM clicks c JOIN commerce_order o"
            "   ON o.customer_id = c.customer_id AND o.counts AND o.archived_at IS NULL AND o.ordered_at >= c.at"
            "   AND o.ordered_at < c.at + make_interval(days => %s))"
            " SELECT count(DISTINCT customer_id), coalesce(sum(goods_jpy), 0)::bigint FROM bought",
            [delivery_id, ATTRIBUTION_DAYS],
        )
        return Attributed(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class LinkResult:
    position: int
    label: str
    url: str
    clicked: int
    buyers: int


def links(delivery_id: int) -> list[LinkResult]:
    """Per link: people who clicked, and who of them bought within seven days. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH clicks AS (SELECT t.link_id, coalesce(a.current_id, m.customer_id) AS customer_id, t.at FROM messaging_touch t"
            "   JOIN messaging_message m ON m.id = t.message_id LEFT JOIN customers_customeralias a ON a.old_id = m.customer_id"
            "   WHERE m.delivery_id = %s AND t.kind = 'click' AND NOT t.machine)"
            " SELECT l.position, l.label, l.url, count(DISTINCT c.customer_id), count(DISTINCT c.customer_id) FILTER (WHERE EXISTS ("
            "   SELECT FROM commerce_order o WHERE o.customer_id = c.customer_id AND o.counts AND o.archived_at IS NULL"
            "   AND o.ordered_at >= c.at AND o.ordered_at < c.at + make_interval(days => %s)))"
            " FROM messaging_deliverylink l LEFT JOIN clicks c ON c.link_id = l.id WHERE l.delivery_id = %s"
            " GROUP BY l.id ORDER BY 4 DESC, l.position",
            [delivery_id, ATTRIBUTION_DAYS, delivery_id],
        )
        return [LinkResult(*row) for row in cursor.fetchall()]
