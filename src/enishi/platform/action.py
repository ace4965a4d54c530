"""`@action`: the one door through which rows change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import transaction

from enishi.platform import policy


def action[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Run the function in one transaction and look at its permits again before that commits.

    An action called by another joins its transaction; the outermost one checks for both. A refusal rolls
    everything back, so a 403 leaves no trace.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise TypeError(f"{function.__name__} takes keyword arguments only")
        if policy.open_permits.get() is not None:
            return function(*args, **kwargs)
        permits: list[policy.Permit] = []
        token = policy.open_permits.set(permits)
        try:
            with transaction.atomic():
                result = function(*args, **kwargs)
                policy.recheck(permits)
                return result
        finally:
            policy.open_permits.reset(token)

    run.is_action = True  # type: ignore[attr-defined]
    return run
