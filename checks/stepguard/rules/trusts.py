"""What rules on a role's trust policy share."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.documents import Document, Path, PathStep
from stepguard.deployment.iam.statements import Statement, Statements
from stepguard.deployment.iam.trust import is_step_functions, trust_of
from stepguard.deployment.resources import Role, Unread
from stepguard.deployment.source import Span
from stepguard.finding import NotEvaluated
from stepguard.permissions.notation import Language, Notation
from stepguard.permissions.policy_language import language_of
from stepguard.rules.grants import name_of_role
from stepguard.rules.languages import in_language


def read_trust(role: Role) -> Statements | NotEvaluated:
    """Return the statements of a role's trust policy, or why there are none to be judged."""
    statements = trust_of(role)
    if statements is not None:
        return statements
    unread = role.trust if isinstance(role.trust, Unread) else Unread("it is not set")
    return not_evaluated(role, f"the trust policy could not be read: {unread.reason}", unread.span)


def not_evaluated(role: Role, reason: str, span: Span | None = None) -> NotEvaluated:
    """Say that something about a role's trust could not be judged."""
    return NotEvaluated(reason=reason, resource=role.address, span=span or role.span)


def place(role: Role, path: Sequence[PathStep], *, key: bool = False) -> Span | None:
    """Return where a part of a role's trust policy is written."""
    found = role.trust.locate(path, key=key) if isinstance(role.trust, Document) else None
    return found or role.span


def place_of_step_functions(statement: Statement) -> Path | None:
    """Return where a statement names Step Functions as a principal; `None` where it does not."""
    known = () if statement.principals is None else statement.principals.known
    return next((one.entry.path for one in known if is_step_functions(one)), None)


def in_words(role: Role) -> str:
    """Return how a message begins."""
    return f"The trust policy of role '{name_of_role(role)}'"


def in_form(role: Role, *, block: str, terraform: str, text: str, cloudformation: str) -> str:
    """Return the snippet in the language that a role's trust policy is written in.

    `block` is for Terraform's data source, `terraform` for an object of its language, `text` for
    JSON in one of its texts or in a file that it renders.
    """
    language = language_of(role.trust, role)
    if language is Language.BLOCK:
        return block
    if language is Language.RENDERED:
        return text + Notation(language).remark(text)
    if language is Language.TEXT:
        return text
    return in_language(role, terraform=terraform, cloudformation=cloudformation)
