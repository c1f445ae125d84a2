"""Who may assume a role: the statements of its trust policy."""

from __future__ import annotations

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import action_matches
from stepguard.deployment.iam.principals import STEP_FUNCTIONS, Principal
from stepguard.deployment.iam.statements import Statement, Statements, read_statements
from stepguard.deployment.memory import remembered
from stepguard.deployment.resources import Role

ASSUME = "sts:AssumeRole"
"""The action by which a service takes a role."""

_WAYS_IN = (ASSUME, "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


@remembered
def is_step_functions_role(role: Role, deployment: Deployment) -> bool:
    """Tell whether a role is one of Step Functions.

    It is when Step Functions may assume it, when a state machine of the project names it, and
    when the tool makes it for a state machine.
    """
    if role.generated:
        return True
    if isinstance(role.trust, Document):
        statements = read_statements(role.trust)
        if any(lets_step_functions_in(one) is True for one in statements.known):
            return True
    return bool(deployment.machines_of(role))


def trust_of(role: Role) -> Statements | None:
    """Return the statements of a role's trust policy; `None` when it was not read."""
    return read_statements(role.trust) if isinstance(role.trust, Document) else None


def lets_anyone_in(statement: Statement) -> bool:
    """Tell whether a statement can be one that lets some principal assume the role."""
    if not statement.allows or (statement.principals is None and statement.not_principals is None):
        return False
    return any(_covers_action(statement, one) is not False for one in _WAYS_IN)


def lets_step_functions_in(statement: Statement) -> bool | None:
    """Tell whether a statement lets Step Functions assume the role; `None` if it may.

    Its conditions are not considered.
    """
    if not statement.allows:
        return None if statement.effect is None else False
    principals = statement.principals
    if principals is None:
        return None if statement.unread else False
    found = [is_step_functions(one) for one in principals.known]
    if any(one is True for one in found):
        return _covers_action(statement, ASSUME)
    open_principal = bool(principals.unread) or any(one is None for one in found)
    if open_principal and _covers_action(statement, ASSUME) is not False:
        return None
    return False


def is_step_functions(principal: Principal) -> bool | None:
    """Tell whether a principal is Step Functions; `None` when that is not known."""
    if principal.kind != "Service":
        return False
    service = principal.service
    return None if service is None else service == STEP_FUNCTIONS


def _covers_action(statement: Statement, action: str) -> bool | None:
    element = statement.actions
    if element is None:
        if statement.not_actions is None:
            return None if statement.unread else False
        left_out = [one.value for one in statement.not_actions.entries]
        if all(isinstance(one, str) for one in left_out) and not statement.not_actions.unread:
            return not any(action_matches(one, action) for one in left_out)
        return None
    written = [one.value for one in element.entries]
    if any(isinstance(one, str) and action_matches(one, action) for one in written):
        return True
    unknown = element.unread or any(not isinstance(one, str) for one in written)
    return None if unknown else False
