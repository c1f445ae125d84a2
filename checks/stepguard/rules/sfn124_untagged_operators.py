"""SFN124: operators who may stop or change machines by a pattern, whatever their tags."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.notation import Comparison, Notation, write_condition
from stepguard.rules.grants import listed, shown, told_apart
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.sfn121_start_any_machine import wide_part_of
from stepguard.rules.starters import StarterRule, StatesGrant, is_bound_by_tag, states_grants

_OPERATIONS = frozenset(
    {
        "states:deletestatemachine",
        "states:redriveexecution",
        "states:stopexecution",
        "states:updatemaprun",
        "states:updatestatemachine",
    }
)
_NAME = 1
"""Where the name of the machine stands in what follows the account: after the type."""


class UntaggedOperators(StarterRule):
    """Operators who may stop, redrive, change or delete by a pattern of names and by no tag.

    ## What it does
    Judges the policies of roles that are not roles of Step Functions, and those of users and
    groups. Reports `states:StopExecution`, `states:RedriveExecution`,
    `states:UpdateStateMachine`, `states:UpdateMapRun` and `states:DeleteStateMachine` on a
    pattern of names (`stateMachine:orders-*`) without a condition on `aws:ResourceTag`. A machine
    that is named in full needs none. What is allowed on every machine is reported by SFN121.

    ## Why is this bad
    A pattern takes in every machine that is given such a name later, of another team or of
    production. Tags are set with purpose, and executions have those of their machine: a condition
    on them says whose machines an operator may stop or change.
    """

    id = "SFN124"
    name = "untagged-operators"
    severity = Severity.LOW
    tier = "pedantic"
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge each statement that allows an operator's actions."""
        grants = states_grants(subject, context)
        found: list[Violation | NotEvaluated] = []
        concerns = False
        for grant in grants.known:
            actions = [one for one in grant.actions if shown(one.value).lower() in _OPERATIONS]
            if actions:
                concerns = True
                found.extend(_judge(grant, actions, context.deployment))
        return [*told_apart(found), *grants.unread] if concerns else None


def _judge(
    grant: StatesGrant, actions: list[Entry], deployment: Deployment
) -> list[Violation | NotEvaluated]:
    resources = grant.statement.resources
    bound = is_bound_by_tag(grant.statement)
    if bound is True or resources is None or wide_part_of(grant).resources:
        return []
    patterns = [one for one in resources.entries if _has_pattern_of_names(one)]
    if patterns and bound is False:
        return [_violation(grant, actions, patterns, grant.notation(deployment))]
    reasons = [bound] if isinstance(bound, str) and patterns else []
    reasons += [f"its resources: {one}" for one in resources.reasons if not patterns]
    return [grant.not_evaluated(one) for one in reasons]


def _has_pattern_of_names(entry: Entry) -> bool:
    """Tell whether the name of the machine in an ARN of Step Functions has a wildcard."""
    arn = split_arn(entry.value)
    if arn is None:
        return False
    parts: list[list[str]] = [[]]
    for symbol in arn.resource:
        if symbol == ":":
            parts.append([])
        elif isinstance(symbol, str):
            parts[-1].append(symbol)
    return len(parts) > _NAME and bool({"*", "?"}.intersection(parts[_NAME]))


def _violation(
    grant: StatesGrant, actions: list[Entry], patterns: list[Entry], notation: Notation
) -> Violation:
    first, *others = actions
    names = [shown(one.value) for one in actions]
    given = [f'"{shown(one.value)}"' for one in patterns]
    return Violation(
        message=f"{grant.allows} {listed(names)} on {listed(given)} by the name alone, "
        "whoever the machines belong to: it has no condition on aws:ResourceTag",
        resource=grant.policy.address,
        span=grant.place(first.path),
        path=first.path,
        related=tuple(
            RelatedPlace(f"{shown(one.value)} too", grant.place(one.path)) for one in others
        ),
        suggestion=write_condition(
            [Comparison("StringEquals", "aws:ResourceTag/<key>", ("<value>",))], notation
        ),
        subject=" ".join((grant.statement.sid, *sorted(names))).strip(),
    )
