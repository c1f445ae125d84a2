"""What rules on access to Step Functions share: who is granted its actions, and on what.

A starter is whoever calls Step Functions: a function, a user, a pipeline. Its grants are those of
the roles that are not roles of Step Functions, and of policies that hang on no such role. Every
policy is judged as the resource that holds it, so that one on many roles is one finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stepguard.deployment.attributes import elements, setting
from stepguard.deployment.documents import Document, DocumentError, PathStep, read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Policy, PolicyDocument, Resource, Role, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import Piece, Plain, Text, Traced, plain
from stepguard.finding import NotEvaluated
from stepguard.permissions.memory import remembered
from stepguard.permissions.notation import Notation
from stepguard.permissions.policy_language import notation_of
from stepguard.rules.grants import name_of_statement
from stepguard.rules.once import once
from stepguard.rules.rule import Context, Rule
from stepguard.structs import Struct

STATES = "states:"
"""What the actions of Step Functions begin with."""

MAXIMUM_STATEMENTS = 3_000
"""Statements of one holder that are judged; IAM's quotas allow no more."""

_OWN_DOCUMENTS = {
    "aws_iam_user_policy": ("policy", "name"),
    "aws_iam_group_policy": ("policy", "name"),
    "AWS::IAM::UserPolicy": ("PolicyDocument", "PolicyName"),
    "AWS::IAM::GroupPolicy": ("PolicyDocument", "PolicyName"),
}
_WITH_POLICIES = ("AWS::IAM::User", "AWS::IAM::Group")
_HOLDERS = {"AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
_RESOURCE_TAG = "aws:resourcetag/"


class StatesGrant(Struct, frozen=True):
    """A statement that allows actions of Step Functions, and the policy that it is in.

    `actions` are those of its actions that are of Step Functions by what is written of them.
    """

    statement: Statement
    document: Document
    policy: PolicyDocument
    actions: tuple[Entry, ...]
    holder: Resource

    @property
    def label(self) -> str:
        """How a message that begins with it names the statement."""
        name = name_of_statement(self.statement)
        return f"{name[:1].upper()}{name[1:]} of policy '{self.policy.name}'"

    @property
    def allows(self) -> str:
        """How a message begins that says what the statement allows, and whom if that is known."""
        kind = "role" if isinstance(self.holder, Role) else _HOLDERS.get(self.holder.type, "")
        whom = f" {kind} '{self.holder.label or self.holder.address}'" if kind else ""
        return f"{self.label} allows{whom}"

    def place(self, path: Sequence[PathStep]) -> Span | None:
        """Return where a part of the document is written."""
        return self.document.locate(path) or self.policy.span

    def notation(self, deployment: Deployment) -> Notation:
        """Return how the policy is written."""
        return notation_of(self.document, self.policy.address, self.holder, deployment)

    def not_evaluated(self, reason: str, path: Sequence[PathStep] = ()) -> NotEvaluated:
        """Say that something in the statement could not be judged."""
        return NotEvaluated(
            reason=f"{self.label}: {reason}",
            resource=self.policy.address,
            span=self.place(path or self.statement.path),
        )


class StatesGrants(Struct, frozen=True):
    """What a holder is allowed of Step Functions, and what could not be read beside that."""

    known: tuple[StatesGrant, ...]
    unread: tuple[NotEvaluated, ...]


class HolderRule(Rule[Resource]):
    """A rule that judges whatever holds a policy: roles, policies, users and groups."""

    def subjects(self, context: Context) -> Iterable[Resource]:
        """Yield the roles, the policies, and the users and groups with policies."""
        for one in context.deployment.resources:
            if isinstance(one, (Role, Policy)) or one.type in (*_OWN_DOCUMENTS, *_WITH_POLICIES):
                yield one


class StarterRule(HolderRule):
    """A rule that judges the grants of starters: all but those of Step Functions' own roles."""

    def subjects(self, context: Context) -> Iterable[Resource]:
        """Yield what holds policies that no role of Step Functions has."""
        for one in super().subjects(context):
            if not is_held_by_step_functions(one, context):
                yield one


def is_held_by_step_functions(holder: Resource, context: Context) -> bool:
    """Tell whether it is a role of Step Functions, or a policy that such a role has."""
    return bool(step_functions_roles(holder, context))


def step_functions_roles(holder: Resource, context: Context) -> list[Role]:
    """Return the roles of Step Functions that have a policy, or the role itself if it is one."""
    return [
        role
        for role in roles_with(holder, context)
        if is_step_functions_role(role, context.deployment)
    ]


def roles_with(holder: Resource, context: Context) -> list[Role]:
    """Return the roles that have a policy, or the role itself if it is one."""
    if isinstance(holder, Role):
        return [holder]
    if isinstance(holder, Policy):
        return _roles_by_document(context.deployment).get(id(holder.document), [])
    return []


@once
def _roles_by_document(deployment: Deployment) -> dict[int, list[Role]]:
    found: dict[int, list[Role]] = {}
    for role in deployment.roles:
        for policy in deployment.policies_of(role).documents:
            found.setdefault(id(policy.document), []).append(role)
    return found


def states_grants(holder: Resource, context: Context) -> StatesGrants:
    """Return what the policies that a resource holds allow of Step Functions.

    Of a holder that is not known to be allowed anything of Step Functions, what was not read is
    left out: most policies of a project have nothing to do with it.
    """
    return _states_grants(holder, context.deployment)


@remembered
def _states_grants(
    holder: Resource,
    deployment: Deployment,  # noqa: ARG001 - what is remembered is of one deployment
) -> StatesGrants:
    known: list[StatesGrant] = []
    unread: list[NotEvaluated] = []
    for policy in _documents(holder):
        document = policy.document
        if not isinstance(document, Document):
            reason = f"policy '{policy.name}' could not be read: {document.reason}"
            unread.append(_not_read(policy, reason, document.span))
            continue
        statements = read_statements(document)
        unread.extend(
            _not_read(policy, f"policy '{policy.name}': {reason}", document.span)
            for reason in statements.unread
        )
        for statement in statements.known[: MAXIMUM_STATEMENTS - len(known)]:
            grant = StatesGrant(statement, document, policy, _of_states(statement), holder)
            if statement.allows and grant.actions:
                known.append(grant)
                unread.extend(grant.not_evaluated(one) for one in _left_open(statement))
    return StatesGrants(tuple(known), tuple(unread) if known else ())


def _not_read(policy: PolicyDocument, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=policy.address, span=span or policy.span)


def _of_states(statement: Statement) -> tuple[Entry, ...]:
    entries = () if statement.actions is None else statement.actions.entries
    return tuple(one for one in entries if _beginning(one.value).lower().startswith(STATES))


def _beginning(value: Plain) -> str:
    if isinstance(value, Text) and value.parts:
        first = value.parts[0]
        return first.text if isinstance(first, Piece) else ""
    return value if isinstance(value, str) else ""


def _left_open(statement: Statement) -> Iterator[str]:
    """Yield why a statement that is about Step Functions may allow more than is known."""
    yield from statement.unread
    if statement.actions is not None:
        for reason in statement.actions.unread:
            yield f"its actions: {reason}"
        for entry in statement.actions.entries:
            if isinstance(entry.value, Text) and entry in _of_states(statement):
                yield f"the action {why_unknown(entry.value)}"


def _documents(holder: Resource) -> Iterator[PolicyDocument]:
    if isinstance(holder, Role):
        yield from holder.inline
    elif isinstance(holder, Policy):
        name = holder.name.value if holder.name is not None else None
        yield _policy(holder, name, holder.document)
    elif holder.type in _OWN_DOCUMENTS:
        where, name_path = _OWN_DOCUMENTS[holder.type]
        yield from _written(holder, holder.attributes, where, name_path)
    elif holder.type in _WITH_POLICIES:
        for one in elements(setting(holder.attributes, "Policies"))[0]:
            yield from _written(holder, one, "PolicyDocument", "PolicyName")


def _written(holder: Resource, node: Traced, where: str, name: str) -> Iterator[PolicyDocument]:
    document = setting(node, where)
    if document is not None:
        given = setting(node, name)
        try:
            read: Document | Unread = read_document(document)
        except DocumentError as error:
            read = Unread(error.reason, error.span)
        yield _policy(holder, None if given is None else plain(given), read)


def _policy(holder: Resource, name: object, document: Document | Unread) -> PolicyDocument:
    shown = name if isinstance(name, str) else holder.label or holder.address
    return PolicyDocument(name=shown, document=document, address=holder.address, span=holder.span)


def is_bound_by_tag(statement: Statement) -> bool | str:
    """Tell whether a condition asks for a tag of the resource; why that is not known, if so."""
    open_reason = ""
    for one in statement.conditions.known:
        if not one.key.startswith(_RESOURCE_TAG) or not one.is_positive:
            continue
        if one.if_exists or one.quantifier == "forallvalues":
            continue
        if one.is_certain:
            return True
        open_reason = open_reason or f"its condition on {one.key} is not there in any case"
    for reason in statement.conditions.unread:
        open_reason = open_reason or reason
    return open_reason or False
