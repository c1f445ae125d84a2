"""SFN125: a policy that lets callers see the secrets that a tested state sends."""

from __future__ import annotations

from stepguard.deployment.resources import Resource
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.grants import shown, told_apart
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.starters import HolderRule, states_grants, step_functions_roles

REVEAL = "states:RevealSecrets"


class RevealSecrets(HolderRule):
    """A policy that lets callers see the secrets that an HTTP task sends.

    ## What it does
    Reports `states:RevealSecrets` where a policy of a role, a user or a group allows it by name.
    In a role that a state machine of the project uses it is reported as not used (SFN103);
    wildcards that include it have rules of their own (SFN101, SFN122).

    ## Why is this bad
    The action exists for `TestState` alone: with `inspectionLevel` at `TRACE` and `revealSecrets`,
    the answer holds the keys and tokens that the EventBridge connection of an HTTP task adds to
    its requests. Those are kept in Secrets Manager so that nobody has to know them. Whoever tests
    states needs `states:TestState`, and sees all but the secrets.
    """

    id = "SFN125"
    name = "reveal-secrets"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html",
    )

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge the actions of each statement that allows some of Step Functions."""
        roles = step_functions_roles(subject, context)
        if any(context.deployment.machines_of(role) for role in roles):
            return None
        grants = states_grants(subject, context)
        if not grants.known:
            return None
        found: list[Violation | NotEvaluated] = []
        for grant in grants.known:
            for entry in grant.actions:
                if shown(entry.value).lower() != REVEAL.lower():
                    continue
                found.append(
                    Violation(
                        message=f"{grant.allows} {REVEAL}: with TestState it shows the keys "
                        "and tokens that connections send with HTTP requests",
                        resource=grant.policy.address,
                        span=grant.place(entry.path),
                        path=entry.path,
                        suggestion=f"Remove {REVEAL}; states:TestState alone tests a state without "
                        "showing its secrets",
                        subject=f"{REVEAL} {grant.statement.sid}".strip(),
                    )
                )
                break
        return [*told_apart(found), *grants.unread]
