"""SFN902: a definition that Step Functions refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from stepguard.deployment.documents import Document
from stepguard.deployment.members import UNDECIDED, why_unknown
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.workflow import Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.rules.choice_rules import check_choices
from stepguard.rules.defects import MAXIMUM_DEFECTS, Defect, Doubt, Found
from stepguard.rules.field_values import check_values
from stepguard.rules.fields import check_fields
from stepguard.rules.handlers import check_handlers
from stepguard.rules.machines import definition_of
from stepguard.rules.payload_templates import check_payload_templates
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.transitions import check_transitions
from stepguard.structs import replace

_EFFECT = "Step Functions refuses the definition"

_CHECKS: tuple[Callable[[Workflow], Iterator[Found]], ...] = (
    check_fields,
    check_transitions,
    check_values,
    check_choices,
    check_handlers,
    check_payload_templates,
)


class UndeployableDefinition(MachineRule):
    """A definition that Step Functions refuses when it is deployed.

    ## What it does
    Reports what `ValidateStateMachineDefinition` answers with an error, at its place:

    - `StartAt`, `Next` and `Default` that name no state, or one of another branch or map;
    - states that no transition reaches, and containers in which no state is the last;
    - names that two states share, anywhere in the definition;
    - fields that the state's type or its query language does not have, with the name that was
      probably meant; fields that are missing; fields that exclude each other;
    - values of the wrong type, and words that do not exist (`Type`, `QueryLanguage`, `Mode`, …);
    - the same in choice rules, retriers and catchers; `.$` at the end of a name, but no path.

    Only what is certain is reported. A single value that is not known before deployment is taken
    to be of the right type; where a state, a list of them or a transition is not known, the rule
    is not evaluated, unless something else is certainly wrong. A role that stands in the wrong
    place is left to SFN114, and what exceeds a quota to SFN903; whether a path or a JSONata
    expression makes sense is not looked at.

    ## Why is this bad
    The deployment fails, often after other resources have been changed: the stack rolls back, or
    `terraform apply` stops half way.
    """

    id = "SFN902"
    name = "undeployable-definition"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html",
        "https://states-language.net/spec.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one violation for each defect, or why there may be some that cannot be seen."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        if workflow.body is None:
            return [_no_workflow(subject, workflow.document)]
        defects, doubts = _check(workflow)
        if defects:
            return [_violation(one, subject, workflow) for one in defects]
        return [_not_evaluated(doubts, subject, workflow)] if doubts else ()


def _check(workflow: Workflow) -> tuple[list[Defect], list[Doubt]]:
    """Return what is wrong with a definition, the first so many, and what is not known."""
    defects: list[Defect] = []
    doubts: list[Doubt] = []
    for one in chain.from_iterable(check(workflow) for check in _CHECKS):
        if isinstance(one, Doubt):
            doubts.append(one)
        elif len(defects) < MAXIMUM_DEFECTS:
            defects.append(one)
        else:
            last = defects[-1]
            defects[-1] = replace(last, message=f"{last.message}; more is wrong, not shown")
            break
    return defects, doubts


def _no_workflow(machine: StateMachine, document: Document) -> Violation | NotEvaluated:
    if isinstance(document.value, UNDECIDED):
        return NotEvaluated(
            reason=f"the definition {why_unknown(document.value)}",
            resource=machine.address,
            span=document.span,
        )
    return Violation(
        message=f"The definition is no object with StartAt and States. {_EFFECT}",
        resource=machine.address,
        span=document.span,
        subject="no object",
        suggestion='{ "StartAt": …, "States": { … } }',
    )


def _violation(defect: Defect, machine: StateMachine, workflow: Workflow) -> Violation:
    message = defect.message[0].upper() + defect.message[1:]
    return Violation(
        message=f"{message}. {_EFFECT}",
        resource=machine.address,
        span=workflow.document.locate(defect.path, key=defect.at_key),
        path=defect.path,
        state=None if defect.state is None else defect.state.name,
        related=tuple(
            RelatedPlace(text, workflow.document.locate(path, key=True))
            for text, path in defect.related
        ),
        suggestion=defect.suggestion,
        subject=defect.subject,
    )


def _not_evaluated(doubts: list[Doubt], machine: StateMachine, workflow: Workflow) -> NotEvaluated:
    reasons = list(dict.fromkeys(one.reason for one in doubts))
    further = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return NotEvaluated(
        reason=f"{reasons[0]}{further}",
        resource=machine.address,
        span=workflow.document.locate(doubts[0].path, key=True),
    )
