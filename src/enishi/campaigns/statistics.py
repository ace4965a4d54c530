"""Did the mail change anything? Intention-to-treat lift and its interval; pure functions.

Every customer assigned counts, whether or not the message arrived. Sources: R. G. Newcombe, "Interval
estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10;
B. L. Welch, Biometrika 34 (1947), for the revenue per head.

scipy.stats takes a second and 60 MB to import, so the functions that need it do so themselves: a process that
never shows an interval does not pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

CONFIDENCE = 0.95
POWER = 0.80
SRM_ALARM = 0.001  # sample-ratio mismatch: below this the assignment itself is in doubt
FEWEST_FOR_CONTROL = 2_000  # recipients below which a control group rarely tells anything


@dataclass(frozen=True, slots=True)
class Arm:
    """What one arm did within the goal's days."""

    assigned: int
    reached: int  # customers who bought
    revenue_jpy: int  # tax excluded
    revenue_squares: float = 0.0  # Σ of squared revenue per customer, for the variance

    @property
    def rate(self) -> float:
        return self.reached / self.assigned if self.assigned else 0.0

    @property
    def revenue_per_head(self) -> float:
        return self.revenue_jpy / self.assigned if self.assigned else 0.0

    @property
    def yen_per_head(self) -> int:
        return round(self.revenue_per_head)

    @property
    def variance(self) -> float:
        """Sample variance of revenue per assigned customer."""
        if self.assigned < 2:
            return 0.0
        return max(self.revenue_squares - self.revenue_jpy**2 / self.assigned, 0.0) / (self.assigned - 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference with its 95 % interval."""

    point: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """more, less, or unclear where the interval holds zero."""
        if self.low > 0:
            return "more"
        return "less" if self.high < 0 else "unclear"


def wilson(reached: int, assigned: int) -> tuple[float, float]:
    """The 95 % score interval of one proportion."""
    from scipy import stats

    found = stats.binomtest(reached, assigned).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def lift(treated: Arm, control: Arm) -> Interval | None:
    """Difference of the goal rates, treated − control, as a share (0.04 = 4 points). None without both arms."""
    if not treated.assigned or not control.assigned:
        return None
    t_low, t_high = wilson(treated.reached, treated.assigned)
    c_low, c_high = wilson(control.reached, control.assigned)
    point = treated.rate - control.rate
    down = sqrt((treated.rate - t_low) ** 2 + (c_high - control.rate) ** 2)
    up = sqrt((t_high - treated.rate) ** 2 + (control.rate - c_low) ** 2)
    return Interval(point, point - down, point + up)


def incremental_revenue(treated: Arm, control: Arm) -> Interval | None:
    """増分売上 in yen: difference of revenue per assigned customer × treated assigned. None without both arms."""
    from scipy import stats

    if treated.assigned < 2 or control.assigned < 2:
        return None
    t_part, c_part = treated.variance / treated.assigned, control.variance / control.assigned
    error = sqrt(t_part + c_part)
    point = treated.revenue_per_head - control.revenue_per_head
    if error == 0.0:
        return Interval(point * treated.assigned, point * treated.assigned, point * treated.assigned)
    freedom = (t_part + c_part) ** 2 / (t_part**2 / (treated.assigned - 1) + c_part**2 / (control.assigned - 1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Interval(*(value * treated.assigned for value in (point, point - reach, point + reach)))


def ratio_is_off(treated_assigned: int, control_assigned: int, control_share: float) -> bool:
    """The sample-ratio check: is the split unlike what the hash should give?"""
    from scipy import stats

    total = treated_assigned + control_assigned
    if not total or not 0 < control_share < 1:
        return False
    return float(stats.binomtest(control_assigned, total, control_share).pvalue) < SRM_ALARM


def common_rate(treated: Arm, control: Arm) -> float:
    """The rate over both arms by Laplace's rule, (k + 1) ÷ (n + 2): where nobody has bought yet, it is small and not zero."""
    return (treated.reached + control.reached + 1) / (treated.assigned + control.assigned + 2)


def detectable_difference(treated: int, control: int, base_rate: float) -> float | None:
    """The smallest true difference of rates that would be seen in 80 of 100 such sends; a share. None without both arms."""
    from scipy import stats

    if treated < 1 or control < 1:
        return None
    rate = min(max(base_rate, 0.001), 0.999)
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2) + stats.norm.ppf(POWER))
    return z * sqrt(rate * (1 - rate) * (1 / treated + 1 / control))
