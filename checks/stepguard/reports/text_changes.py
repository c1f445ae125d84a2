"""What a change does to roles and workflows, as text: lines with + and -."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from stepguard.change import Change, Fate, MachineChange, PermissionChange, RoleChange
from stepguard.place import Place
from stepguard.reports.display import harmless

MAXIMUM_LINES = 200
"""Lines that are shown of one role or state machine; the rest are counted."""

MAXIMUM_NAMES = 5
"""Resources or states that one line names; the rest are counted."""

_COLOURS = {"+": "green", "-": "red", "!": "yellow", "~": "cyan"}
_SIGNS: dict[Fate, str] = {"added": "+", "removed": "-", "changed": "~"}
_GAINED = {"Allow": "may", "Deny": "is no longer denied", "unknown": "may or may not"}
_LOST = {"Allow": "may", "Deny": "is denied now", "unknown": "may or may not"}

Style = Callable[..., str]


def change_lines(change: Change, *, colour: bool) -> Iterator[str]:
    """Yield a block for each role and each state machine that changed, an empty line behind it."""
    style: Style = click.style if colour else _plain
    for role in change.roles:
        yield from _block("permissions of", role.address, role.fate, role.place, style)
        yield from _limited([*_role(role)], style)
    for machine in change.machines:
        yield from _block("workflow", machine.address, machine.fate, machine.place, style)
        yield from _limited([*_machine(machine)], style)


def _plain(text: str, **_: object) -> str:
    return text


def _block(what: str, address: str, fate: Fate, place: Place, style: Style) -> Iterator[str]:
    where = style(harmless(str(place)), bold=True)
    yield f"{where}: {what} {style(harmless(address), bold=True)} ({fate})"


def _limited(lines: Sequence[tuple[str, str]], style: Style) -> Iterator[str]:
    for sign, text in lines[:MAXIMUM_LINES]:
        yield f"  {style(harmless(f'{sign} {text}'), fg=_COLOURS[sign])}"
    if len(lines) > MAXIMUM_LINES:
        yield f"  … {len(lines) - MAXIMUM_LINES} more"
    yield ""


def _role(role: RoleChange) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for everything that a role gained or lost."""
    yield from (("+", _permission(one, is_new=True)) for one in role.gained)
    yield from (("-", _permission(one, is_new=False)) for one in role.lost)
    yield from (("+", f"may be assumed by {one}") for one in role.trust_gained)
    yield from (("-", f"may be assumed by {one}") for one in role.trust_lost)
    yield from (("!", f"more may have changed: {one}") for one in role.unread)


def _permission(one: PermissionChange, *, is_new: bool) -> str:
    levels = ", ".join(f"{level} {number}" for level, number in one.access_levels)
    notes = [
        one.condition or ("on a condition" if one.is_conditional else ""),
        f"by AWS's policy {one.policy}" if one.policy else "",
        levels,
        f"needed by {_named(one.states)}" if one.states else "",
        "nothing in the workflow uses it" if is_new and one.used == "no" else "",
    ]
    said = "; ".join(note for note in notes if note)
    says = (_GAINED if is_new else _LOST)[one.effect]
    text = f"{says} {one.action} on {_named(one.resources) or 'nothing'}"
    return f"{text} ({said})" if said else text


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAXIMUM_NAMES])
    more = len(names) - MAXIMUM_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _machine(machine: MachineChange) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for everything that changed in a workflow."""
    yield from (("!", f"lost: {one}") for one in machine.safeguards_lost)
    for state in machine.states:
        details = f": {'; '.join(state.details)}" if state.details else ""
        yield _SIGNS[state.fate], f"state {state.name!r} {state.fate}{details}"
    yield from (("~", one) for one in machine.settings)
    yield from (("!", f"more may have changed: {one}") for one in machine.unread)
