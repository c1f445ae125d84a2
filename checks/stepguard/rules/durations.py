"""Numbers of seconds in a definition, which may be unknown, chosen at run time, or conditional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED, present, why_open, why_unknown
from stepguard.deployment.values import Plain, alternatives
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import RelatedPlace
from stepguard.rules.defects import quoted
from stepguard.structs import Struct

TIMEOUT = "TimeoutSeconds"
HEARTBEAT = "HeartbeatSeconds"
WAIT = "Seconds"

EXPRESS_SECONDS = 300
"""How long an execution of an Express workflow can take."""

YEAR_SECONDS = 31_536_000
"""How long an execution of a Standard workflow can take: a year."""

_MAXIMUM_STEPS = 10_000
"""Attempts that are added up one by one; the rest are taken to wait as long as the last."""

_BEYOND_USE = 10.0**15


class Duration(Struct, frozen=True):
    """A number of seconds that a definition sets.

    `state` is the state that has the field, `None` for the machine itself. `numbers` is every
    number that it can be; empty when it is none, or chosen at run time. `doubt` says what it
    depends on when it is not known.
    """

    state: State | None
    field: str
    path: Path
    numbers: tuple[float, ...] = ()
    doubt: str = ""

    @property
    def label(self) -> str:
        """How a message names it."""
        owner = "the state machine" if self.state is None else quoted(self.state.name)
        return f"{self.field} of {owner}"

    @property
    def shown(self) -> str:
        """The number as a message shows it, the least of several."""
        return shown_seconds(self.least)

    @property
    def least(self) -> float:
        """The least number that it can be; there must be one."""
        return min(self.numbers)

    @property
    def greatest(self) -> float:
        """The greatest number that it can be; there must be one."""
        return max(self.numbers)


def duration_of(
    members: dict[str, Plain], field: str, state: State | None = None
) -> Duration | None:
    """Return what a field of a state or a machine sets; `None` where it certainly is not there."""
    path: Path = (field,) if state is None else (*state.path, field)
    there = present(members, field)
    if there is False:
        return None
    if there is None:
        return Duration(state, field, path, doubt=why_open(members, field))
    options = alternatives(members[field])
    unknown = next((one for one in options if isinstance(one, UNDECIDED)), None)
    if unknown is not None:
        return Duration(state, field, path, doubt=why_unknown(unknown))
    numbers = tuple(one for one in options if is_number(one))
    return Duration(state, field, path, numbers if len(numbers) == len(options) else ())


def durations_of(workflow: Workflow, fields: Mapping[str, Sequence[str]]) -> Iterator[Duration]:
    """Yield what some fields of the states of some types set: fields by type of state."""
    for state in workflow.states:
        for field in fields.get(state.type, ()) if isinstance(state.type, str) else ():
            found = duration_of(state.body, field, state)
            if found is not None:
                yield found


def machine_timeout(workflow: Workflow) -> Duration | None:
    """Return the timeout of a machine's executions; `None` where there certainly is none."""
    return duration_of(workflow.body or {}, TIMEOUT)


def doubts_of_durations(durations: Sequence[Duration]) -> list[str]:
    """Return why some durations are not known."""
    return [f"{one.label}: {one.doubt}" for one in durations if one.doubt]


def related_durations(
    workflow: Workflow, durations: Sequence[Duration]
) -> tuple[RelatedPlace, ...]:
    """Return one related place for each of several durations."""
    if len(durations) == 1:
        return ()
    return tuple(
        RelatedPlace(
            f"{one.label} is {one.shown}",
            workflow.document.locate(one.path),
            None if one.state is None else one.state.name,
        )
        for one in durations
    )


def shown_seconds(seconds: float) -> str:
    """Return a number of seconds as a definition writes it."""
    return str(int(seconds)) if float(seconds).is_integer() else str(seconds)


def is_number(value: Plain) -> bool:
    """Tell whether a value is a number that can be reckoned with; what is beyond all use is none.

    Step Functions refuses such numbers, which is a matter for SFN902.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -_BEYOND_USE < value < _BEYOND_USE


def total_wait(attempts: int, interval: float, rate: float, longest: float) -> float:
    """Return the seconds that a retrier waits in all, with the longest wait between two attempts.

    Infinite where the sum is beyond all numbers.
    """
    total = 0.0
    wait = float(interval)
    for number in range(min(attempts, _MAXIMUM_STEPS)):
        total += min(wait, longest)
        wait = min(wait * rate, 1e300)
        if rate == 1 or wait >= longest or total >= 1e300:
            return total + (attempts - number - 1) * min(wait, longest)
    return total + max(attempts - _MAXIMUM_STEPS, 0) * min(wait, longest)
