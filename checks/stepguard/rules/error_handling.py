"""What states do about errors: their retriers and catchers, and which errors these match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED, as_object, present, why_open, why_unknown
from stepguard.deployment.values import REMOVED, OneOf, OpenList, Plain
from stepguard.deployment.workflow import State, Workflow
from stepguard.rules.defects import quoted
from stepguard.structs import Struct, field

HandlerField: TypeAlias = Literal["Retry", "Catch"]

HANDLER_FIELDS: tuple[HandlerField, ...] = ("Retry", "Catch")
"""The fields whose elements say what is done about an error."""

HANDLING_TYPES = ("Task", "Parallel", "Map")
"""The types of states that have such fields."""

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
DATA_LIMIT = "States.DataLimitExceeded"

_TOLERANCES = (
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)

_NOT_IN_ALL = frozenset({RUNTIME, DATA_LIMIT})


class Handler(Struct, frozen=True):
    """A retrier or a catcher.

    `errors` are the names that it lists and that are known; `doubt` says why there may be others,
    and is empty when there are none. `followers` is how many elements certainly come after it.
    """

    state: State
    field: HandlerField
    number: int
    path: Path
    members: dict[str, Plain]
    errors: tuple[str, ...]
    doubt: str = ""
    followers: int = 0

    @property
    def label(self) -> str:
        """How a message names it."""
        kind = "retrier" if self.field == "Retry" else "catcher"
        return f"{kind} {self.number} of {quoted(self.state.name)}"

    @property
    def errors_path(self) -> Path:
        """Where its list of error names stands."""
        return (*self.path, "ErrorEquals")

    def matches(self, error: str) -> bool | None:
        """Tell whether it is for an error; `None` when that is not known."""
        if error in self.errors:
            return True
        if TASK_FAILED in self.errors and error not in (TIMEOUT, RUNTIME):
            return True
        if ALL in self.errors and error not in _NOT_IN_ALL:
            return True
        return None if self.doubt else False


class Handlers(Struct):
    """The elements of a state's `Retry` or `Catch`; `doubt` says why there may be more."""

    elements: list[Handler] = field(default_factory=list)
    doubt: str = ""

    def match(self, error: str) -> bool | None:
        """Tell whether an element is for an error; `None` when that is not known."""
        answers = [one.matches(error) for one in self.elements]
        if True in answers:
            return True
        return None if self.doubt or None in answers else False


def handlers_of(state: State, name: HandlerField) -> Handlers:
    """Return what a state does about errors with its `Retry` or its `Catch`."""
    found = Handlers()
    if state.type not in HANDLING_TYPES:
        return found
    there = present(state.body, name)
    if there is False:
        return found
    if there is None and name not in state.body:
        found.doubt = f"whether {quoted(state.name)} has a {name} is not known"
        return found
    value = state.body[name]
    if isinstance(value, UNDECIDED):
        found.doubt = f"{name} of {quoted(state.name)} {why_unknown(value)}"
        return found
    if not isinstance(value, list):
        return found
    if isinstance(value, OpenList):
        found.doubt = f"not all of {name} of {quoted(state.name)} is known"
    followers = sum(1 for one in value if not _may_be_absent(one))
    for number, element in enumerate(value):
        followers -= not _may_be_absent(element)
        members = as_object(element)
        if members is None:
            if isinstance(element, UNDECIDED):
                found.doubt = f"not all of {name} of {quoted(state.name)} is known"
            continue
        errors, doubt = _errors_of(members)
        found.elements.append(
            Handler(
                state=state,
                field=name,
                number=number + 1,
                path=(*state.path, name, number),
                members=members,
                errors=tuple(errors),
                doubt=doubt,
                followers=followers,
            )
        )
    return found


def all_handlers(workflow: Workflow) -> Iterator[tuple[State, Handlers]]:
    """Yield what every state does about errors, once for each of the fields that it may have."""
    for state in workflow.states:
        for name in HANDLER_FIELDS:
            found = handlers_of(state, name)
            if found.elements or found.doubt:
                yield state, found


def enclosing(state: State) -> Iterator[State]:
    """Yield a state and the Map and Parallel states around it, the innermost first.

    An error that a state does not handle fails its branch or its item, and with that the state
    around it, which may handle that in turn.
    """
    yield state
    yield from reversed(state.parents)


def tolerates_failures(state: State) -> bool:
    """Tell whether a state is a Map that may go on although some of its items have failed."""
    return state.type == "Map" and any(
        state.has(field) is not False and state.get(field) != 0 for field in _TOLERANCES
    )


def _errors_of(members: dict[str, Plain]) -> tuple[list[str], str]:
    value = members.get("ErrorEquals")
    if "ErrorEquals" not in members:
        doubt = "" if present(members, "ErrorEquals") is False else why_open(members, "ErrorEquals")
        return [], doubt
    if isinstance(value, UNDECIDED):
        return [], f"ErrorEquals {why_unknown(value)}"
    if not isinstance(value, list):
        return [], ""
    doubts = [why_unknown(one) for one in value if isinstance(one, UNDECIDED)]
    if isinstance(value, OpenList):
        doubts.append(why_unknown(value.rest))
    names = [one for one in value if isinstance(one, str)]
    return names, f"an error name {doubts[0]}" if doubts else ""


def _may_be_absent(element: Plain) -> bool:
    if element is REMOVED:
        return True
    return isinstance(element, OneOf) and any(_may_be_absent(one) for one in element.alternatives)


def doubts_of(handlers: Iterable[Handlers]) -> list[str]:
    """Return why not all of some handlers are known."""
    reasons: list[str] = []
    for one in handlers:
        if one.doubt:
            reasons.append(one.doubt)
        reasons += [f"{each.label}: {each.doubt}" for each in one.elements if each.doubt]
    return reasons


def beside_input(state: State) -> str:
    """Return the field with which a catcher keeps a state's input beside the error, and a comma.

    In JSONPath the error takes the place of the input unless told otherwise; in JSONata variables
    do that, and there is no such field.
    """
    return '"ResultPath": "$.error", ' if state.query_language == "JSONPath" else ""
