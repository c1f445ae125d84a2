"""The states that a change adds, removes and alters, and what is different in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from stepguard.deployment.members import as_object
from stepguard.deployment.values import REMOVED, UNREAD, Hole, OneOf, Plain, Text
from stepguard.deployment.workflow import State, Workflow
from stepguard.review.renaming import Renamed, frozen, shown
from stepguard.structs import Struct

MAXIMUM_DETAILS = 12
"""Differences of one state that are told; the rest are counted."""

_MAXIMUM_CHARACTERS = 100
_MAXIMUM_NAMES = 6
_SCOPES = ("Branches", "ItemProcessor", "Iterator")
_IN_FULL = frozenset(
    {
        *("Default", "End", "Next", "StartAt", "Type", "QueryLanguage", "Resource", "Error"),
        *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
        *("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
        *("InputPath", "ItemsPath", "OutputPath", "ResultPath"),
        *("MaxConcurrency", "MaxConcurrencyPath", "Label"),
        *("ToleratedFailureCount", "ToleratedFailurePercentage"),
    }
)
"""Fields that are told with their values: what they hold is for the workflow, no data."""

_HANDLERS = ("Catch", "Retry")
_WITHOUT_MEANING = frozenset({"Comment", "States"})

_Key: TypeAlias = "tuple[object, ...]"


class StatePairs(Struct, frozen=True):
    """The states of two definitions: those of both, and those of one only."""

    both: list[tuple[State, State]]
    added: list[State]
    removed: list[State]


def pair_states(before: Workflow, after: Workflow) -> StatePairs:
    """Match states by name and by the Map and Parallel states around them, then by name alone."""
    old, new = _keyed(before), _keyed(after)
    both = [(old.pop(key), state) for key, state in new.items() if key in old]
    taken = {id(state) for _, state in both}
    added = [state for state in new.values() if id(state) not in taken]
    by_name: dict[str, list[State]] = defaultdict(list)
    for state in old.values():
        by_name[state.name].append(state)
    names = Counter(state.name for state in added)
    for state in list(added):
        if names[state.name] == 1 and len(by_name[state.name]) == 1:
            both.append((by_name.pop(state.name)[0], state))
            added.remove(state)
    paired = {id(state) for state, _ in both}
    removed = [state for state in old.values() if id(state) not in paired]
    return StatePairs(both, added, removed)


def _keyed(workflow: Workflow) -> dict[_Key, State]:
    found: dict[_Key, State] = {}
    seen: Counter[_Key] = Counter()
    for state in workflow.states:
        key = (*(parent.name for parent in state.parents), state.name)
        found[key, seen[key]] = state
        seen[key] += 1
    return found


class StateComparison:
    """Compares states; `undecided` collects what may be the same on both sides or not.

    With `is_plan`, a value that one side does not know may be what the other side says.
    """

    def __init__(self, renamed: Renamed, *, is_plan: bool) -> None:
        self._renamed = renamed
        self._is_plan = is_plan
        self.undecided: list[str] = []

    def details(self, before: State, after: State) -> tuple[str, ...]:
        """Return what is different in a state, a line each."""
        found = list(self._details(before, after))
        more = len(found) - MAXIMUM_DETAILS
        return (*found[:MAXIMUM_DETAILS], *((f"{more} more",) if more > 0 else ()))

    def _details(self, before: State, after: State) -> Iterator[str]:
        if before.scope.owner is None or after.scope.owner is None:
            is_moved = before.scope.owner is not after.scope.owner
        else:
            is_moved = before.scope.owner.name != after.scope.owner.name
        if is_moved:
            yield f"moved from {before.scope.label} to {after.scope.label}"
        if not self._same(before.written, after.written):
            yield "what stands in its place changed"
        for name in dict.fromkeys((*before.body, *after.body)):
            if name in _SCOPES or name in _WITHOUT_MEANING:
                continue
            if name == "End" and (before.get("Next") is None) != (after.get("Next") is None):
                # A state that does not end has a `Next`: that is told.
                continue
            old, new = before.get(name), after.get(name)
            answer = self.compare(old, new)
            if answer is None:
                self.undecided.append(f"{name} of {after.name!r}")
            elif not answer:
                yield from self._differences(name, old, new)
        yield from self._scopes(before, after)

    def compare(self, old: Plain, new: Plain) -> bool | None:
        """Tell whether two values say the same; `None` where that is not known."""
        if self._same(old, new):
            return True
        return None if self._is_plan and _may_be_same(old, new) else False

    def _same(self, old: Plain, new: Plain) -> bool:
        return self._frozen(old, before=True) == self._frozen(new, before=False)

    def _frozen(self, value: Plain, *, before: bool) -> Hashable:
        return frozen(value, self._renamed if before else {})

    def difference(self, name: str, old: Plain, new: Plain) -> str:
        """Return that a value is another one now, with both."""
        return f"{name}: {_short(new, {})} (was {_short(old, self._renamed)})"

    def _differences(self, name: str, old: Plain, new: Plain) -> Iterator[str]:
        """Yield what is different in a field; in `Retry` and `Catch`, of each element."""
        is_list = isinstance(old, list) and isinstance(new, list)
        if name not in _HANDLERS or not is_list or len(old) != len(new):
            yield self._difference(name, old, new)
            return
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            if self._same(one, other):
                continue
            members, now = as_object(one), as_object(other)
            if members is None or now is None:
                yield f"{name} {number + 1} changed"
                continue
            for field in dict.fromkeys((*members, *now)):
                was, is_now = members.get(field), now.get(field)
                if field != "Comment" and not self._same(was, is_now):
                    yield f"{name} {number + 1}: {self.difference(field, was, is_now)}"

    def _difference(self, name: str, old: Plain, new: Plain) -> str:
        if name in _IN_FULL:
            return self.difference(name, old, new)
        if old is None or new is None:
            return f"{name} {'added' if old is None else 'removed'}"
        members, now = as_object(old), as_object(new)
        if members is None or now is None:
            if isinstance(old, list) and isinstance(new, list) and len(old) != len(new):
                return f"{name}: {len(new)} elements (were {len(old)})"
            return f"{name} changed"
        different = [
            str(key)
            for key in dict.fromkeys((*members, *now))
            if not self._same(members.get(key, REMOVED), now.get(key, REMOVED))
        ]
        return f"{name} changed: {_named(different)}" if different else f"{name} changed"

    def _scopes(self, before: State, after: State) -> Iterator[str]:
        for name in _SCOPES:
            old, new = before.body.get(name), after.body.get(name)
            bodies, others = _bodies(old), _bodies(new)
            if bodies is None or others is None:
                if not self._same(old, new):
                    self.undecided.append(f"{name} of {after.name!r}")
            elif len(bodies) != len(others) and name == "Branches":
                yield f"Branches: {len(others)} (were {len(bodies)})"
            elif len(bodies) != len(others):
                yield f"{name} {'added' if others else 'removed'}"
            else:
                yield from self._bodies(name, bodies, others)

    def _bodies(
        self, name: str, before: Sequence[dict[str, Plain]], after: Sequence[dict[str, Plain]]
    ) -> Iterator[str]:
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            where = f"branch {number + 1}" if name == "Branches" else name
            for field in dict.fromkeys((*old, *new)):
                if field in _WITHOUT_MEANING:
                    continue
                if not self._same(old.get(field), new.get(field)):
                    yield f"{where}: {self._difference(field, old.get(field), new.get(field))}"


def _bodies(value: Plain) -> list[dict[str, Plain]] | None:
    """Return the containers of states in a field; `None` when they are not all known."""
    if value is None or value is REMOVED:
        return []
    elements = value if isinstance(value, list) else [value]
    found = [body for one in elements if (body := as_object(one)) is not None]
    return found if len(found) == len(elements) else None


def _may_be_same(old: Plain, new: Plain) -> bool:
    """Tell whether two values can be equal, for what is not known in them."""
    if isinstance(old, (*UNREAD, OneOf)) or isinstance(new, (*UNREAD, OneOf)):
        return True
    if isinstance(old, Text) or isinstance(new, Text):
        return _may_be_same_text(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_may_be_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_may_be_same, old, new))
    return bool(old == new)


def _may_be_same_text(old: Plain, new: Plain) -> bool:
    """Tell whether a text with holes can be the other one: by its beginning and its end."""
    if not isinstance(old, (Text, str)) or not isinstance(new, (Text, str)):
        return False
    ends = [_ends(old), _ends(new)]
    starts, finishes = zip(*ends, strict=True)
    return _agree(*starts) and _agree(*(one[::-1] for one in finishes))


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _ends(value: Text | str) -> tuple[str, str]:
    if isinstance(value, str):
        return value, value
    texts = ["" if isinstance(part, Hole) else part.text for part in value.parts]
    holes = [number for number, part in enumerate(value.parts) if isinstance(part, Hole)]
    if not holes:
        return "".join(texts), "".join(texts)
    return "".join(texts[: holes[0]]), "".join(texts[holes[-1] + 1 :])


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MAXIMUM_NAMES
    named = ", ".join(names[:_MAXIMUM_NAMES])
    return f"{named} and {more} more" if more > 0 else named


def _short(value: Plain, renamed: Renamed) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return _short(", ".join(_short(one, renamed) for one in value[:_MAXIMUM_NAMES]), {})
    text = shown(value, renamed)
    return text if len(text) <= _MAXIMUM_CHARACTERS else f"{text[: _MAXIMUM_CHARACTERS - 1]}…"
