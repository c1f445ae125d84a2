"""A least-privilege policy as data: statements, whom they are for, and what is not in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Role, StateMachine
from stepguard.deployment.values import Plain
from stepguard.structs import Struct

VERSION = "2012-10-17"
"""The version of the policy language (IAM User Guide, "JSON policy elements: Version")."""

Condition: TypeAlias = "tuple[str, str, tuple[Plain, ...]]"
"""A condition: the operator, the key, and the values that it is compared with."""


class PolicyStatement(Struct, frozen=True):
    """A statement that allows something.

    A statement of a trust policy has a principal (its kind, and who it is) and no resources.
    `comment` says which states and features it is for, and what they need it for. `when` is the
    condition under which it is needed, where the definition does not tell.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Plain, ...] = ()
    conditions: tuple[Condition, ...] = ()
    principal: tuple[str, tuple[Plain, ...]] | None = None
    comment: str = ""
    when: str = ""


class RolePolicy(Struct, frozen=True, kw_only=True):
    """What a role has to be allowed, and who has to be allowed to assume it.

    `role` is `None` where the role is not part of the project; `name` is then what the source
    says of it, which may be nothing, and else its address. `machines` are the state machines that
    use the role, by their `role` or by the `Credentials` of a task. `notes` says what is not in
    the policy.
    """

    deployment: Deployment
    role: Role | None
    name: str
    machines: tuple[StateMachine, ...]
    permissions: tuple[PolicyStatement, ...]
    trust: tuple[PolicyStatement, ...]
    notes: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        """The form of source that the role, or else the machine, is written in."""
        return self.machines[0].form if self.role is None else self.role.form

    @property
    def base_name(self) -> str:
        """What names of new resources are made from: the role's address, or the machine's."""
        if self.role is not None:
            return self.role.address
        address = self.machines[0].address
        return PurePath(address).name.partition(".")[0] if self.form is Form.ASL else address

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of the machines; one whose definition has alternatives counts once."""
        return tuple(dict.fromkeys(one.address for one in self.machines))


class NotPrintable(Struct, frozen=True):
    """A role for which no policy can be written: its name, and why."""

    name: str
    reason: str


def document_value(statements: Iterable[PolicyStatement]) -> dict[str, Plain]:
    """Return statements as the plain value of a policy document; single values are no lists."""
    return {"Version": VERSION, "Statement": [statement_value(one) for one in statements]}


def statement_value(statement: PolicyStatement) -> dict[str, Plain]:
    """Return a statement as a plain value."""
    value: dict[str, Plain] = {"Sid": statement.sid, "Effect": "Allow"}
    if statement.principal is not None:
        kind, who = statement.principal
        value["Principal"] = {kind: _single(who)}
    value["Action"] = _single(statement.actions)
    if statement.resources:
        value["Resource"] = _single(statement.resources)
    conditions: dict[str, dict[str, Plain]] = {}
    for operator, key, values in statement.conditions:
        conditions.setdefault(operator, {})[key] = _single(values)
    if conditions:
        value["Condition"] = conditions
    return value


def _single(values: tuple[Plain, ...]) -> Plain:
    return values[0] if len(values) == 1 else list(values)
