"""SFN807: APIs that any state machine of any account may call."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.attributes import resources_of, setting
from stepguard.deployment.documents import Document, DocumentError, read_document
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.iam.trust import is_step_functions
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Traced
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.permissions.identity import ACCOUNT
from stepguard.permissions.notation import Comparison, Notation, write_condition
from stepguard.permissions.policy_language import language_of
from stepguard.rules.defects import capitalized
from stepguard.rules.grants import name_of_statement
from stepguard.rules.rule import Context, Rule, Verdict

_POLICIES = {
    "aws_api_gateway_rest_api": "policy",
    "aws_api_gateway_rest_api_policy": "policy",
    "AWS::ApiGateway::RestApi": "Policy",
    "AWS::Serverless::Api": "Auth.ResourcePolicy.CustomStatements",
}
"""The types that hold the policy of an API, with the attribute that does; SAM's are statements."""

_SAM_API = "AWS::Serverless::Api"

_DESCRIPTIONS = {
    "aws_api_gateway_rest_api": "body",
    "AWS::ApiGateway::RestApi": "Body",
    "AWS::Serverless::Api": "DefinitionBody",
}
"""The attribute with the OpenAPI description of an API, which can hold its policy."""

_EXTENSION = "x-amazon-apigateway-policy"

_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid"})


class OpenApi(Rule[Resource]):
    """An API whose policy lets the state machines of everybody call it.

    ## What it does
    Reports the policy of a REST API of API Gateway in which a statement lets
    `states.amazonaws.com` in without a condition on `aws:SourceArn`, `aws:SourceAccount` or
    `aws:SourceOrgID`. The policy may be an attribute, `x-amazon-apigateway-policy` in an OpenAPI
    description that stands in the template, or SAM's `Auth.ResourcePolicy.CustomStatements`. APIs
    without a policy, and policies that do not name Step Functions, are not concerned. Which HTTP
    endpoints a role may call is judged by SFN116.

    ## Why is this bad
    With the authorization `RESOURCE_POLICY` it is the service that calls, for whichever state
    machine it runs: without a condition, one of any other account can call the API as well.
    """

    id = "SFN807"
    name = "open-api"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    )

    def subjects(self, context: Context) -> Iterator[Resource]:
        """Yield the resources that hold the policy of an API."""
        return resources_of(context.deployment, _POLICIES.keys())

    def judge(
        self,
        subject: Resource,
        context: Context,  # noqa: ARG002 - every rule is given it
    ) -> Verdict:
        """Judge the statements of an API's policy."""
        verdicts = [_judge(policy, subject) for policy in _policies(subject)]
        judged = [one for one in verdicts if one is not None]
        return [one for verdict in judged for one in verdict] if judged else None


def _policies(api: Resource) -> Iterator[Traced]:
    """Yield the policies of an API, as documents or as text."""
    policy = setting(api.attributes, _POLICIES[api.type])
    if policy is not None:
        in_sam = api.type == _SAM_API
        yield Traced({"Statement": policy}, policy.span) if in_sam else policy
    description = setting(api.attributes, _DESCRIPTIONS.get(api.type, ""))
    if description is None:
        return
    try:
        tree = read_document(description).traced()
    except DocumentError:
        # An API that is described elsewhere, or from parts, as most are: whether there is a policy
        # in it is nobody's question.
        return
    within = None if tree is None else setting(tree, _EXTENSION)
    if within is not None:
        yield within


def _judge(policy: Traced, api: Resource) -> Verdict:
    try:
        document = read_document(policy)
    except DocumentError as error:
        return [NotEvaluated(reason=f"the policy: {error.reason}", resource=api.address)]
    statements = read_statements(document)
    answers = [(one, _is_open(one)) for one in statements.known]
    found = [one for one, is_open in answers if is_open is True]
    if found:
        return [_violation(one, document, api) for one in found]
    reasons = [*statements.unread]
    reasons += [
        f"whether {name_of_statement(one)} of the policy is open to Step Functions is not known"
        for one, is_open in answers
        if is_open == "unknown"
    ]
    if reasons:
        return [NotEvaluated(reason=reasons[0], resource=api.address, span=document.span)]
    return () if any(is_open is False for _, is_open in answers) else None


def _is_open(statement: Statement) -> bool | str | None:
    """Tell whether a statement lets in Step Functions for everybody; `None` when it names others.

    `"unknown"` when that depends on what is not known.
    """
    if statement.effect == "Deny" or statement.principals is None:
        return None
    named = [is_step_functions(one) for one in statement.principals.known]
    if True not in named:
        return "unknown" if None in named or statement.principals.unread else None
    conditions = [one for one in statement.conditions.known if one.key.lower() in _SOURCES]
    if any(one.is_positive and one.is_certain for one in conditions):
        return False
    is_certain = statement.effect == "Allow" and not statement.conditions.unread and not conditions
    return True if is_certain else "unknown"


def _violation(statement: Statement, document: Document, resource: Resource) -> Violation:
    name = name_of_statement(statement)
    path = statement.path if statement.principals is None else statement.principals.path
    notation = Notation(language_of(document, resource))
    condition = write_condition(
        [Comparison("StringEquals", "aws:SourceAccount", (ACCOUNT,))], notation
    )
    return Violation(
        message=f"{capitalized(name)} of the API's policy lets in "
        "states.amazonaws.com without aws:SourceArn: a state machine of any account can call it",
        resource=resource.address,
        span=document.locate(path),
        path=path,
        suggestion=f"{condition}{notation.remark(condition)}",
        subject=f"states.amazonaws.com {statement.sid}".strip(),
    )
