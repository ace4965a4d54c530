"""Seeded chance without state: the same (seed, topic, key) gives the same number in any order and any block."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53
TABLE_SIZE = 512


def bits(seed: int, topic: str, keys: Ints) -> NDArray[np.uint64]:
    """64 well-mixed bits per key (splitmix64)."""
    salt = np.uint64((seed * 0x100000001B3 + zlib.crc32(topic.encode())) & 0xFFFFFFFFFFFFFFFF)
    with np.errstate(over="ignore"):
        state = (keys.astype(np.uint64) + salt * _MIX_1) * _GOLDEN + salt
        state = (state ^ (state >> np.uint64(30))) * _MIX_1
        state = (state ^ (state >> np.uint64(27))) * _MIX_2
        mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed


def uniform(seed: int, topic: str, keys: Ints) -> Floats:
    """A number in [0, 1) per key."""
    return (bits(seed, topic, keys) >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def normal(seed: int, topic: str, keys: Ints) -> Floats:
    """A standard normal number per key (Box–Muller)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(seed, topic, keys)))
    result: Floats = radius * np.cos(2.0 * np.pi * uniform(seed, topic + "/angle", keys))
    return result


def generator(seed: int, topic: str, block: int = 0) -> np.random.Generator:
    """A generator of its own for one block: blocks can be made in any order."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(topic.encode()), block]))


def shares(weights: Sequence[float] | Floats) -> Floats:
    """Cumulative shares for `pick`; the last one is exactly 1."""
    total = np.cumsum(np.asarray(weights, dtype=np.float64))
    result: Floats = total / total[-1]
    result[-1] = 1.0
    return result


def pick(unit: Floats, cumulative: Floats) -> Ints:
    """For each number in [0, 1) the index into the weights behind `cumulative`."""
    return np.searchsorted(cumulative, unit, side="right").astype(np.int64)


def lookup_table(weights: Floats) -> NDArray[np.int16]:
    """`TABLE_SIZE` indices in proportion to the weights: one gather instead of a search per row."""
    middle = (np.arange(TABLE_SIZE) + 0.5) / TABLE_SIZE
    return pick(middle, shares(weights)).astype(np.int16)
