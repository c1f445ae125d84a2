"""How long an execution can last, and whose limit that is."""

from __future__ import annotations

from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.rules.durations import (
    EXPRESS_SECONDS,
    YEAR_SECONDS,
    machine_timeout,
    shown_seconds,
)
from stepguard.rules.machines import EXPRESS, possible_types
from stepguard.structs import Struct


class Budget(Struct, frozen=True):
    """How many seconds an execution can take, and whose limit that is.

    `least` differs from `seconds`, the most that it can be, where the limit depends on a
    condition. `doubt` says what the machine's own limit depends on when it is not known.
    """

    seconds: float
    least: float
    whose: str
    doubt: str = ""


def budget_of(machine: StateMachine, workflow: Workflow) -> Budget:
    """Return what bounds the executions of a machine: its own timeout, or the service's limit."""
    limit, whose = YEAR_SECONDS, "a Standard workflow lasts a year at most"
    if possible_types(machine, workflow) == {EXPRESS}:
        limit = EXPRESS_SECONDS
        whose = f"an {EXPRESS} workflow lasts at most {EXPRESS_SECONDS} seconds"
    own = machine_timeout(workflow)
    if own is None or own.doubt:
        return Budget(limit, limit, whose, "" if own is None else own.doubt)
    if not own.numbers:
        return Budget(limit, limit, whose)
    least = min(limit, own.least)
    if own.greatest >= limit:
        return Budget(limit, least, whose)
    seconds = shown_seconds(own.greatest)
    return Budget(own.greatest, least, f"the whole execution lasts at most {seconds} seconds")
