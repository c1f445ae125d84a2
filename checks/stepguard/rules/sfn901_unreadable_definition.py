"""SFN901: a definition that cannot be read, by Step Functions or by this tool."""

from __future__ import annotations

import re

from stepguard.deployment.documents import Document
from stepguard.deployment.json_text import JsonTextError, parse_json
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.source import Span
from stepguard.deployment.values import Hole, Piece, Reference, Text
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import in_language
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_TEXTS = ("definition", "DefinitionString")
"""The attributes that hold a definition as a text."""

_ABSENT = re.compile(r"the machine has no definition|the definition is null")
_NO_JSON = re.compile(
    r"(?:not valid JSON: (?P<why>.*)|JSON has no comments|the text is empty)", re.DOTALL
)

_WAYS: tuple[tuple[str, str], ...] = (
    (r"it is stored in S3|it is stored elsewhere", "name a file of the project in its place"),
    (r"no such file|not inside", "make the file first, or widen --root to where it is"),
    (r"is not installed", "run terraform init first"),
    (r"parameter without a default", "give the parameter's value with --parameter, or a Default"),
    (r"variable has no value", "give the variable's value with --var-file, or a default"),
    (r"depends on condition", "write each alternative as a machine of its own"),
    (r"sensitive", "take the secret out of the definition"),
    (r"nothing is substituted", "give it a value in DefinitionSubstitutions"),
    (
        r"not valid JSON|no comments|text is empty|nested too deeply|too long",
        "mend the text of the definition",
    ),
    (r"substituted at deployment", "scan the template that substitutes it"),
)
"""How to make a definition readable, by the reason why it is not."""


class UnreadableDefinition(MachineRule):
    """A definition that is no JSON, is not there, or could not be read here.

    ## What it does
    Reports a state machine without a definition, and one whose definition is a text that is not
    valid JSON whatever the references in it become.

    Where the definition may well be fine and could not be read (it lies in S3, comes from a module
    that is not installed, from a variable without a value, or is known after apply only), this
    rule is not evaluated, and says how to make it readable; the rules on what is in a definition
    are not evaluated either. It passes where all states are known, even if some of their fields
    are not.

    ## Why is this bad
    Step Functions refuses a definition that is no JSON, mostly after other resources have been
    deployed. And of a definition that nobody can read before deployment, no review can say what it
    does, or whether its role fits.
    """

    id = "SFN901"
    name = "unreadable-definition"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return that a definition is no JSON, or how to make it readable where it is not."""
        definition = subject.definition
        if isinstance(definition, Document):
            workflow = definition_of(subject, context)
            reasons = [] if isinstance(workflow, NotEvaluated) else unread_states(workflow)
            return not_evaluated(subject, reasons)
        span = definition.span or subject.span
        if _ABSENT.fullmatch(definition.reason):
            return [_violation(subject, "The state machine has no definition", subject.span)]
        invalid = _NO_JSON.fullmatch(definition.reason)
        error = None if invalid is None else _certain_error(subject)
        if invalid is not None and error is not None:
            what = f"The definition is not valid JSON ({invalid['why'] or invalid.group()})"
            return [_violation(subject, what, error.span or span)]
        reason = definition.reason + _way(definition.reason)
        return [NotEvaluated(reason=reason, resource=subject.address, span=span)]


def _certain_error(machine: StateMachine) -> JsonTextError | None:
    """Return why a text is no JSON whatever takes the place of the references in it."""
    for name in _TEXTS:
        written = machine.attributes.get(name)
        text = None if written is None else written.as_text()
        if text is None:
            continue
        parts: list[Piece | Hole] = []
        for part in text.parts:
            if isinstance(part, Hole) and not isinstance(part.value, Reference):
                return None
            # What references become is a name, an ARN or the like: text without quotation marks.
            parts.append(part if isinstance(part, Piece) else Piece("x"))
        try:
            parse_json(Text(tuple(parts)))
        except JsonTextError as error:
            return error
    return None


def _way(reason: str) -> str:
    """Return how to make a definition readable, as the end of a sentence."""
    found = (way for pattern, way in _WAYS if re.search(pattern, reason))
    way = next(found, "")
    return f"; {way}" if way else ""


def _violation(machine: StateMachine, what: str, span: Span | None) -> Violation:
    return Violation(
        message=f"{what}: Step Functions refuses it, and nothing in it can be checked",
        resource=machine.address,
        span=span,
        suggestion=in_language(
            machine,
            terraform="definition = jsonencode({ StartAt = …, States = { … } })",
            cloudformation="Definition:\n  StartAt: …\n  States: …",
        ),
        subject="definition",
    )
