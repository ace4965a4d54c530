"""The whole world: blocks of customers with everything they did, made one after another or alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from multiprocessing import get_context

import numpy as np

from enishi.platform.demo.world import script, staff, truth
from enishi.platform.demo.world.calendar import History, history, months_before
from enishi.platform.demo.world.chance import Ints, generator, uniform
from enishi.platform.demo.world.columns import Lines, Orders
from enishi.platform.demo.world.goods import Goods, goods
from enishi.platform.demo.world.mailings import Mailings, campaign_days, run_campaigns
from enishi.platform.demo.world.orders import orders_of
from enishi.platform.demo.world.people import People, is_duplicate, joined_at, people, places
from enishi.platform.demo.world.plans import PLANS
from enishi.platform.demo.world.summary import Summary, best_limit, summarise, window_revenue
from enishi.platform.demo.world.timeline import Habits, timeline

BLOCK = 1_000
DEFAULT_SEED = 20_231_122
DEFAULT_CUSTOMERS = 5_000
_SILENT_AGE_SHARE = 0.55  # the silent 38 are among the customers who came first
_SAMPLE_BLOCKS = 8
_BLOCKS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Block:
    """Customers with neighbouring keys and all that is theirs. `who` in the other columns is a place here."""

    people: People
    habits: Habits
    orders: Orders
    lines: Lines
    mailings: Mailings
    left_day: Ints  # opted out of mail by a link; history.length = never
    summary: Summary


class World:
    """The demo company with so many customers, as of `today`. The same arguments give the same world.

    `density` multiplies the purchases after the second one: benches need more orders a head than a tea shop has.
    """

    def __init__(self, seed: int = DEFAULT_SEED, customers: int = DEFAULT_CUSTOMERS, *, today: date, density: float = 1.0) -> None:
        self.seed = seed
        self.customers = customers
        self.density = density
        self.history: History = history(today)
        self.goods: Goods = goods(self.history.start.month)
        self.window_day = self.history.index(months_before(today, truth.WINDOW_MONTHS)) + 1
        sale = next(day for place, day in campaign_days(self.history) if PLANS[place].pulls_forward)
        self.sale_days = (sale, sale + truth.GOAL_DAYS)
        self.silent = self._silent()

    @property
    def block_count(self) -> int:
        return -(-self.customers // BLOCK)

    def keys(self, number: int) -> Ints:
        """The keys of a block."""
        return np.arange(number * BLOCK + 1, min((number + 1) * BLOCK, self.customers) + 1, dtype=np.int64)

    def blocks(self) -> Iterator[Block]:
        for number in range(self.block_count):
            yield self.block(number)

    def blocks_ahead(self) -> Iterator[Block]:
        """The same blocks, made by a second process while the caller writes the last ones down."""
        made_of = (self.seed, self.customers, self.history.today, self.density)
        with ProcessPoolExecutor(1, get_context("spawn"), initializer=_open, initargs=made_of) as other:
            waiting: deque[Future[Block]] = deque()
            for number in range(self.block_count):
                waiting.append(other.submit(_block_of_opened, number))
                if len(waiting) > _BLOCKS_AHEAD:
                    yield waiting.popleft().result()
            for future in waiting:
                yield future.result()

    def block(self, number: int) -> Block:
        """One block, whatever was made before it."""
        who, habits, orders, lines, mailings, left = self._draft(number)
        summary = summarise(orders, len(who), who.joined_day, self.history, window_day=self.window_day, best_from=self.best_revenue_jpy)
        return Block(who, habits, orders, lines, mailings, left, summary)

    @cached_property
    def best_revenue_jpy(self) -> int:
        """24-month revenue from which a customer is among the top fifth of the buyers, from a sample of blocks."""
        wanted = np.unique(np.linspace(0, self.block_count - 1, min(self.block_count, _SAMPLE_BLOCKS)).astype(int))
        drafts = [self._draft(int(number)) for number in wanted]
        return best_limit(np.concatenate([window_revenue(orders, len(who), self.window_day) for who, _, orders, *_ in drafts]))

    def _draft(self, number: int) -> tuple[People, Habits, Orders, Lines, Mailings, Ints]:
        keys = self.keys(number)
        rng = generator(self.seed, "block", number)
        who = script.cast(people(self.seed, keys, self.customers, self.history), self.history)
        scripted = script.is_scripted(keys)
        line = timeline(rng, who, self.history, silent=np.isin(keys, self.silent), scripted=scripted, density=self.density)
        bought, mailings, left = run_campaigns(rng, who, line, self.history, scripted=scripted)
        orders, lines = orders_of(rng, who, line.habits, bought, self.history, self.goods, self.sale_days)
        orders, lines = script.with_script(orders, lines, keys, self.history, self.goods)
        return who, line.habits, orders, lines, mailings, left

    def _silent(self) -> Ints:
        """The keys of the best customers of 鎌倉小町店 who stay away since its manager left."""
        wanted = min(truth.SILENT_BEST_CUSTOMERS, truth.SILENT_BEST_CUSTOMERS * self.customers // 4_000)
        keys = np.arange(1, int(self.customers * _SILENT_AGE_SHARE), dtype=np.int64)
        keys = keys[(keys > script.LAST_KEY) & (places(self.seed, keys) == staff.KAMAKURA) & ~is_duplicate(keys)]
        keys = keys[joined_at(self.seed, keys, self.customers, self.history) < self.history.length / 2]
        result: Ints = np.sort(keys[np.argsort(uniform(self.seed, "silent", keys))[:wanted]])
        return result


_opened: World | None = None  # in the second process


def _open(seed: int, customers: int, today: date, density: float) -> None:
    global _opened  # noqa: PLW0603 — what the process is for
    _opened = World(seed, customers, today=today, density=density)


def _block_of_opened(number: int) -> Block:
    if _opened is None:
        raise RuntimeError("this process was not opened with a world")
    return _opened.block(number)
