"""Maximum likelihood of a few positive parameters, with a weak prior where there is little to learn from.

Parameters are searched by their logarithms (L-BFGS-B with the exact gradient). The covariance, of the logarithms too, is the inverse
of the observed information.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

BOUND = 9.0  # of a logarithm: what lies outside is no estimate
PRIOR_SPREAD = 1.0  # standard deviation of a logarithm: a factor of e either way
ALONE = 2_000  # customers from which the data speak alone


class NotFitted(Exception):
    """The search found no maximum: the purchases do not look like what the model tells of."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`parameters`, the `covariance` of their logarithms, and the log likelihood (without the prior)."""

    parameters: Floats
    covariance: Floats
    log_likelihood: float


def prior_weight(customers: int) -> float:
    """How much the prior says: all of it where there is nobody, nothing from `ALONE` customers on."""
    return max(0.0, 1.0 - customers / ALONE)


def fitted(likelihood: Callable[[Floats], tuple[float, Floats]], *, start: Sequence[float], weight: float) -> Fit:
    """The parameters that make `likelihood` (of parameters: its logarithm and gradient) greatest, drawn with this `weight` towards
    `start`. Raises NotFitted."""
    from scipy.optimize import minimize

    centre = np.log(np.asarray(start, dtype=np.float64))

    def cost(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        told, slope = likelihood(values)
        off = (logs - centre) / PRIOR_SPREAD**2
        return -told + weight * float(off @ (logs - centre)) / 2, -slope * values + weight * off

    scale = max(1.0, abs(cost(centre)[0]))
    found = minimize(
        lambda logs: tuple(part / scale for part in cost(logs)),
        centre,
        jac=True,
        method="L-BFGS-B",
        bounds=[(middle - BOUND, middle + BOUND) for middle in centre],
        options={"ftol": 1e-13, "gtol": 1e-9, "maxiter": 500},
    )
    logs = np.asarray(found.x, dtype=np.float64)
    if not np.all(np.isfinite(logs)) or np.any(np.abs(logs - centre) >= BOUND - 1e-6):
        raise NotFitted
    covariance = _inverse(_information(lambda at: cost(at)[1], logs))
    return Fit(np.exp(logs), covariance, float(likelihood(np.exp(logs))[0]))


def _information(slope: Callable[[Floats], Floats], at: Floats, step: float = 1e-4) -> Floats:
    """The second derivatives, by differences of the exact first ones."""
    rows = []
    for place in range(len(at)):
        move = np.zeros(len(at))
        move[place] = step
        rows.append((slope(at + move) - slope(at - move)) / (2 * step))
    matrix = np.array(rows)
    result: Floats = (matrix + matrix.T) / 2
    return result


def _inverse(information: Floats) -> Floats:
    """Raises NotFitted where it is no peak."""
    values, vectors = np.linalg.eigh(information)
    if values[0] <= 0 or not np.all(np.isfinite(values)):
        raise NotFitted
    result: Floats = (vectors / values) @ vectors.T
    return result
