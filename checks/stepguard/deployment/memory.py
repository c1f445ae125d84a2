"""Results that are asked for again and again about one deployment, computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource

Subject = TypeVar("Subject", bound=Resource)
Result = TypeVar("Result")


def remembered(
    function: Callable[[Subject, Deployment], Result],
) -> Callable[[Subject, Deployment], Result]:
    """Make a function of a resource keep its results for the last deployment it was asked about.

    Deployments are judged one after the other, so that nothing is kept longer than it is needed.
    """
    last: tuple[Deployment, dict[int, tuple[Subject, Result]]] | None = None

    @wraps(function)
    def ask(subject: Subject, deployment: Deployment) -> Result:
        nonlocal last
        current = last
        if current is None or current[0] is not deployment:
            current = (deployment, {})
            last = current
        known = current[1].get(id(subject))
        if known is None:
            known = (subject, function(subject, deployment))
            current[1][id(subject)] = known
        return known[1]

    return ask


def remembered_of_deployment(
    function: Callable[[Deployment], Result],
) -> Callable[[Deployment], Result]:
    """Make a function of a deployment keep its result for the last one it was asked about."""
    last: tuple[Deployment, Result] | None = None

    @wraps(function)
    def ask(deployment: Deployment) -> Result:
        nonlocal last
        current = last
        if current is None or current[0] is not deployment:
            current = last = (deployment, function(deployment))
        return current[1]

    return ask
