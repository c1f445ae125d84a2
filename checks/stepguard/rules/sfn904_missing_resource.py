"""SFN904: a definition that refers to what the project does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.resources import Form, Resource, Role, StateMachine
from stepguard.deployment.values import OneOf, Plain, Text, Unknown
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.defects import MAXIMUM_DEFECTS, nearest, quoted
from stepguard.rules.languages import in_language
from stepguard.rules.machines import definition_of
from stepguard.rules.owners import Owners
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_NOT_DECLARED = re.compile(r".* is not declared|the template has no resource of this name")
"""What the readers say of a reference to nothing."""

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z][\w.:-]*)\}")
_TARGETS = frozenset(
    {"FunctionName", "QueueUrl", "Resource", "RoleArn", "StateMachineArn", "TableName", "TopicArn"}
)
"""Fields and parameters that name something, and in which `${…}` has no meaning of its own."""


_RESOURCE = "Resource"
_WORKERS = frozenset(
    {
        "AWS::Lambda::Alias",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
        "AWS::Serverless::Function",
        "AWS::StepFunctions::Activity",
        "aws_lambda_alias",
        "aws_lambda_function",
        "aws_sfn_activity",
    }
)
"""Types of resources whose ARN a task can have as its `Resource`."""

_ROLE = "Role"


class MissingResource(MachineRule):
    """A definition that refers to a resource that the project does not have.

    ## What it does
    Reports references in the definition to a function, a state machine, an activity or anything
    else that is declared nowhere: `aws_lambda_function.NAME` without such a resource, `${Name.Arn}`
    in `Fn::Sub` without such a logical id. Also reported is `${Name}` that is left in a `Resource`,
    `FunctionName`, `StateMachineArn` and the like because nothing substitutes it: no entry in
    `DefinitionSubstitutions`, no variable of `templatefile`. Each missing name is one finding.

    ARNs that are written out may be of another project, and are not looked at; nor are bare
    definitions, which somebody else fills in.

    ## Why is this bad
    The deployment fails, or Step Functions refuses a `Resource` that is no ARN; what is left in a
    parameter is found only when the state runs.
    """

    id = "SFN904"
    name = "missing-resource"
    severity = Severity.LOW
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one violation for each name that is missing, or what could not be read."""
        if subject.form is Form.ASL:
            return None
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        found: dict[str, list[_Missing]] = {}
        for one in _missing(workflow):
            found.setdefault(one.name, []).append(one)
        if found:
            several = list(found.values())[:MAXIMUM_DEFECTS]
            owners = Owners(workflow)
            return [_violation(one, owners, workflow, subject, context) for one in several]
        return not_evaluated(subject, unread_states(workflow))


class _Missing(Struct, frozen=True):
    """A name that stands for nothing; `is_placeholder` says that nothing replaces it."""

    name: str
    path: Path
    is_placeholder: bool


def _missing(workflow: Workflow) -> Iterator[_Missing]:
    for path, value in _values(workflow.document.value):
        unknowns = value.holes if isinstance(value, Text) else (value,)
        for one in unknowns:
            if isinstance(one, Unknown) and _NOT_DECLARED.fullmatch(one.reason):
                yield _Missing(one.expression, path, is_placeholder=False)
        if isinstance(value, str) and path and path[-1] in _TARGETS:
            left = _PLACEHOLDER.fullmatch(value)
            if left is not None:
                yield _Missing(left.group(1), path, is_placeholder=True)


def _values(document: Plain) -> Iterator[tuple[Path, Plain]]:
    """Yield every value of a document that is no container."""
    stack: list[tuple[Path, Plain]] = [((), document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend(((*path, str(key)), one) for key, one in reversed(list(value.items())))
        elif isinstance(value, list):
            stack.extend(((*path, number), one) for number, one in reversed(list(enumerate(value))))
        elif isinstance(value, OneOf):
            # An alternative that does not come about may refer to nothing.
            continue
        else:
            yield path, value


def _similar(missing: _Missing, machine: StateMachine, context: Context) -> str | None:
    """Return the name of a resource of the project that is probably meant, of the same type.

    What is missing is `Check.Arn`, `Check` or `aws_lambda_function.check.arn`, perhaps within a
    module. The machine itself is never meant: its definition cannot refer to it.
    """
    name = missing.name
    addresses = {
        one.address for one in context.deployment.resources if _may_stand_at(missing.path, one)
    }
    addresses.discard(machine.address)
    target, dot, attribute = name.rpartition(".")
    for written, rest in ((target, dot + attribute), (name, "")):
        # What a name and others share before their last part makes them no more alike.
        before, point, own = written.rpartition(".")
        prefix = before + point
        names = {one.removeprefix(prefix) for one in addresses if one.startswith(prefix)}
        similar = nearest(own, (one for one in names if "." not in one))
        if similar is not None:
            return prefix + similar + rest
    return None


def _may_stand_at(path: Path, resource: Resource) -> bool:
    """Tell whether a resource is of a kind that a place in a definition takes."""
    field = next((str(one) for one in reversed(path) if isinstance(one, str)), "")
    if field == _RESOURCE:
        return resource.type in _WORKERS
    return not isinstance(resource, Role) or _ROLE in field


def _violation(
    places: list[_Missing],
    owners: Owners,
    workflow: Workflow,
    machine: StateMachine,
    context: Context,
) -> Violation:
    first = places[0]
    found = (owners.of(one.path) for one in places)
    states = list(dict.fromkeys(state for state in found if state is not None))
    where = f"{quoted(states[0].name)}: " if states else ""
    more = f" (in {len(places)} places)" if len(places) > 1 else ""
    if first.is_placeholder:
        what = f"nothing replaces ${{{first.name}}}, which is no name of anything"
        suggestion = in_language(
            machine,
            terraform=f"templatefile with a variable {first.name}",
            cloudformation=f"{first.name} in DefinitionSubstitutions",
        )
    else:
        what = f"{first.name} is declared nowhere, and the deployment fails"
        similar = _similar(first, machine, context)
        suggestion = similar or "the name of a resource that there is, or a resource of this name"
    return Violation(
        message=f"{where}{what}{more}",
        resource=machine.address,
        span=workflow.document.locate(first.path),
        path=first.path,
        state=states[0].name if len(states) == 1 else None,
        related=tuple(
            RelatedPlace(f"{first.name} stands here, too", workflow.document.locate(one.path))
            for one in places[1:]
        ),
        suggestion=suggestion,
        subject=first.name,
    )
