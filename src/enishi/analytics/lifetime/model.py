"""What is learned of a shop's customers: when they buy, what they spend, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from enishi.analytics.lifetime import purchases, spend
from enishi.analytics.lifetime.fitting import Fit, Floats, NotFitted
from enishi.analytics.lifetime.purchases import Buying, Histories, Ints
from enishi.analytics.lifetime.spend import Spending

if TYPE_CHECKING:
    import pyarrow as pa

FEWEST = 100  # customers
FEWEST_BACK = 30  # of them, who came back
FEWEST_DAYS = 90  # since the first of them came
YEAR = 365.0
_STEP = 1e-4  # of a logarithm, for differences


class TooFew(Exception):
    """There is too little to learn from: `reason` is "customers", "back", "days" or "shape"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class People:
    """Customers in columns: purchases after the first, days from the first to the last and to the day of looking, and the revenue of
    the purchases after the first."""

    repeats: Ints
    recency: Ints
    age: Ints
    repeat_jpy: Ints

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def mean_jpy(self) -> Floats:
        """Of a purchase after the first; nothing where there is none."""
        result: Floats = np.where(self.repeats > 0, self.repeat_jpy / np.maximum(self.repeats, 1), 0.0)
        return result

    def of(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> People:
        return People(self.repeats[chosen], self.recency[chosen], self.age[chosen], self.repeat_jpy[chosen])

    @property
    def histories(self) -> Histories:
        return Histories(self.repeats, self.recency, self.age, np.ones(len(self), dtype=np.int64))


def people_in(table: pa.Table) -> People:
    """Of columns that are called like its own."""
    return People(*(table.column(name).to_numpy() for name in ("repeats", "recency", "age", "repeat_jpy")))


@dataclass(frozen=True, slots=True)
class Model:
    buying: Buying
    spending: Spending
    buying_fit: Fit
    spending_fit: Fit

    def purchases_ahead(self, people: People, days: float) -> Floats:
        """E[purchases] of each within so many days."""
        return self.buying.expected(people.histories, days)

    def spend_of(self, people: People) -> Floats:
        """E[yen of a purchase] of each."""
        return self.spending.expected(people.repeats, people.mean_jpy)

    def nearby(self) -> Iterator[tuple[Model, Model]]:
        """For each parameter the model with a little less and a little more of it."""
        for place in range(4):
            less, more = (_moved(self.buying_fit.parameters, place, way) for way in (-_STEP, _STEP))
            yield replace(self, buying=Buying(*less)), replace(self, buying=Buying(*more))
        for place in range(3):
            less, more = (_moved(self.spending_fit.parameters, place, way) for way in (-_STEP, _STEP))
            yield replace(self, spending=Spending(*less)), replace(self, spending=Spending(*more))

    @property
    def covariance(self) -> Floats:
        """Of the logarithms of all parameters; what is bought and what is spent are learned apart."""
        whole = np.zeros((7, 7))
        whole[:4, :4], whole[4:, 4:] = self.buying_fit.covariance, self.spending_fit.covariance
        return whole

    def drawn(self, people: People, days: Floats, chance: np.random.Generator) -> tuple[Ints, Floats]:
        """What may come of each within their `days`, once: purchases and yen."""
        lives = chance.random(len(people)) < self.buying.alive(people.histories)
        rate = chance.gamma(self.buying.r + people.repeats) / (self.buying.alpha + people.age / purchases.DAYS)
        leaves = chance.geometric(np.clip(chance.beta(self.buying.a, self.buying.b + people.repeats), 1e-12, 1))
        bought = np.where(lives, np.minimum(chance.poisson(rate * days / purchases.DAYS), leaves), 0)
        shape = self.spending.p * people.repeats + self.spending.q
        level = chance.gamma(shape) / (self.spending.gamma + np.maximum(people.mean_jpy, 0) * people.repeats)
        yen = np.where(bought > 0, chance.gamma(np.maximum(self.spending.p * bought, 1e-9)) / level, 0.0)
        return bought, yen


def difference_per_step(less: Floats, more: Floats) -> Floats:
    """The slope between two models that lie nearby."""
    result: Floats = (more - less) / (2 * _STEP)
    return result


def _moved(parameters: Floats, place: int, way: float) -> list[float]:
    moved = parameters.copy()
    moved[place] *= np.exp(way)
    return [float(value) for value in moved]


def learned(people: People) -> Model:
    """Raises TooFew."""
    if len(people) < FEWEST:
        raise TooFew("customers")
    if int((people.repeats > 0).sum()) < FEWEST_BACK:
        raise TooFew("back")
    if int(people.age.max()) < FEWEST_DAYS:
        raise TooFew("days")
    known, _places = purchases.grouped(people.repeats, people.recency, people.age)
    try:
        buys, spends = purchases.fit(known), spend.fit(people.repeats, people.mean_jpy, customers=len(people))
    except NotFitted as error:
        raise TooFew("shape") from error
    return Model(purchases.buying(buys), spend.spending(spends), buys, spends)


def worth_today(days: Floats, discount_bp: int) -> Floats:
    """What a yen after so many days is worth today."""
    result: Floats = (1 + discount_bp / 10_000) ** (-days / YEAR)
    return result
