"""SFN702: an activity without tags, or without those that are required."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.resources import Activity
from stepguard.finding import Severity
from stepguard.rules.rule import Context, Rule, Verdict
from stepguard.rules.tagging import Tagged, judge_tags


class ActivityTags(Rule[Activity]):
    """An activity without tags, or without one that the project requires.

    ## What it does
    Reports an activity that has no tags, or lacks a key of `required-tags`. A provider's
    `default_tags` count; keys that begin with `aws:` do not. In a reusable Terraform module,
    whose caller may tag, an activity without tags is not evaluated. Tags that are given to a
    CloudFormation stack when it is deployed are not seen.

    ## Why is this bad
    Workers outside AWS poll an activity, and its tags are the way to say which of them may poll
    which (`aws:ResourceTag`). Without tags it is missing from cost reports and inventories.
    """

    id = "SFN702"
    name = "activity-tags"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/securityhub/latest/userguide/stepfunctions-controls.html#stepfunctions-2",
        "https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html",
    )

    def subjects(self, context: Context) -> Iterable[Activity]:
        """Return the activities."""
        return context.deployment.activities

    def judge(self, subject: Activity, context: Context) -> Verdict:
        """Judge the tags of an activity."""
        effect = "neither cost reports nor policies that go by tags cover it"
        name = f"Activity {subject.label or subject.address}"
        return judge_tags(Tagged(subject, subject.tags, name, effect), context)
