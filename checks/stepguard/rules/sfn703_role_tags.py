"""SFN703: an execution role without tags, or without those that are required."""

from __future__ import annotations

from stepguard.deployment.resources import Role
from stepguard.finding import Severity
from stepguard.rules.authored import is_written_by_cdk
from stepguard.rules.grants import name_of_role
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.rules.tagging import Tagged, is_made_by_sam, judge_tags


class RoleTags(RoleRule):
    """A role of Step Functions without tags, or without one that the project requires.

    ## What it does
    Reports a role that a state machine names, or that Step Functions may assume, and that has no
    tags or lacks a key of `required-tags`. A provider's `default_tags` count; keys that begin with
    `aws:` do not. In a reusable Terraform module, whose caller may tag, a role without tags is
    not evaluated. A role that SAM makes is not judged, nor is that of the machine with which the
    CDK's provider framework waits for a custom resource.

    ## Why is this bad
    Tags say whose a role is, and a principal's tags (`aws:PrincipalTag`) are what policies by
    attributes go by: without them, such a policy lets the workflow do nothing.
    """

    id = "SFN703"
    name = "role-tags"
    severity = Severity.LOW
    tier = "pedantic"
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_roles.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge the tags of a role."""
        if subject.generated or is_made_by_sam(subject.tags):
            return None
        machines = context.deployment.machines_of(subject)
        if machines and all(map(is_written_by_cdk, machines)):
            return None
        effect = "neither inventories nor policies that go by tags cover it"
        name = f"Role '{name_of_role(subject)}'"
        return judge_tags(Tagged(subject, subject.tags, name, effect), context)
