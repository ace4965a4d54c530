"""Money: whole yen as integers, rates in basis points (1,000 = 10 %). The only place that rounds tax.

The rule: tax is rounded once per rate per document (per order for tax-included data), toward zero, which is what
Japanese invoices do most and what the law leaves to the issuer. Lines are never rounded one by one; a document's
rounded total is dealt out to its lines by `allot`, so that the parts always add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import get_language

_MINUS: Final = "−"  # U+2212, as wide as a plus
_BASIS: Final = 10_000
_MAN: Final = 10_000
_UNITS: Final = ((100_000_000, "億"), (_MAN, "万"))
_ENGLISH_UNITS: Final = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K"))

#: Rates in force, in basis points: standard and reduced (food, newspapers).
STANDARD_RATE_BP: Final = 1_000
REDUCED_RATE_BP: Final = 800


def yen(amount: int) -> str:
    """ "¥1,234,567"; below zero "−¥1,234"."""
    return f"{_MINUS if amount < 0 else ''}¥{abs(amount):,}"


def yen_short(amount: int) -> str:
    """For tiles and axes: "¥9,800", "¥12.3万", "¥1,234万", "¥1.2億"; in English "¥123K", "¥12.3M", "¥1.2B".

    Cut, never rounded up to what was not reached.
    """
    size = abs(amount)
    if size < _MAN:
        return yen(amount)
    unit, name = next(found for found in (_ENGLISH_UNITS if get_language() == "en" else _UNITS) if size >= found[0])
    whole, tenth = size // unit, size % unit * 10 // unit
    shown = f"{whole}.{tenth}" if whole < 100 and tenth else f"{whole:,}"
    return f"{_MINUS if amount < 0 else ''}¥{shown}{name}"


def _toward_zero(numerator: int, denominator: int) -> int:
    return numerator // denominator if numerator >= 0 else -(-numerator // denominator)


def tax_of(net_jpy: int, rate_bp: int) -> int:
    """Consumption tax on an amount without tax, rounded toward zero; a return (negative) mirrors its sale exactly."""
    return _toward_zero(net_jpy * rate_bp, _BASIS)


def tax_within(gross_jpy: int, rate_bp: int) -> int:
    """The consumption tax inside an amount with tax, rounded toward zero."""
    return _toward_zero(gross_jpy * rate_bp, _BASIS + rate_bp)


def net_of_tax(gross_jpy: int, rate_bp: int) -> int:
    """The amount without tax: gross less the tax within it, so that net + tax is the gross again."""
    return gross_jpy - tax_within(gross_jpy, rate_bp)


def with_tax(net_jpy: int, rate_bp: int) -> int:
    """The amount with tax."""
    return net_jpy + tax_of(net_jpy, rate_bp)


def net_by_rate(gross_by_rate_bp: Mapping[int, int]) -> dict[int, int]:
    """Amounts without tax of one document: rate in basis points → yen, rounded once per rate."""
    return {rate_bp: net_of_tax(gross, rate_bp) for rate_bp, gross in gross_by_rate_bp.items()}


def allot(total_jpy: int, weights: Sequence[int]) -> list[int]:
    """Deal out an amount in proportion to weights (a discount over lines, a document's tax over its lines).

    The parts add up to the total, to the yen: each gets its share cut toward zero, and the yen left over go to the
    largest remainders, the earlier part first among equals. Weights that add up to zero share equally. Raises ValueError
    without weights, or where weights have both signs.
    """
    if not weights:
        message = "an amount cannot be dealt out to nobody"
        raise ValueError(message)
    if min(weights) < 0 < max(weights):
        message = "weights of both signs have no proportion"
        raise ValueError(message)
    sizes = [abs(weight) for weight in weights]
    whole = sum(sizes)
    if whole == 0:
        sizes, whole = [1] * len(sizes), len(sizes)
    sign = -1 if total_jpy < 0 else 1
    shares = [divmod(abs(total_jpy) * size, whole) for size in sizes]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda index: -shares[index][1])
    for index in by_remainder[: abs(total_jpy) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
