"""What every rule is: a class with an identity, a documentation, and a three-valued verdict."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource, Role, StateMachine
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.structs import Struct

Subject = TypeVar("Subject", bound=Resource)

Verdict: TypeAlias = "Sequence[Violation | NotEvaluated] | None"
"""An empty sequence is a pass; `None` says that the rule does not apply to the resource."""


class Context(Struct, frozen=True):
    """What a rule may look at besides its subject: the whole deployment, and the options."""

    deployment: Deployment
    config: Config

    @property
    def comparisons_left(self) -> int:
        """How many steps the comparison of policies may still take; none is made below one."""
        from stepguard.permissions.names import Names

        return Names(self.deployment).steps_left


class Rule(ABC, Generic[Subject]):
    """A check of one kind of resource.

    A subclass states its identity in the class attributes and its documentation in the
    docstring, under the headings of `docs/writing-a-rule.md`. `since` is the version in which the
    rule appeared. `judge` is called once for each resource that `subjects` yields.

    `claims_absence` says that the rule's violations are about something that the project does not
    have. Where not all of the project could be read they are said to be not evaluated.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    tier: ClassVar[Literal["default", "pedantic"]] = "default"
    since: ClassVar[str] = "0.1.0"
    references: ClassVar[tuple[str, ...]] = ()
    claims_absence: ClassVar[bool] = False

    @abstractmethod
    def subjects(self, context: Context) -> Iterable[Subject]:
        """Yield the resources that this rule judges."""

    @abstractmethod
    def judge(self, subject: Subject, context: Context) -> Verdict:
        """Judge one resource (see `Verdict`)."""


class MachineRule(Rule[StateMachine]):
    """A rule that judges state machines."""

    def subjects(self, context: Context) -> Iterable[StateMachine]:
        """Yield every state machine of the deployment."""
        return context.deployment.state_machines


class RoleRule(Rule[Role]):
    """A rule that judges the roles of Step Functions.

    A role counts as one when a state machine names it or Step Functions may assume it.
    """

    def subjects(self, context: Context) -> Iterable[Role]:
        """Yield the roles that a state machine names or that Step Functions may assume."""
        from stepguard.deployment.iam import is_step_functions_role

        deployment = context.deployment
        return [role for role in deployment.roles if is_step_functions_role(role, deployment)]
