"""SFN704: a policy that asks for tags which a state machine lacks, or which do not count."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.patterns import covers, symbols_of
from stepguard.deployment.resources import Form, Resource, StateMachine, Tags, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced, plain
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.identity import expand
from stepguard.rules.grants import listed, shown
from stepguard.rules.links import means
from stepguard.rules.rule import Context, Rule, Verdict
from stepguard.rules.tag_conditions import (
    RESOURCE_TAG,
    PolicyStatement,
    policy_holders,
    statements_of,
)
from stepguard.rules.tagging import how_to_tag, may_have_more

_HTTP = "states:invokehttpendpoint"


class AbacTags(Rule[Resource]):
    """A policy that allows calls by tags which the state machine lacks, or which do not count.

    ## What it does
    Judges statements that allow actions of Step Functions under a condition on
    `aws:ResourceTag/KEY`. Reports a state machine that such a statement names as its resource and
    that lacks the tag, or has it with a value that the condition does not take. Reports also a
    statement that allows `states:InvokeHTTPEndpoint` by tags, which that action does not support.

    A statement whose resource is a wildcard may be about other machines, and is not held against
    those of the project. Tags that are given to a CloudFormation stack when it is deployed are
    not seen; in a reusable Terraform module, the caller may tag.

    ## Why is this bad
    The condition never holds, and the call that the statement was written for is denied.
    """

    id = "SFN704"
    name = "abac-tags"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html",
    )

    def subjects(self, context: Context) -> list[Resource]:
        """Return the roles and the policies."""
        return policy_holders(context)

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the statements of a role or a policy that go by tags."""
        judged = False
        found: list[Violation | NotEvaluated] = []
        for one in statements_of(subject, context):
            conditions = list(one.tag_conditions)
            if not one.statement.allows or not one.actions or not conditions:
                continue
            judged = True
            found.extend(_of_http(one, conditions[0]))
            for machine in _machines_named(one, context):
                for condition in conditions:
                    found.extend(_of_machine(machine, one, condition, context))
        return found if judged else None


def _of_http(one: PolicyStatement, condition: Condition) -> Iterator[Violation]:
    if _HTTP in [action.lower() for action in one.actions]:
        yield Violation(
            message=f"{one.label[:1].upper()}{one.label[1:]} allows states:InvokeHTTPEndpoint by a "
            "tag of the resource, which this action does not support: HTTP tasks are denied",
            resource=one.address,
            span=one.place(condition.values.path),
            path=condition.values.path,
            suggestion="Limit it by states:HTTPEndpoint and states:HTTPMethod instead",
            subject=f"states:InvokeHTTPEndpoint {one.statement.sid}".strip(),
        )


def _machines_named(one: PolicyStatement, context: Context) -> list[StateMachine]:
    """Return the machines that a statement names as its resources, by no wildcard."""
    resources = one.statement.resources
    if resources is None:
        return []
    found: list[StateMachine] = []
    for machine in context.deployment.state_machines:
        for entry in resources.entries:
            value = entry.value
            if isinstance(value, str) and "*" in value:
                continue
            if means(value, machine, context.deployment) is True and machine not in found:
                found.append(machine)
    return found


def _of_machine(
    machine: StateMachine, one: PolicyStatement, condition: Condition, context: Context
) -> Iterator[Violation | NotEvaluated]:
    key = str(condition.values.path[-1])[len(RESOURCE_TAG) :]
    tags = machine.tags
    if isinstance(tags, Unread):
        yield _not_evaluated(machine, tags.reason, tags.span)
        return
    value = _tag(tags, key)
    if value is None:
        why = None if tags is None else may_have_more(tags)
        if why is None and context.deployment.is_reusable_module:
            why = "this is a module without provider, and its caller may tag what is in it"
        if why is not None:
            yield _not_evaluated(machine, why, tags.span if tags is not None else None)
            return
        outside = ""
        if machine.form in (Form.CLOUDFORMATION, Form.SAM):
            outside = ", unless its stack is deployed with it"
        what = f"lacks the tag '{key}'{outside}"
        yield _violation(machine, one, condition, f"{what}, by which {one.label} goes", key)
        return
    answer = _takes(condition, value, context)
    if answer is None:
        reason = f"whether the tag '{key}' has a value that {one.label} takes is not known"
        yield _not_evaluated(machine, reason, value.span)
    elif answer is False:
        wanted = listed([shown(entry.value) for entry in condition.values.entries])
        what = f"has the tag '{key}' with '{shown(plain(value))}', and {one.label} wants {wanted}"
        is_value = len(condition.values.entries) == 1 and not set(wanted) & set("*?$")
        only = wanted if is_value else "…"
        yield _violation(machine, one, condition, what, key, value.span, only)


def _tag(tags: Tags | None, key: str) -> Traced | None:
    for name, value in () if tags is None else tags.values.items():
        if name.lower() == key.lower():
            return value
    return None


def _takes(condition: Condition, value: Traced, context: Context) -> bool | None:
    """Tell whether a condition holds for a tag's value; `None` when that is not known."""
    if condition.values.unread or not condition.is_certain or condition.quantifier:
        return None
    texts = expand(plain(value), context.deployment)
    answers: list[bool | None] = []
    for entry in condition.values.entries:
        wanted = symbols_of(entry.value) or ()
        for text in texts:
            if covers(wanted, text):
                answers.append(True)
            elif all(isinstance(each, str) for each in (*wanted, *text)) and "$" not in wanted:
                answers.append(False)
            else:
                answers.append(None)
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _violation(
    machine: StateMachine,
    one: PolicyStatement,
    condition: Condition,
    what: str,
    key: str,
    span: Span | None = None,
    wanted: str = "…",
) -> Violation:
    tags = machine.tags
    written = tags.span if isinstance(tags, Tags) else None
    return Violation(
        message=f"The state machine {what}: {listed(one.actions)} on it is denied",
        resource=machine.address,
        span=span or written or machine.span,
        related=(RelatedPlace("The condition", one.place(condition.values.path)),),
        suggestion=how_to_tag(machine, [key]).replace("…", wanted),
        subject=f"tag {key}",
    )


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
