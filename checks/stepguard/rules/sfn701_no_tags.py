"""SFN701: a state machine without tags, or without those that are required."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import Form, StateMachine, Tags, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import PartlyKnownKey
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.defects import listed, quoted
from stepguard.rules.machines import SAM_MACHINE, by_form
from stepguard.rules.rule import Context, MachineRule, Verdict

_RESERVED = "aws:"


class NoTags(MachineRule):
    """A state machine without tags, or without one that the project requires.

    ## What it does
    Reports a state machine that has no tags, or lacks a key of `required-tags`. A provider's
    `default_tags` count; keys that begin with `aws:` do not. A Terraform directory without
    provider, backend or variable values is a reusable module whose caller may tag, and a machine
    without tags is not evaluated there. Tags that are given to a CloudFormation stack when it is
    deployed reach the machine too, but no template shows them; where a project tags that way, it
    may switch this rule off. A bare definition does not say how it will be tagged, so it is not
    judged.

    ## Why is this bad
    Tags say whose a workflow is and what it costs, and IAM policies can allow or deny by them
    (`aws:ResourceTag`), for its executions too. Without tags it is missing from cost reports and
    inventories, and such policies do not cover it.
    """

    id = "SFN701"
    name = "no-tags"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#concepts-tagging",
        "https://docs.aws.amazon.com/config/latest/developerguide/stepfunctions-state-machine-tagged.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge the tags of a machine."""
        if subject.form is Form.ASL:
            return None
        required = context.config.required_tags
        tags = subject.tags
        if isinstance(tags, Unread):
            return [_not_evaluated(subject, tags.reason, tags.span)]
        keys = [] if tags is None else [key for key in tags.values if _is_own(key)]
        missing = [key for key in required if key not in keys]
        if keys and not missing:
            return ()
        if tags is not None and (why := _may_have_more(tags)) is not None:
            # A tag of which not even the key is known is a tag all the same.
            return () if keys and not missing else [_not_evaluated(subject, why, tags.span)]
        if context.deployment.is_reusable_module:
            reason = "this is a module without provider, and its caller may tag what is in it"
            return [_not_evaluated(subject, reason, subject.span)]
        return [_violation(subject, tags, missing)]


def _is_own(key: str) -> bool:
    return not key.lower().startswith(_RESERVED)


def _may_have_more(tags: Tags) -> str | None:
    if tags.unread is not None:
        return tags.unread.reason
    unknown = [key for key in tags.values if isinstance(key, PartlyKnownKey)]
    return f"the key {quoted(unknown[0])} of a tag is not known" if unknown else None


def _violation(machine: StateMachine, tags: Tags | None, missing: Sequence[str]) -> Violation:
    if missing:
        what = f"lacks the required {'tag' if len(missing) == 1 else 'tags'} "
        what += listed(map(quoted, missing), "and")
    else:
        what = "has no tags"
    outside = ""
    if machine.form in (Form.CLOUDFORMATION, Form.SAM):
        outside = ", unless its stack is deployed with some"
    return Violation(
        message=f"The state machine {what}{outside}: neither cost reports nor policies that go by "
        "tags cover it",
        resource=machine.address,
        span=machine.span if tags is None else tags.span or machine.span,
        suggestion=_how_to_tag(machine, missing or ["Project"]),
        subject="tags",
    )


def _how_to_tag(machine: StateMachine, keys: Sequence[str]) -> str:
    if machine.type == SAM_MACHINE:
        return "Tags:\n" + "\n".join(f"  {key}: …" for key in keys)
    return by_form(
        machine,
        terraform="tags = {\n" + "\n".join(f'  {_hcl_key(key)} = "…"' for key in keys) + "\n}",
        cloudformation="Tags:\n" + "\n".join(f"  - Key: {key}\n    Value: …" for key in keys),
    )


def _hcl_key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() else f'"{key}"'


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
