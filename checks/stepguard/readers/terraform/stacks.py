"""CloudFormation stacks that Terraform deploys: resources with a template, which is not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stepguard.deployment.graph import UnreadModule
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Traced, plain, references
from stepguard.readers.workflow_words import declares_machine, names_workflows

_STACKS = frozenset(
    {
        *("aws_cloudformation_stack", "aws_cloudformation_stack_set"),
        *("awscc_cloudformation_stack", "awscc_cloudformation_stack_set"),
    }
)


def unread_stacks(resources: Iterable[Resource]) -> Iterator[UnreadModule]:
    """Yield the stacks among resources that seem to declare a state machine."""
    for one in resources:
        if one.type in _STACKS and _declares_workflows(one):
            parameters = one.attributes.get("parameters")
            values = None if parameters is None else plain(parameters)
            yield UnreadModule(
                reason=f"the template of {one.address} is not read",
                given=frozenset(reference.target for reference in references(values)),
                address=one.address,
                span=one.span,
                declares_workflows=True,
            )


def _declares_workflows(stack: Resource) -> bool:
    """Tell whether a stack's template has a machine, or what is not known of it might."""
    body = stack.attributes.get("template_body")
    text = None if body is None else body.as_text()
    if text is not None and declares_machine(str(text)):
        return True
    return not _is_known(body) and stack.block is not None and names_workflows(stack.block.text)


def _is_known(body: Traced | None) -> bool:
    text = None if body is None else body.as_text()
    return text is not None and not text.holes
