"""What rules on a role's permissions share: its statements, and what of them was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from stepguard.data import load
from stepguard.deployment.documents import Document, PathStep
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import literal
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.resources import PolicyDocument, Role
from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Text, Traced, plain, render, render_text
from stepguard.finding import NotEvaluated, Violation
from stepguard.permissions.memory import remembered
from stepguard.permissions.notation import Notation
from stepguard.permissions.policy_language import notation_of
from stepguard.rules.rule import Context
from stepguard.structs import Struct, replace

MAXIMUM_STATEMENTS = 1_000
"""Statements of one role that are judged; more are said not to be."""

NAMES_IN_MESSAGE = 6
"""Actions, resources or principals that a message names; the rest are counted."""


class Grant(Struct, frozen=True):
    """A statement of one of a role's policies that allows something."""

    role: Role
    policy: PolicyDocument
    document: Document
    statement: Statement

    @property
    def label(self) -> str:
        """How a message that begins with it names the statement."""
        name = name_of_statement(self.statement)
        return f"{name[:1].upper()}{name[1:]} of policy '{self.policy.name}'"

    def place(self, path: Sequence[PathStep]) -> Span | None:
        """Return where a part of the document is written."""
        return self.document.locate(path) or self.policy.span

    def notation(self, deployment: Deployment) -> Notation:
        """Return how the policy is written."""
        return notation_of(self.document, self.policy.address, self.role, deployment)

    def not_evaluated(self, reason: str, path: Sequence[PathStep] = ()) -> NotEvaluated:
        """Say that something in the statement could not be judged."""
        return NotEvaluated(
            reason=f"{self.label}: {reason}",
            resource=self.policy.address,
            span=self.place(path or self.statement.path),
        )


class Grants(Struct, frozen=True):
    """The statements of a role that allow something, and what could not be read of the rest.

    `is_judged` says that there is any policy to be judged, be it one that was not read.
    """

    known: tuple[Grant, ...]
    unread: tuple[NotEvaluated, ...]
    is_judged: bool


def grants_of(role: Role, context: Context) -> Grants:
    """Return what a role's policies allow.

    Policies that AWS manages are not in it: their text is not the project's to change.
    """
    return read_grants(role, context.deployment)


@remembered
def read_grants(role: Role, deployment: Deployment) -> Grants:
    """Return the same for a role of a deployment, for those who have no rule's context."""
    policies = deployment.policies_of(role)
    known: list[Grant] = []
    unread: list[NotEvaluated] = []
    for policy in policies.documents:
        document = policy.document
        if not isinstance(document, Document):
            reason = f"policy '{policy.name}' could not be read: {document.reason}"
            span = document.span or policy.span
            unread.append(NotEvaluated(reason=reason, resource=policy.address, span=span))
            continue
        statements = read_statements(document)
        for reason in statements.unread:
            reason = f"policy '{policy.name}': {reason}"
            span = document.span or policy.span
            unread.append(NotEvaluated(reason=reason, resource=policy.address, span=span))
        left = MAXIMUM_STATEMENTS - len(known)
        for statement in statements.known[:left]:
            grant = Grant(role, policy, document, statement)
            if statement.allows:
                known.append(grant)
            unread.extend(grant.not_evaluated(reason) for reason in statement.unread)
        if len(statements.known) > left:
            reason = f"of more than {MAXIMUM_STATEMENTS} statements of one role the rest is not"
            unread.append(NotEvaluated(reason=f"{reason} judged", resource=role.address))
            break
    unread.extend(_elsewhere(role, policies.managed))
    unread.extend(
        NotEvaluated(reason=one.reason, resource=role.address, span=one.span)
        for one in policies.unread
    )
    return Grants(tuple(known), tuple(unread), bool(policies.documents or unread))


def _elsewhere(role: Role, managed: Sequence[Traced]) -> Iterator[NotEvaluated]:
    for one in managed:
        if not _is_of_aws(one):
            name = render(plain(one))
            yield NotEvaluated(
                reason=f"the attached policy {name} is not part of the project",
                resource=role.address,
                span=one.span or role.span,
            )


def _is_of_aws(policy: Traced) -> bool:
    value = plain(policy)
    arn = split_arn(value)
    if arn is not None:
        return literal(arn.account) == "aws"
    paths = load("aws_managed_policies")["paths"]
    return isinstance(value, str) and any(value in names for names in paths.values())


def name_of_statement(statement: Statement) -> str:
    """Return how a message names a statement: by its `Sid`, else by its number."""
    if statement.sid:
        return f"statement '{statement.sid}'"
    last = statement.path[-1] if statement.path else 0
    return f"statement {last + 1 if isinstance(last, int) else 1}"


def name_of_role(role: Role) -> str:
    """Return how a message names a role."""
    return role.label or role.address


def shown(value: Plain) -> str:
    """Return a value of a policy as a message shows it, with `${…}` for what is not known."""
    if isinstance(value, Text):
        return render_text(value)
    rendered = render(value)
    return rendered if isinstance(rendered, str) else str(rendered)


def listed(names: Sequence[str]) -> str:
    """Return names for a message: the first few in full, the others counted."""
    names = tuple(dict.fromkeys(names))
    further = len(names) - NAMES_IN_MESSAGE
    if further > 0:
        return f"{', '.join(names[:NAMES_IN_MESSAGE])} and {further} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def told_apart(found: Sequence[Violation | NotEvaluated]) -> list[Violation | NotEvaluated]:
    """Return verdicts in which violations of one resource with the same subject have numbers.

    Two statements without a `Sid` may say the same; each is a finding of its own.
    """
    seen: Counter[tuple[str, str]] = Counter()
    numbered: list[Violation | NotEvaluated] = []
    for one in found:
        if isinstance(one, Violation):
            seen[one.resource, one.subject] += 1
            number = seen[one.resource, one.subject]
            one = one if number == 1 else replace(one, subject=f"{one.subject} #{number}")
        numbered.append(one)
    return numbered
