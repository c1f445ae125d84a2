"""Reports in which no secret is quoted: what rules and readings say, masked before it is printed.

Where a secret stands in a file is hidden in the file itself (see `hiding`). A message may quote
it, too: the name of a state that does not exist, a function's name, the address of a webhook.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from stepguard.deployment.source import Span
from stepguard.place import Place
from stepguard.report import MachineReading, Report
from stepguard.secrets import without_tokens
from stepguard.structs import Struct, replace

Shown = TypeVar("Shown")

_AS_THEY_ARE = (Span, Place)


def mask_report(report: Report) -> None:
    """Mask what a report says wherever a definition has secrets."""
    roots = {one.root for one in report.state_machines if one.has_secrets}
    if not roots:
        return
    report.findings = [_of_root(one, roots) for one in report.findings]
    report.suppressed = [_of_root(one, roots) for one in report.suppressed]
    report.state_machines = [
        _machine(one) if one.root in roots else one for one in report.state_machines
    ]
    report.not_evaluated = masked(report.not_evaluated)
    report.errors = masked(report.errors)


def masked(said: Shown) -> Shown:
    """Return a value with a mask in the place of secrets in all its texts, but for places."""
    return _masked(said)  # type: ignore[no-any-return]  # made of the same classes


def _of_root(one: Any, roots: set[str]) -> Any:
    return masked(one) if one.root in roots else one


def _machine(machine: MachineReading) -> MachineReading:
    return replace(
        machine,
        reason=masked(machine.reason),
        role=masked(machine.role),
        role_reason=masked(machine.role_reason),
        permissions=partial(_answer, machine.permissions),
        graph=partial(_answer, machine.graph),
    )


def _answer(ask: Callable[[], Shown]) -> Shown:
    return masked(ask())


def _masked(said: Any) -> Any:
    if isinstance(said, str):
        return without_tokens(said)
    if isinstance(said, list):
        return [_masked(one) for one in said]
    if isinstance(said, tuple):
        return tuple(map(_masked, said))
    if isinstance(said, Struct) and not isinstance(said, _AS_THEY_ARE):
        names = said.__struct_fields__
        return replace(said, **{name: _masked(getattr(said, name)) for name in names})
    return said
