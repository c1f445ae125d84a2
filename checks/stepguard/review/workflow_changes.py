"""What a change does to state machines: their states, their safeguards and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from stepguard.change import Fate, MachineChange, StateChange
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, StateMachine, Unread
from stepguard.deployment.values import Plain, plain
from stepguard.deployment.workflow import State, Workflow, read_workflow
from stepguard.guard import describe_defect
from stepguard.place import Place
from stepguard.review.machine_settings import initial_settings, settings_of
from stepguard.review.matched import Match, Present, match
from stepguard.review.moves import Located
from stepguard.review.renaming import Renamed, frozen, renamed_by_root, shown, within_root
from stepguard.review.safeguards import execution_timeout_lost, safeguards_lost
from stepguard.review.state_changes import StateComparison, pair_states

MAXIMUM_STATES = 1_000
"""States of one machine that are listed; the rest are counted."""

_MAXIMUM_UNDECIDED = 8
_DEFINITIONS = (
    *("definition", "Definition", "DefinitionString", "DefinitionUri"),
    *("DefinitionS3Location", "DefinitionSubstitutions"),
)
"""The attributes of state machines that hold their definition."""


def machine_changes(
    before: Sequence[Deployment],
    after: Sequence[Deployment],
    moved: Mapping[Located, Located],
) -> Iterator[MachineChange]:
    """Yield what became of each state machine that has changed.

    `moved` says where resources are now that are not where they were. Never raises.
    """
    addresses = renamed_by_root(moved)
    matches = list(match(StateMachine, before, after, moved))
    for one in matches:
        renamed = {} if one.before is None else addresses.get(one.before.deployment.root, {})
        try:
            yield from _changed(one, renamed)
        except Exception as error:
            message = describe_defect(error, "the comparison of workflows")
            yield _change(one, _Found(unread=[message]))


class _Found:
    """What was found of one machine."""

    def __init__(self, unread: Iterable[str] = ()) -> None:
        self.states: list[StateChange] = []
        self.safeguards: list[str] = []
        self.settings: list[str] = []
        self.unread = list(unread)

    def __bool__(self) -> bool:
        return bool(self.states or self.safeguards or self.settings or self.unread)


def _changed(one: Match[StateMachine], renamed: Renamed) -> Iterator[MachineChange]:
    if one.before is None or one.after is None:
        found = _Found()
        if one.after is not None:
            _describe(one.after, found)
        yield _change(one, found)
        return
    found = _Found()
    for old, new in _variants(one.before, one.after, found):
        if old is not None and new is not None:
            _compare(one.before, old, one.after, new, renamed, found)
    if found:
        yield _change(one, found)


def _change(one: Match[StateMachine], found: _Found) -> MachineChange:
    machine, deployment = one.present.resource, one.present.deployment
    fate: Fate = "changed"
    if one.before is None:
        fate = "added"
    elif one.after is None:
        fate = "removed"
    more = len(found.states) - MAXIMUM_STATES
    unread = [*found.unread, *([f"{more} more states differ"] if more > 0 else [])]
    return MachineChange(
        address=machine.address,
        root=deployment.root,
        fate=fate,
        place=Place.of(machine.span, deployment.root),
        states=tuple(dict.fromkeys(found.states[:MAXIMUM_STATES])),
        safeguards_lost=tuple(dict.fromkeys(found.safeguards)),
        settings=tuple(dict.fromkeys(found.settings)),
        unread=tuple(dict.fromkeys(unread)),
    )


def _describe(machine: Present[StateMachine], found: _Found) -> None:
    """Say what a new machine is like."""
    one = machine.resource
    if isinstance(one.definition, Document):
        workflow = read_workflow(one.definition, machine.deployment)
        number = len(workflow.states)
        at_least = "at least " if workflow.is_open else ""
        found.settings.append(f"{at_least}{number} state{'' if number == 1 else 's'}")
    else:
        found.unread.append(f"the definition could not be read: {one.definition.reason}")
    for name, value in initial_settings(settings_of(one, machine.deployment, {})):
        if isinstance(value, Unread):
            found.unread.append(f"{name} could not be read: {value.reason}")
        else:
            found.settings.append(f"{name}: {_shown(value, {})}")


def _variants(
    before: Present[StateMachine], after: Present[StateMachine], found: _Found
) -> Iterator[tuple[StateMachine | None, StateMachine | None]]:
    """Yield the alternatives of a machine that belong together: by condition, then in order."""
    old = {one.variant: one for one in before.variants}
    left: list[StateMachine] = []
    for one in after.variants:
        same = old.pop(one.variant, None)
        if same is None:
            left.append(one)
        else:
            yield same, one
    for gone, new in zip_longest(old.values(), left):
        if gone is None or new is None:
            alone = gone or new
            when = "before the change" if new is None else "now"
            found.unread.append(f"only {when} the definition depends on {alone.variant}")
        yield gone, new


def _compare(
    before: Present[StateMachine],
    old: StateMachine,
    after: Present[StateMachine],
    new: StateMachine,
    renamed: Renamed,
    found: _Found,
) -> None:
    is_plan = after.deployment.form is Form.PLAN
    comparison = StateComparison(renamed, is_plan=is_plan)
    _compare_settings(
        settings_of(old, before.deployment, renamed),
        settings_of(new, after.deployment, {}),
        (before.deployment.root, after.deployment.root),
        comparison,
        found,
    )
    if isinstance(old.definition, Document) and isinstance(new.definition, Document):
        is_same = frozen(old.definition.value, renamed) == frozen(new.definition.value, {})
        if not is_same:
            workflows = (
                read_workflow(old.definition, before.deployment),
                read_workflow(new.definition, after.deployment),
            )
            _compare_workflows(*workflows, comparison, found)
    else:
        _compare_unread(old, new, renamed, found)
    if comparison.undecided:
        named = ", ".join(comparison.undecided[:_MAXIMUM_UNDECIDED])
        more = len(comparison.undecided) - _MAXIMUM_UNDECIDED
        rest = f" and {more} more" if more > 0 else ""
        found.unread.append(f"not known on both sides: {named}{rest}")


def _compare_settings(
    old: dict[str, Plain],
    new: dict[str, Plain],
    roots: tuple[str, str],
    comparison: StateComparison,
    found: _Found,
) -> None:
    for name, value in new.items():
        was = old[name]
        if isinstance(was, Unread) or isinstance(value, Unread):
            reasons = [
                within_root(one.reason, root) if isinstance(one, Unread) else ""
                for one, root in zip((was, value), roots, strict=True)
            ]
            if reasons[0] != reasons[1]:
                found.unread.append(f"{name} could not be read: {reasons[1] or reasons[0]}")
            continue
        answer = comparison.compare(was, value)
        if answer is None:
            comparison.undecided.append(name)
        elif not answer:
            found.settings.append(comparison.difference(name, was or None, value or None))


def _compare_unread(old: StateMachine, new: StateMachine, renamed: Renamed, found: _Found) -> None:
    """Say that a definition could not be read, unless the same is written in both places."""
    reasons = [
        f"the definition {when}could not be read: {one.definition.reason}"
        for one, when in ((old, "before the change "), (new, ""))
        if isinstance(one.definition, Unread)
    ]
    if len(reasons) == 2 and _written(old, renamed) == _written(new, {}):
        return
    found.unread.extend(reasons)


def _written(machine: StateMachine, renamed: Renamed) -> object:
    return tuple(
        frozen(plain(value), renamed)
        for name in _DEFINITIONS
        if (value := machine.attributes.get(name)) is not None
    )


def _compare_workflows(
    before: Workflow, after: Workflow, comparison: StateComparison, found: _Found
) -> None:
    if before.body is None or after.body is None:
        found.unread.append("a definition is no object")
        return
    for name, is_told in (("StartAt", "starts at"), ("QueryLanguage", "query language")):
        _compare_field(name, is_told, before.body, after.body, comparison, found)
    _compare_field(
        "TimeoutSeconds", "execution timeout", before.body, after.body, comparison, found
    )
    found.safeguards.extend(execution_timeout_lost(before.body, after.body))
    pairs = pair_states(before, after)
    was_open, is_open = before.is_open, after.is_open
    changes: list[tuple[State, StateChange]] = []
    for old, new in pairs.both:
        found.safeguards.extend(safeguards_lost(old, new))
        details = comparison.details(old, new)
        if details:
            changes.append((new, _state(new, "changed", after, details)))
    for state in pairs.added:
        if was_open:
            comparison.undecided.append(f"whether {state.name!r} is new")
        else:
            changes.append((state, _state(state, "added", after, _first_details(state))))
    order = {id(state): number for number, state in enumerate(after.states)}
    changes.sort(key=lambda pair: order[id(pair[0])])
    found.states.extend(change for _, change in changes)
    for state in pairs.removed:
        if is_open:
            comparison.undecided.append(f"whether {state.name!r} is gone")
        else:
            details = _where(state)
            change = StateChange(name=state.name, fate="removed", place=None, details=details)
            found.states.append(change)


def _compare_field(
    name: str,
    told: str,
    before: dict[str, Plain],
    after: dict[str, Plain],
    comparison: StateComparison,
    found: _Found,
) -> None:
    old, new = before.get(name), after.get(name)
    answer = comparison.compare(old, new)
    if answer is None:
        comparison.undecided.append(told)
    elif not answer:
        found.settings.append(comparison.difference(told, old, new))


def _state(state: State, fate: Fate, workflow: Workflow, details: tuple[str, ...]) -> StateChange:
    span = workflow.document.locate(state.path, key=True)
    place = None if span is None else Place.of(span, span.path)
    return StateChange(name=state.name, fate=fate, place=place, details=details)


def _first_details(state: State) -> tuple[str, ...]:
    """Return what a new state is: its type, and what a task calls."""
    kind, resource = state.get("Type"), state.get("Resource")
    told = [*_where(state)]
    if kind is not None:
        told.append(f"Type {_shown(kind, {})}")
    if resource is not None:
        told.append(f"Resource {_shown(resource, {})}")
    return tuple(told)


def _where(state: State) -> tuple[str, ...]:
    """Return which Map or Parallel state a state is in."""
    return () if state.scope.owner is None else (f"in {state.scope.label}",)


def _shown(value: Plain, renamed: Renamed) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one, renamed) for one in value)
    return shown(value, renamed)
