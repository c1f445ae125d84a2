"""SFN903: what is larger than Step Functions takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.members import UNDECIDED, as_object
from stepguard.deployment.resources import StateMachine, Tags
from stepguard.deployment.states_language import MAXIMUM_NAME_LENGTH
from stepguard.deployment.values import PartlyKnownKey, Plain, render
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.defects import MAXIMUM_DEFECTS, Defect, quoted, surely
from stepguard.rules.machines import definition_of, possible_values
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

MAXIMUM_DEFINITION_BYTES = 1_048_576
MAXIMUM_LABEL_LENGTH = 40
MAXIMUM_TAGS = 50
MAXIMUM_CHILD_EXECUTIONS = 10_000

_FORBIDDEN = re.compile(r"[\s?*<>{}\[\]\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
_FORBIDDEN_WORDS = "blanks, brackets, wildcards and special characters"


class AboveQuota(MachineRule):
    """A definition, a name or a number above what Step Functions takes.

    ## What it does
    Reports a definition of more than 1 MB; names of states and of the machine with more than 80
    characters; the machine's name or the `Label` of a Distributed Map with characters that are
    not allowed there; a `Label` of more than 40 characters; a `MaxConcurrency` of a Distributed
    Map above 10,000; more than 50 tags. Only what is certain is reported: of a definition that is
    not known in full, the known part is counted.

    ## Why is this bad
    These quotas cannot be raised. The deployment fails, or, with `MaxConcurrency`, the number is
    not what happens.
    """

    id = "SFN903"
    name = "above-quota"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one violation for each quota that is exceeded, or what could not be read."""
        verdict: list[Violation | NotEvaluated] = [*_of_machine(subject)]
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [*verdict, *([] if verdict else [workflow])]
        defects = [*_of_definition(workflow), *_of_states(workflow)][:MAXIMUM_DEFECTS]
        verdict += [_violation(one, subject, workflow) for one in defects]
        return verdict or not_evaluated(subject, unread_states(workflow))


def _of_machine(machine: StateMachine) -> Iterator[Violation]:
    names = possible_values(machine.name)
    known = [one for one in names if isinstance(one, str)]
    if machine.name is not None and known and len(known) == len(names):
        problem = next((_wrong_name(one, MAXIMUM_NAME_LENGTH) for one in known), "")
        if problem and all(_wrong_name(one, MAXIMUM_NAME_LENGTH) for one in known):
            yield Violation(
                message=f"The name {quoted(known[0])} {problem}",
                resource=machine.address,
                span=machine.name.span or machine.span,
                suggestion="a shorter name of letters, digits, hyphens and underscores",
                subject="name",
            )
    tags = machine.tags
    if isinstance(tags, Tags) and len(tags.values) > MAXIMUM_TAGS:
        yield Violation(
            message=f"The state machine has {len(tags.values)} tags; {MAXIMUM_TAGS} are allowed",
            resource=machine.address,
            span=tags.span or machine.span,
            suggestion=f"at most {MAXIMUM_TAGS} tags",
            subject="tags",
        )


def _wrong_name(name: str, maximum: int) -> str:
    if len(name) > maximum:
        return f"has {len(name)} characters; {maximum} are allowed"
    if _FORBIDDEN.search(name):
        return f"contains what is not allowed there: {_FORBIDDEN_WORDS}"
    return ""


def _of_definition(workflow: Workflow) -> Iterator[Defect]:
    if workflow.body is None or isinstance(workflow.document.value, UNDECIDED):
        return
    text = json.dumps(render(workflow.document.value), separators=(",", ":"), ensure_ascii=False)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAXIMUM_DEFINITION_BYTES:
        yield Defect(
            message=f"the definition has {size:,} bytes without blanks; "
            f"{MAXIMUM_DEFINITION_BYTES:,} are allowed",
            path=(),
            at_key=False,
            subject="size",
            suggestion="parts of it in state machines of their own, that this one starts",
        )


def _of_states(workflow: Workflow) -> Iterator[Defect]:
    for state in workflow.states:
        if len(state.name) > MAXIMUM_NAME_LENGTH and not isinstance(state.name, PartlyKnownKey):
            yield Defect(
                message=f"the name {quoted(state.name)} has {len(state.name)} characters; "
                f"{MAXIMUM_NAME_LENGTH} are allowed",
                path=state.path,
                subject="length of the name",
                state=state,
                suggestion="a shorter name, and the rest in Comment",
            )
        if state.type == "Map":
            yield from _of_map(state)


def _of_map(state: State) -> Iterator[Defect]:
    label = state.get("Label")
    if isinstance(label, str) and (problem := _wrong_name(label, MAXIMUM_LABEL_LENGTH)):
        yield _defect(
            state,
            "Label",
            f"the Label of {quoted(state.name)} {problem}",
            f"at most {MAXIMUM_LABEL_LENGTH} letters, digits, hyphens and underscores",
        )
    processor = as_object(state.get("ItemProcessor")) or {}
    config = as_object(processor.get("ProcessorConfig")) or {}
    if config.get("Mode") != "DISTRIBUTED":
        return
    if surely(state.get("MaxConcurrency"), _is_above):
        yield _defect(
            state,
            "MaxConcurrency",
            f"MaxConcurrency of {quoted(state.name)} is above the "
            f"{MAXIMUM_CHILD_EXECUTIONS:,} child executions that run at a time",
            f"at most {MAXIMUM_CHILD_EXECUTIONS}",
        )


def _is_above(value: Plain) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and value > MAXIMUM_CHILD_EXECUTIONS


def _defect(state: State, field: str, message: str, suggestion: str) -> Defect:
    path: Path = (*state.path, field)
    return Defect(
        message=message,
        path=path,
        at_key=False,
        subject=f"value of {field}",
        state=state,
        suggestion=suggestion,
    )


def _violation(defect: Defect, machine: StateMachine, workflow: Workflow) -> Violation:
    return Violation(
        message=defect.message[0].upper() + defect.message[1:],
        resource=machine.address,
        span=workflow.document.locate(defect.path, key=defect.at_key),
        path=defect.path,
        state=None if defect.state is None else defect.state.name,
        suggestion=defect.suggestion,
        subject=defect.subject,
    )
