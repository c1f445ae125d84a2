"""Whatever a definition says, and whatever of it is not known, every rule gives a sound answer."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, StateMachine
from stepguard.deployment.states_language import (
    CATCHER_FIELDS,
    CHOICE_FIELDS,
    MACHINE_FIELDS,
    PROCESSOR_FIELDS,
    RETRIER_FIELDS,
    STATE_TYPES,
    fields_of,
)
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Piece,
    Reference,
    Text,
    Unknown,
)
from stepguard.finding import NotEvaluated, Violation
from stepguard.rules.registry import load, rule_ids
from stepguard.rules.rule import Context, MachineRule

UNKNOWN = Unknown("var.x", "it is not set")
HOLES = Text((Piece("a"), Hole(UNKNOWN)))
WORDS = [
    *("A", "B", "C", "$.x", "{% $x %}", "", "JSONata", "JSONPath", "DISTRIBUTED", "States.ALL"),
    *STATE_TYPES,
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::glue:startJobRun.sync",
]
FIELDS = sorted(
    {
        *("A", "B", "C", "RoleArn", "RoleArn.$", "Mode", "Retries", "ReaderConfig", "Fn::Sub"),
        *MACHINE_FIELDS,
        *PROCESSOR_FIELDS,
        *RETRIER_FIELDS,
        *CATCHER_FIELDS["JSONPath"],
        *CHOICE_FIELDS["JSONPath"],
        *CHOICE_FIELDS["JSONata"],
        *(field for one in STATE_TYPES for field in fields_of(one, None)),
    }
)
names = st.sampled_from(FIELDS) | st.just(PartlyKnownKey(HOLES))
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.sampled_from([UNKNOWN, HOLES, Reference("f", "arn"), REMOVED])
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(names, inner, max_size=8)
    elements = st.lists(inner, max_size=3)
    return (
        members
        | elements
        | members.map(lambda value: OpenDict(value, UNKNOWN))
        | elements.map(lambda value: OpenList(value, UNKNOWN))
        | elements.map(lambda value: OneOf("c", tuple(value)))
    )


values = st.recursive(leaves, containers, max_leaves=30)
states = st.dictionaries(
    st.sampled_from(["A", "B", "C"]),
    st.builds(
        lambda kind, fields: {"Type": kind, **fields},
        st.sampled_from(STATE_TYPES),
        st.dictionaries(names, values, max_size=6),
    )
    | values,
    max_size=3,
)
definitions = values | st.builds(
    lambda start, body, more: {"StartAt": start, "States": body, **more},
    st.sampled_from(["A", "B"]) | values,
    states,
    st.dictionaries(st.sampled_from(sorted(MACHINE_FIELDS - {"States"})), values, max_size=2),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions, st.sampled_from(list(Form)))
@example({"StartAt": "A", "States": {"A": {"Type": ["Pass"]}}}, Form.ASL)
@example({"StartAt": ["A"], "States": {"A": {"Type": {"a": 1}}}}, Form.TERRAFORM)
@example({"States": {"A": {"Type": "Wait", "Seconds": float("inf")}}}, Form.SAM)
def test_no_definition_is_too_odd(definition: Any, form: Form) -> None:
    machine = StateMachine(
        address="m", type="any", form=form, definition=Document(definition, None)
    )
    context = Context(Deployment(".", form, [machine]), Config())
    for rule in map(load, rule_ids()):
        if not isinstance(rule, MachineRule):
            continue
        verdict = rule.judge(machine, context)
        for one in verdict or ():
            assert isinstance(one, (Violation, NotEvaluated))
            assert one.resource == "m"
        violations = [one for one in verdict or () if isinstance(one, Violation)]
        assert all(one.message and one.suggestion and one.subject for one in violations)
        not_evaluated = [one for one in verdict or () if isinstance(one, NotEvaluated)]
        assert len(not_evaluated) <= 1
        assert all(one.reason for one in not_evaluated)
