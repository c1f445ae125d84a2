"""The trust policy that a role needs: Step Functions for its own account, or another role."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.iam.principals import STEP_FUNCTIONS
from stepguard.deployment.iam.trust import ASSUME, lets_anyone_in, trust_of
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, render, render_text
from stepguard.permissions.identity import arn_reference
from stepguard.permissions.policy.model import PolicyStatement
from stepguard.permissions.policy.values import Writing

_ACCOUNT = Text((Hole(Reference("AWS::AccountId")),))
_ANY_MACHINE = Text(
    (
        Piece("arn:"),
        Hole(Reference("AWS::Partition")),
        Piece(":states:"),
        Hole(Reference("AWS::Region")),
        Piece(":"),
        Hole(Reference("AWS::AccountId")),
        Piece(":stateMachine:*"),
    )
)


def trust_in_step_functions() -> PolicyStatement:
    """Return the statement that lets Step Functions in, for machines of the account.

    The condition is the one that AWS documents against a confused deputy (Step Functions
    Developer Guide, "Creating an IAM role for your state machine").
    """
    return PolicyStatement(
        sid="StepFunctions",
        actions=(ASSUME,),
        principal=("Service", (f"{STEP_FUNCTIONS}.amazonaws.com",)),
        conditions=(
            ("StringEquals", "aws:SourceAccount", (_ACCOUNT,)),
            ("ArnLike", "aws:SourceArn", (_ANY_MACHINE,)),
        ),
        comment="Step Functions, on behalf of state machines of this account",
    )


def trust_in_roles(
    roles: Iterable[Plain], machines: Iterable[StateMachine], writing: Writing
) -> PolicyStatement:
    """Return the statement that lets execution roles in, for tasks with `Credentials`.

    Step Functions passes the state machine's ARN as external id (Step Functions Developer Guide,
    "Accessing resources in other AWS accounts").
    """
    own = writing.values(_arn(one) for one in machines)
    is_circular = any(_refers(one, writing.circular) for one in own)
    external = (_ANY_MACHINE,) if is_circular else own
    return PolicyStatement(
        sid="TasksWithCredentials",
        actions=(ASSUME,),
        principal=("AWS", writing.values(roles)),
        conditions=(("StringLike" if is_circular else "StringEquals", "sts:ExternalId", external),),
        comment="the execution role, for tasks whose Credentials name this role",
    )


def others_let_in(role: Role) -> list[str]:
    """Return who besides Step Functions may assume a role, as the trust policy names them."""
    trust = trust_of(role)
    found: dict[str, None] = {}
    for statement in () if trust is None else trust.known:
        principals = statement.principals
        if not lets_anyone_in(statement) or principals is None:
            continue
        for one in principals.known:
            if one.service != STEP_FUNCTIONS and one.kind != "AWS":
                value = one.entry.value
                found[render_text(value) if isinstance(value, Text) else str(render(value))] = None
    return list(found)


def _arn(machine: StateMachine) -> Plain:
    return arn_reference(machine) or _ANY_MACHINE


def _refers(value: Plain, addresses: Iterable[str]) -> bool:
    holes = value.holes if isinstance(value, Text) else ()
    known = set(addresses)
    return any(isinstance(hole, Reference) and hole.target in known for hole in holes)
