"""Payload templates of JSONPath states: fields whose name ends in `.$` hold a path."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import State, Workflow
from stepguard.rules.defects import Defect, quoted, surely

_SUFFIX = ".$"
_BEGINNINGS = ("$", "States.")
_TEMPLATES = (
    ("Parameters",),
    ("ResultSelector",),
    ("ItemSelector",),
    ("Assign",),
    ("Credentials",),
    ("ItemReader", "Parameters"),
    ("ResultWriter", "Parameters"),
    ("ItemBatcher", "BatchInput"),
)


def check_payload_templates(workflow: Workflow) -> Iterator[Defect]:
    """Yield the fields that should hold a path or a call of an intrinsic function and do not."""
    for state in workflow.states:
        if state.query_language != "JSONPath":
            continue
        for names in _TEMPLATES:
            template: Plain = state.body
            for name in names:
                template = template.get(name) if isinstance(template, dict) else None
            if isinstance(template, dict):
                yield from _check_template(state, template, (*state.path, *names))


def _check_template(state: State, template: dict[str, Plain], path: Path) -> Iterator[Defect]:
    pending = [(template, path)]
    while pending:
        members, where = pending.pop()
        for name, value in members.items():
            if isinstance(value, dict):
                pending.append((value, (*where, name)))
            elif name.endswith(_SUFFIX) and surely(value, _is_no_path):
                yield Defect(
                    message=f"{quoted(name)} in {path[-1]} of {quoted(state.name)} holds neither "
                    "a path nor a call of an intrinsic function, which the end of its name calls "
                    "for",
                    path=(*where, name),
                    at_key=False,
                    subject=f"path in {name}",
                    state=state,
                    suggestion=f'"{name.removesuffix(_SUFFIX)}" for a value as it is',
                )


def _is_no_path(value: Plain) -> bool:
    return not (isinstance(value, str) and value.startswith(_BEGINNINGS))
