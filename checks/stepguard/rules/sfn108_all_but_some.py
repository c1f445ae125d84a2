"""SFN108: a Step Functions role that is allowed everything but what a statement names."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.resources import Role
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown, told_apart
from stepguard.rules.related_roles import RelatedRoleRule
from stepguard.rules.rule import Context, Verdict


class AllButSome(RelatedRoleRule):
    """A policy of a role for Step Functions that allows everything but what it names.

    ## What it does
    Judges the roles of Step Functions, those that tasks assume, and those that are allowed to call
    Step Functions. Reports `NotAction` and `NotResource` in statements with the effect `Allow`.
    With the effect `Deny` they are fine: that is how a policy forbids everything but a few things.
    `NotPrincipal` in the trust policy of a role of Step Functions is reported by SFN111.

    ## Why is this bad
    Such a statement names what is left out, and allows all the rest: every action of every other
    service, or every other resource. Whatever AWS or the project adds later is in it without
    anybody's decision. AWS's documentation warns of both in statements that allow.
    """

    id = "SFN108"
    name = "all-but-some"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge every statement that allows something."""
        grants = grants_of(subject, context)
        if not grants.is_judged:
            return None
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            found.extend(_judge(grant))
        return [*told_apart(found), *grants.unread]


def _judge(grant: Grant) -> Iterator[Violation]:
    statement = grant.statement
    for name, element, allowed, better in (
        ("NotAction", statement.not_actions, "every action", "Action with the actions"),
        ("NotResource", statement.not_resources, "every resource", "Resource with the resources"),
    ):
        if element is None:
            continue
        left_out = [shown(one.value) for one in element.entries]
        if "*" in left_out:
            # All but everything is nothing.
            continue
        but = f" but {listed(left_out)}" if left_out else ""
        yield Violation(
            message=f"{grant.label} allows role '{name_of_role(grant.role)}' by {name} {allowed} "
            f"there is{but}",
            resource=grant.policy.address,
            span=grant.place(element.path),
            path=element.path,
            suggestion=f"Write {better} that the workflow uses",
            subject=" ".join((statement.sid, name, *sorted(left_out))),
        )
