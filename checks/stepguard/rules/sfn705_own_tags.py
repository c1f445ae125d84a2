"""SFN705: a principal that is limited by tags and may change them."""

from __future__ import annotations

from stepguard.deployment.iam.patterns import action_matches
from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.grants import listed
from stepguard.rules.rule import Context, Rule, Verdict
from stepguard.rules.tag_conditions import PolicyStatement, policy_holders, statements_of

_TAG = "states:TagResource"
_UNTAG = "states:UntagResource"


class OwnTags(Rule[Resource]):
    """A principal that is limited by the tags of state machines and may change these tags.

    ## What it does
    Reports a role or a policy of which one statement allows actions of Step Functions under a
    condition on `aws:ResourceTag/KEY`, while another allows `states:TagResource` or
    `states:UntagResource` under no condition at all. A statement that allows the limited actions
    as well limits nothing, and is left to the rules on wildcards. Where a `Deny` is about these
    actions, what it leaves over is not evaluated.

    ## Why is this bad
    Whoever may change a tag may give it the value that the condition asks for. The limit is none.
    """

    id = "SFN705"
    name = "own-tags"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html",
    )

    def subjects(self, context: Context) -> list[Resource]:
        """Return the roles and the policies."""
        return policy_holders(context)

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge whether a role or a policy may change the tags by which it is limited."""
        statements = statements_of(subject, context)
        allowing = [one for one in statements if one.statement.allows]
        limited = [one for one in allowing if one.actions and any(one.tag_conditions)]
        if not limited:
            return None
        doubts: list[Violation | NotEvaluated] = []
        for one in allowing:
            tagging = [each for each in (_TAG, _UNTAG) if _covers(one, each)]
            if not tagging or any(_covers(one, each) for each in limited[0].actions):
                continue
            conditions = one.statement.conditions
            if conditions.known:
                continue
            reason = ""
            if conditions.unread or one.statement.unread:
                reason = (*conditions.unread, *one.statement.unread)[0]
            elif _forbidden(statements, tagging):
                reason = f"a Deny may take {listed(tagging)} away"
            if reason:
                doubts.append(NotEvaluated(reason=reason, resource=one.address, span=one.place()))
                continue
            return [_violation(one, limited[0], tagging)]
        return doubts


def _covers(one: PolicyStatement, action: str) -> bool:
    actions = one.statement.actions
    return actions is not None and any(
        isinstance(entry.value, str) and not entry.condition and action_matches(entry.value, action)
        for entry in actions.entries
    )


def _forbidden(statements: list[PolicyStatement], actions: list[str]) -> bool:
    return any(
        not one.statement.allows and any(_covers(one, action) for action in actions)
        for one in statements
    )


def _violation(one: PolicyStatement, limited: PolicyStatement, tagging: list[str]) -> Violation:
    actions = one.statement.actions
    return Violation(
        message=f"{one.label[:1].upper()}{one.label[1:]} allows {listed(tagging)} without "
        f"condition, while {limited.label} goes by tags: who may set the tags is not limited",
        resource=one.address,
        span=one.place(None if actions is None else actions.path),
        path=one.statement.path,
        related=(RelatedPlace("The statement that goes by tags", limited.place()),),
        suggestion=f"Leave {listed(tagging)} out, or limit it by the same aws:ResourceTag and "
        "by aws:RequestTag and aws:TagKeys",
        subject=f"{' '.join(sorted(tagging))} {one.statement.sid}".strip(),
    )
