"""What rules on policies that go by tags share: the statements, and the tags that they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.resources import Policy, PolicyDocument, Resource, Role
from stepguard.deployment.source import Span
from stepguard.permissions.memory import remembered
from stepguard.rules.grants import name_of_statement
from stepguard.rules.rule import Context
from stepguard.structs import Struct

RESOURCE_TAG = "aws:resourcetag/"
_STATES = "states:"


class PolicyStatement(Struct, frozen=True):
    """A statement that allows something, and the policy that it is in."""

    statement: Statement
    document: Document
    address: str
    policy: str

    @property
    def label(self) -> str:
        """How a message names the statement."""
        return f"{name_of_statement(self.statement)} of policy '{self.policy}'"

    def place(self, path: tuple[str | int, ...] | None = None) -> Span | None:
        """Return where the statement, or a part of its document, is written."""
        return self.document.locate(self.statement.path if path is None else path)

    @property
    def actions(self) -> list[str]:
        """The actions of Step Functions that it names, as they are written."""
        entries = () if self.statement.actions is None else self.statement.actions.entries
        values = [one.value for one in entries]
        return [one for one in values if isinstance(one, str) and one.lower().startswith(_STATES)]

    @property
    def tag_conditions(self) -> Iterator[Condition]:
        """Its conditions on the tags of the resource, which ask for a value."""
        for condition in self.statement.conditions.known:
            if condition.is_positive and condition.key.startswith(RESOURCE_TAG):
                yield condition


def policy_holders(context: Context) -> list[Resource]:
    """Return the resources that have policies: roles, and policies of their own."""
    return [*context.deployment.roles, *context.deployment.of_type(Policy)]


def statements_of(holder: Resource, context: Context) -> list[PolicyStatement]:
    """Return the statements of a role's policies, or of a policy, as far as they can be read."""
    return _statements_of(holder, context.deployment)


@remembered
def _statements_of(holder: Resource, deployment: Deployment) -> list[PolicyStatement]:
    if isinstance(holder, Role):
        documents = deployment.policies_of(holder).documents
    elif isinstance(holder, Policy):
        name = holder.name.value if holder.name is not None else None
        shown = name if isinstance(name, str) else holder.address
        documents = [PolicyDocument(name=shown, document=holder.document, address=holder.address)]
    else:
        documents = []
    return list(_statements(documents))


def _statements(documents: Iterable[PolicyDocument]) -> Iterator[PolicyStatement]:
    for one in documents:
        if isinstance(one.document, Document):
            for statement in read_statements(one.document).known:
                yield PolicyStatement(statement, one.document, one.address, one.name)
