"""SFN507: choices that may find no rule that is true."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import OpenList, Plain, render
from stepguard.deployment.workflow import State, Workflow
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.input_paths import bare_expression
from stepguard.rules.machines import definition_of, member, names_of, place_of, shared_places
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states

_TWO_VALUED = (
    "BooleanEquals",
    "IsBoolean",
    "IsNull",
    "IsNumeric",
    "IsPresent",
    "IsString",
    "IsTimestamp",
)
_OPPOSITES = (("GreaterThan", "LessThanEquals"), ("LessThan", "GreaterThanEquals"))
_KINDS = ("Numeric", "String", "Timestamp")
_WITHOUT_TEST = frozenset({"Next", "Comment", "Assign", "Output"})


class NoDefaultChoice(MachineRule):
    """Choice states without a Default, whose rules may all be false.

    ## What it does
    Reports the `Choice` states without `Default`, all of a machine in one finding. Left out are
    those whose rules cover everything: a test and its opposite (`BooleanEquals` or `IsPresent` with
    true and with false, `Not`, `NumericGreaterThan` and `NumericLessThanEquals` with the same
    number), or a JSONata condition that is always true or has its `$not(…)`.

    ## Why is this bad
    A value that nobody thought of fails with `States.NoChoiceMatched`, which a Choice state can
    neither retry nor catch: unless a Map or Parallel state around it does, the execution ends. A
    `Default` decides what then happens, were it a `Fail` state with an error that says so.
    """

    id = "SFN507"
    name = "no-default-choice"
    severity = Severity.LOW
    tier = "pedantic"
    references = ("https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html",)

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all Choice states of a machine, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        choices = [state for state in workflow.states if state.type == "Choice"]
        reasons = unread_states(workflow)
        if not choices and not reasons:
            return None
        answers = [(state, _covers_everything(state)) for state in choices]
        open_ones = [state for state, covers in answers if covers is False]
        if open_ones:
            return [_violation(subject, workflow, open_ones)]
        reasons += [
            f"whether the rules of '{state.name}' cover everything is not known"
            for state, covers in answers
            if covers is None
        ]
        return not_evaluated(subject, reasons)


def _covers_everything(state: State) -> bool | None:
    """Tell whether some rule of a Choice state is always true; `None` when that is not known."""
    has_default = state.has("Default")
    if has_default is not False:
        return has_default
    rules = state.get("Choices")
    if not isinstance(rules, list):
        return None
    tests: set[str] = set()
    for rule in rules:
        members = as_object(rule)
        if members is None:
            return None
        bare = {name: value for name, value in members.items() if name not in _WITHOUT_TEST}
        if _is_always_true(bare):
            return True
        tests.add(_written(bare))
        if any(opposite in tests for opposite in _opposites(bare)):
            return True
    return None if isinstance(rules, OpenList) else False


def _is_always_true(rule: dict[str, Plain]) -> bool:
    condition = rule.get("Condition")
    return condition is True or (
        isinstance(condition, str) and bare_expression(condition).lower() == "true"
    )


def _opposites(rule: dict[str, Plain]) -> Iterator[str]:
    """Yield the tests that are true whenever this one is false, as they are written."""
    condition = rule.get("Condition")
    if isinstance(condition, str):
        text = bare_expression(condition)
        inner = text.removeprefix("$not(").removesuffix(")")
        yield _written({"Condition": f"{{% {inner} %}}" if inner != text else f"$not({text})"})
        return
    if len(rule) == 1 and isinstance(rule.get("Not"), dict):
        yield _written(rule["Not"])
        return
    yield _written({"Not": rule})
    for name, value in rule.items():
        if name in _TWO_VALUED and isinstance(value, bool):
            yield _written({**rule, name: not value})
        for kind in _KINDS:
            for pair in (*_OPPOSITES, *(pair[::-1] for pair in _OPPOSITES)):
                if name == f"{kind}{pair[0]}":
                    others = {key: one for key, one in rule.items() if key != name}
                    yield _written({**others, f"{kind}{pair[1]}": value})


def _written(rule: dict[str, Plain]) -> str:
    condition = rule.get("Condition")
    if isinstance(condition, str):
        return bare_expression(condition)
    return json.dumps(render(rule), sort_keys=True, default=str)


def _violation(machine: StateMachine, workflow: Workflow, states: list[State]) -> Violation:
    first = states[0]
    verb = "has" if len(states) == 1 else "have"
    beside = workflow.document.locate((*first.path, "Type"), key=True)
    return Violation(
        message=f"{names_of(states)} {verb} no Default: where no rule is true, "
        f"{'it fails' if len(states) == 1 else 'they fail'} with States.NoChoiceMatched, which a "
        "Choice can neither retry nor catch",
        resource=machine.address,
        span=place_of(workflow, first),
        path=first.path,
        state=first.name if len(states) == 1 else None,
        related=shared_places(workflow, states, "has no Default"),
        suggestion=member(beside, "Default", '"…"'),
        subject="default",
    )
