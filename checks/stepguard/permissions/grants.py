"""The statements that decide what a role may do, from wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stepguard.deployment.documents import Document, PathStep
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.resources import (
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Role,
)
from stepguard.deployment.source import Span
from stepguard.deployment.values import Reference, Traced, Unknown, plain, render
from stepguard.permissions.managed import name_of_managed, statements_of_managed
from stepguard.permissions.memory import remembered, remembered_of_deployment
from stepguard.permissions.resource_policies import ResourceGrant, resource_grants
from stepguard.structs import Struct

_STEPS = re.compile(r'(?:\.[\w*-]+|\[(?:\d+|\*|"[^"]*")\])+')
"""What leads from a module to a part of one of its outputs."""


class Grant(Struct, frozen=True):
    """A statement of a policy of a role.

    `address` is the resource that the statement is in, `policy` the policy's name. A policy that
    AWS manages has no document; its statements are those of the role that it is attached to.
    """

    statement: Statement
    address: str
    policy: str
    document: Document | None = None
    policy_span: Span | None = None

    def place(self, path: tuple[PathStep, ...] | None = None) -> Span | None:
        """Return where the statement, or a part of its document, is written."""
        if self.document is None:
            return self.policy_span
        return self.document.locate(self.statement.path if path is None else path)


class RoleGrants(Struct, frozen=True):
    """Everything that decides what a role may do.

    `statements` are those of its policies, `boundary` those of its permissions boundary (`None`
    without one), `resources` those of resource policies that may be about the role. `unread` says
    why there may be more in its policies, `boundary_unread` the same for the boundary.
    """

    statements: tuple[Grant, ...] = ()
    boundary: tuple[Grant, ...] | None = None
    resources: tuple[ResourceGrant, ...] = ()
    unread: tuple[str, ...] = ()
    boundary_unread: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing that could allow more was left unread."""
        return not self.unread


@remembered
def grants_of_role(role: Role, deployment: Deployment) -> RoleGrants:
    """Return everything that decides what a role may do, as far as it can be read."""
    policies = deployment.policies_of(role)
    statements: list[Grant] = []
    unread: list[str] = [one.reason for one in policies.unread]
    for policy in policies.documents:
        _add_document(policy, statements, unread)
    for attached in policies.managed:
        _add_managed(attached, role, statements, unread)
    unread.extend(_may_be_attached(role, deployment))
    boundary, boundary_unread = _boundary(role, deployment)
    return RoleGrants(
        statements=tuple(statements),
        boundary=boundary,
        resources=tuple(resource_grants(role, deployment)),
        unread=tuple(dict.fromkeys(unread)),
        boundary_unread=boundary_unread,
    )


def _add_document(policy: PolicyDocument, statements: list[Grant], unread: list[str]) -> None:
    if not isinstance(policy.document, Document):
        unread.append(f"policy '{policy.name}' could not be read: {policy.document.reason}")
        return
    found = read_statements(policy.document)
    unread.extend(f"policy '{policy.name}': {reason}" for reason in found.unread)
    for statement in found.known:
        unread.extend(f"policy '{policy.name}': {reason}" for reason in statement.unread)
        statements.append(
            Grant(statement, policy.address, policy.name, policy.document, policy.span)
        )


def read_managed(attached: Traced) -> tuple[Statement, ...] | str:
    """Return what an attached policy that is not part of the project allows, or why not known."""
    name = name_of_managed(attached)
    if name is None:
        return f"the attached policy {render(plain(attached))} is not part of the project"
    found = statements_of_managed(name)
    return f"what AWS's policy {name} allows is not in the data" if found is None else found


def _add_managed(attached: Traced, role: Role, statements: list[Grant], unread: list[str]) -> None:
    found = read_managed(attached)
    if isinstance(found, str):
        unread.append(found)
        return
    name = name_of_managed(attached) or ""
    span = attached.span or role.span
    statements.extend(Grant(one, role.address, name, None, span) for one in found)


def _may_be_attached(role: Role, deployment: Deployment) -> Iterator[str]:
    """Yield why a policy of the project may be the role's although it does not name it."""
    for address, others in _attached_elsewhere(deployment):
        if others is None or any(
            _may_be(value, role) and not _is_of_a_module(value, address, role, deployment)
            for value in others
        ):
            yield f"whether {address} is attached to the role is not known"


@remembered_of_deployment
def _attached_elsewhere(deployment: Deployment) -> list[tuple[str, list[Traced] | None]]:
    """Return the policies that may be attached to what is no role of the project.

    Each with its address and the values that name no role; with `None` where nothing names any.
    """
    attached: Iterable[Policy | PolicyAttachment] = (
        *deployment.of_type(Policy),
        *deployment.of_type(PolicyAttachment),
    )
    found: list[tuple[str, list[Traced] | None]] = []
    for one in attached:
        others = [value for value in one.roles if not deployment.resolve(value, Role)]
        if one.unread and not one.roles:
            found.append((one.address, None))
        elif others:
            found.append((one.address, others))
    return found


def _is_of_a_module(value: Traced, policy: str, role: Role, deployment: Deployment) -> bool:
    """Tell whether a value is an output of an unread module that was not told of a role.

    It is then of the module's own making. Modules within modules are left out: what an expression
    in them calls a module has another address.
    """
    if not isinstance(value.value, Unknown) or policy.startswith("module."):
        return False
    expression = value.value.expression
    return any(
        bool(_STEPS.fullmatch(expression.removeprefix(module.address)))
        for module in deployment.unread_modules
        if module.address
        and expression.startswith(f"{module.address}.")
        and role.address not in module.given
    )


def _may_be(value: Traced, role: Role) -> bool:
    """Tell whether a value that names no role of the project may be the name of this one."""
    if isinstance(value.value, Reference):
        return False
    if isinstance(value.value, str):
        return role.name is not None and not isinstance(role.name.value, str)
    return True


def _boundary(
    role: Role, deployment: Deployment
) -> tuple[tuple[Grant, ...] | None, tuple[str, ...]]:
    if role.boundary is None or role.boundary.value is None:
        return None, ()
    statements: list[Grant] = []
    unread: list[str] = []
    own = [one for one in deployment.resolve(role.boundary, Policy) if one.managed]
    for policy in own:
        document = PolicyDocument(
            name=policy.address, document=policy.document, address=policy.address, span=policy.span
        )
        _add_document(document, statements, unread)
    if not own:
        _add_managed(role.boundary, role, statements, unread)
    return tuple(statements), tuple(unread)
