"""Results about a whole deployment that are asked for again and again, computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from stepguard.deployment.graph import Deployment

Result = TypeVar("Result")


def once(function: Callable[[Deployment], Result]) -> Callable[[Deployment], Result]:
    """Make a function keep its result for the last deployment that it was asked about.

    Deployments are judged one after the other, so that nothing is kept longer than it is needed.
    """
    last: tuple[Deployment, Result] | None = None

    @wraps(function)
    def ask(deployment: Deployment) -> Result:
        nonlocal last
        known = last
        if known is None or known[0] is not deployment:
            known = (deployment, function(deployment))
            last = known
        return known[1]

    return ask
