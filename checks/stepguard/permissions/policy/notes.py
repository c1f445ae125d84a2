"""What is not in a policy, or wider in it than it need be, in words for its reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Role, StateMachine
from stepguard.deployment.values import Plain, Text, render, render_text
from stepguard.permissions.needs import Need, NotChecked
from stepguard.permissions.policy.model import PolicyStatement
from stepguard.permissions.policy.statements import is_wide, is_written
from stepguard.permissions.policy.trust import others_let_in
from stepguard.permissions.policy.values import (
    EVERYTHING,
    NOT_SUBSTITUTED,
    Writing,
    taken_for_names,
    unknown_in,
)

MAXIMUM_CHARACTERS = 10_240
"""What the inline policies of a role may add up to, without blanks (IAM quotas)."""

_NAMES = 6
_REFERENCE = "SAR:"
"""How needs name the Service Authorization Reference as their source."""

_LeftOut = Literal["downstream", "optional"]
_WHY_LEFT_OUT: dict[_LeftOut, str] = {
    "downstream": "{by}: the service that is called may use {actions} in the role's name, on "
    "resources that the definition does not name; add those that it does",
    "optional": "{by}: AWS's sources disagree about {actions}; left out",
}


def notes_on_machines(
    machines: Iterable[StateMachine], not_checked: Iterable[NotChecked]
) -> Iterator[str]:
    """Yield what of the machines could not be derived."""
    for machine in machines:
        if not isinstance(machine.definition, Document):
            reason = machine.definition.reason
            yield f"the definition of {machine.address} could not be read: {reason}"
    for one in not_checked:
        if one.state:
            yield f"not derived: state '{one.state}': {one.reason}"
        elif not one.reason.startswith("the definition could not be read"):
            yield f"not derived: {one.reason}"


def notes_on_role(role: Role | None, name: str) -> Iterator[str]:
    """Yield what there is to know of the role."""
    if role is None:
        if name:
            yield f"the role {name} is not part of the project"
        return
    if role.generated:
        yield (
            "SAM makes the role, and its trust policy without a source condition; leave the "
            "machine's Policies out, or give it a Role of the template"
        )
        return
    others = others_let_in(role)
    if others:
        yield f"what {listed(others)} needs the role for is not in here"


def notes_on_needs(needs: Iterable[Need], writing: Writing) -> Iterator[str]:
    """Yield what is wide because it is not known, and what was left out."""
    needs = list(needs)
    chosen: dict[tuple[str, tuple[Plain, ...]], dict[str, None]] = {}
    unfound: dict[str, dict[str, None]] = {}
    unbound: dict[tuple[str, str], None] = {}
    left: dict[tuple[str, str], dict[str, None]] = {}
    for need in needs:
        if not is_written(need):
            if need.kind == "conditional":
                left.setdefault((need.by, need.when), {})[need.action] = None
            continue
        if need.is_dynamic:
            key = (need.by, writing.values(need.resources))
            chosen.setdefault(key, {})[need.action] = None
        elif EVERYTHING in need.resources and is_wide(need) and _is_derived(need):
            unfound.setdefault(need.by, {})[need.action] = None
        unbound.update({(need.by, k): None for _, k, vs in need.condition if EVERYTHING in vs})
    for (by, resources), actions in chosen.items():
        where = listed([shown(one) for one in resources])
        yield (
            f"{by}: what {listed(actions)} is taken on is chosen at run time, or not known; it "
            f"is allowed on {where}"
        )
    for by, actions in unfound.items():
        yield f"{by}: what {listed(actions)} is taken on could not be derived; it is allowed on *"
    for (by, reason), actions in left.items():
        condition = f"when {reason}" if reason else "where the call needs that"
        yield f"{by}: {condition}, add {in_full(actions)} on what it is about"
    for by, name in unbound:
        yield f"{by}: the value of {name} is chosen at run time, so that nothing binds it"
    for kind, words in _WHY_LEFT_OUT.items():
        others: dict[str, dict[str, None]] = {}
        for need in needs:
            if need.kind == kind:
                others.setdefault(need.by, {})[need.action] = None
        for by, actions in others.items():
            yield words.format(by=by, actions=in_full(actions))


def notes_on_order(
    role: Role | None, machines: Iterable[StateMachine], needs: Iterable[Need]
) -> Iterator[str]:
    """Yield which machines have to wait for the policy, since they are deployed with its help."""
    deployed = [one.address for one in machines if one.form is not Form.ASL]
    if role is None or role.generated or not deployed:
        return
    actions = [one.action for one in needs if one.is_for_deployment and is_written(one)]
    if actions:
        word = "depends_on" if role.form in (Form.TERRAFORM, Form.PLAN) else "DependsOn"
        yield (
            f"Step Functions looks for {listed(actions)} when it makes {listed(deployed)}, which "
            f"by itself waits only for the role: name the policy in its {word}"
        )


def notes_on_statements(
    statements: Sequence[PolicyStatement], size: int, circular: Iterable[str]
) -> Iterator[str]:
    """Yield what there is to know of the statements that were made."""
    for statement in statements:
        if statement.when:
            yield f"{statement.sid} is needed only when {statement.when}"
    values = [
        value
        for statement in statements
        for value in (*statement.resources, *(v for _, _, vs in statement.conditions for v in vs))
    ]
    for one in dict.fromkeys(unknown_in(values)):
        if one.reason == NOT_SUBSTITUTED:
            yield f"${{{one.expression}}} is not known: {one.reason}"
    for one in dict.fromkeys(taken_for_names(values)):
        yield (
            f"${{{one.expression}}} is taken for a name; where it is an ARN or a URL, write what "
            "that names"
        )
    for address in circular:
        yield (
            f"it refers to {address}, whose name is made at deployment: keep it a policy of its "
            "own, for which the machine does not wait"
        )
    if size > MAXIMUM_CHARACTERS:
        yield (
            f"it has about {size:,} characters; the inline policies of a role may have "
            f"{MAXIMUM_CHARACTERS:,}"
        )


def _is_derived(need: Need) -> bool:
    """Tell whether its resources come from the parameters of a call, not from AWS's statements."""
    return any(one.startswith(_REFERENCE) for one in need.sources)


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence: the first few in full, the others counted."""
    names = list(dict.fromkeys(names))
    further = len(names) - _NAMES
    if further > 0:
        return f"{', '.join(names[:_NAMES])} and {further} more"
    return in_full(names)


def in_full(names: Iterable[str]) -> str:
    """Return all names for a sentence."""
    names = list(dict.fromkeys(names))
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def shown(value: Plain) -> str:
    """Return a value with `${…}` for what is not known."""
    return render_text(value) if isinstance(value, Text) else str(render(value))
