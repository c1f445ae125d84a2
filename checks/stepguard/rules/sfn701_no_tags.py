"""SFN701: a state machine without tags, or without those that are required."""

from __future__ import annotations

from stepguard.deployment.resources import Form, StateMachine
from stepguard.finding import Severity
from stepguard.rules.authored import AuthoredMachineRule
from stepguard.rules.rule import Context, Verdict
from stepguard.rules.tagging import Tagged, judge_tags


class NoTags(AuthoredMachineRule):
    """A state machine without tags, or without one that the project requires.

    ## What it does
    Reports a state machine that has no tags, or lacks a key of `required-tags`. A provider's
    `default_tags` count; keys that begin with `aws:`, and the one that SAM adds of its own accord
    (`stateMachine:createdBy`), do not. A Terraform directory without provider, backend or variable
    values is a reusable module whose caller may tag, and a machine without tags is not evaluated
    there. Tags that are given to a CloudFormation stack when it is deployed reach the machine too,
    but no template shows them; where a project tags that way, it may switch this rule off. A bare
    definition does not say how it will be tagged, so it is not judged.

    Left out is the machine with which the CDK's provider framework waits for a custom resource:
    nobody but the CDK writes it, and its tags do not reach it.

    ## Why is this bad
    Tags say whose a workflow is and what it costs, and IAM policies can allow or deny by them
    (`aws:ResourceTag`), for its executions too. Without tags it is missing from cost reports and
    inventories, and such policies do not cover it.
    """

    id = "SFN701"
    name = "no-tags"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#concepts-tagging",
        "https://docs.aws.amazon.com/config/latest/developerguide/stepfunctions-state-machine-tagged.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge the tags of a machine."""
        if subject.form is Form.ASL:
            return None
        effect = "neither cost reports nor policies that go by tags cover it"
        return judge_tags(Tagged(subject, subject.tags, "The state machine", effect), context)
