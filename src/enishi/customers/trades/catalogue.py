"""Every template there is, by key, in the order of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enishi.customers.trades.ec_store import EC_STORE
from enishi.customers.trades.trade import Trade
from enishi.customers.trades.wholesale import WHOLESALE

TRADES: Final[Mapping[str, Trade]] = {trade.key: trade for trade in (EC_STORE, WHOLESALE)}
