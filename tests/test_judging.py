"""Verdicts to counts: every rule is asked about every resource, and none hides another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, StateMachine, Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Reference, Traced, Unknown
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.judging import judge
from stepguard.report import Report
from stepguard.rules.rule import Context, MachineRule, Verdict

FILE = SourceFile("main.tf", "one\ntwo\nthree\nfour\n")
SECRET = "hunter2"


def machine(
    address: str, start: int = 0, definition: Document | Unread | None = None
) -> StateMachine:
    return StateMachine(
        address=address,
        type="aws_sfn_state_machine",
        form=Form.TERRAFORM,
        span=Span(FILE, start, start + 3),
        definition=definition
        or Document({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, None),
    )


def deployment(*machines: StateMachine, root: str = ".") -> Deployment:
    return Deployment(root, Form.TERRAFORM, list(machines), [FILE])


class Told(MachineRule):
    """Says about each machine what it was told to."""

    id: ClassVar[str] = "SFN999"
    name: ClassVar[str] = "told-what-to-say"
    severity: ClassVar[Severity] = Severity.MEDIUM

    def __init__(self, say: Callable[[StateMachine], Verdict], identifier: str = "SFN999") -> None:
        self.say = say
        self.id = identifier  # type: ignore[misc]  # one class stands for several rules here

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        return self.say(subject)


def judged(deployments: Iterable[Deployment], *rules: MachineRule) -> Report:
    return judge(deployments, rules, Config())


def violation(subject: StateMachine, **more: object) -> Violation:
    return Violation(message="bad", resource=subject.address, span=None, **more)  # type: ignore[arg-type]  # fields by name


def undecided(subject: StateMachine) -> NotEvaluated:
    return NotEvaluated(reason="var.x is not set", resource=subject.address)


def test_outcomes_are_counted_once_for_each_resource() -> None:
    verdicts: dict[str, Verdict] = {
        "fails": [
            Violation(message=str(n), resource="fails", span=None, subject=str(n)) for n in "ab"
        ],
        "passes": (),
        "open": [NotEvaluated(reason="why", resource="open")],
        "both": [
            NotEvaluated(reason="why", resource="both"),
            Violation(message="bad", resource="both", span=None),
        ],
        "other": None,
    }
    report = judged([deployment(*map(machine, verdicts))], Told(lambda one: verdicts[one.address]))
    assert report.evaluated["SFN999"] == {"violation": 2, "pass": 1, "not_evaluated": 1}
    assert len(report.findings) == 3
    assert len(report.not_evaluated) == 2


def test_a_violation_in_any_alternative_counts_and_is_reported_once() -> None:
    variants = [machine("one"), machine("one"), machine("one")]
    verdicts = iter([(), [violation(variants[1])], [violation(variants[2])]])
    report = judged([deployment(*variants)], Told(lambda _: next(verdicts)))
    assert report.evaluated["SFN999"] == {"violation": 1}
    assert len(report.findings) == 1
    assert len(report.state_machines) == 1


def test_a_place_is_taken_from_the_resource_where_a_rule_gives_none() -> None:
    report = judged([deployment(machine("one", 4))], Told(lambda one: [violation(one)]))
    span = report.findings[0].violation.span
    assert span is not None
    assert (span.path, span.line, span.column) == ("main.tf", 2, 1)


def test_findings_are_sorted_by_place_and_rule() -> None:
    machines = [machine("late", 8), machine("early", 0)]
    say = lambda one: [violation(one)]  # noqa: E731 - said twice below
    report = judged([deployment(*machines)], Told(say, "SFN402"), Told(say, "SFN101"))
    assert [(one.violation.resource, one.rule) for one in report.findings] == [
        ("early", "SFN101"),
        ("early", "SFN402"),
        ("late", "SFN101"),
        ("late", "SFN402"),
    ]


def test_a_rule_decides_the_severity_and_a_violation_may_change_it() -> None:
    severities = iter([None, Severity.CRITICAL])
    report = judged(
        [deployment(machine("a", 0), machine("b", 4))],
        Told(lambda one: [violation(one, severity=next(severities))]),
    )
    assert [one.severity for one in report.findings] == [Severity.MEDIUM, Severity.CRITICAL]
    assert report.violations[Severity.CRITICAL] == 1


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError, KeyError])
def test_a_defect_in_one_rule_is_an_error_and_hides_nothing(error: type[Exception]) -> None:
    def breaks(subject: StateMachine) -> Verdict:
        if subject.address == "b":
            raise error(SECRET)
        return [violation(subject)]

    report = judged(
        [deployment(machine("a", 0), machine("b", 4), machine("c", 8))],
        Told(breaks, "SFN402"),
        Told(lambda one: [violation(one)], "SFN403"),
    )
    assert [one.rule for one in report.findings] == [
        "SFN402",
        "SFN403",
        "SFN403",
        "SFN402",
        "SFN403",
    ]
    assert [one.resource for one in report.not_evaluated] == ["b"]
    message = str(report.errors[0])
    assert message.startswith("main.tf:2:1: internal error in SFN402 ")
    assert error.__name__ in message
    assert "please report" in message
    assert SECRET not in message
    assert report.exit_code(None) == 2


def test_endless_recursion_in_a_rule_is_caught() -> None:
    def recurse(subject: StateMachine) -> Verdict:
        return recurse(subject)

    report = judged([deployment(machine("a"))], Told(recurse))
    assert "RecursionError" in report.errors[0].message


def test_a_rule_that_cannot_find_its_subjects_is_an_error() -> None:
    class Lost(Told):
        """Breaks before it judges."""

        def subjects(self, context: Context) -> Iterable[StateMachine]:
            raise TypeError(SECRET)

    report = judged([deployment(machine("a"))], Lost(lambda _: ()), Told(lambda _: (), "SFN402"))
    assert len(report.errors) == 1
    assert report.evaluated["SFN999"] == {"not_evaluated": 1}
    assert report.evaluated["SFN402"] == {"pass": 1}


def test_the_same_machine_seen_from_two_roots_is_one_finding_and_two_machines() -> None:
    roots = [deployment(machine("a"), root=root) for root in ("dev", "prod")]
    report = judged(roots, Told(lambda one: [violation(one)]))
    assert len(report.findings) == 1
    assert len(report.state_machines) == 2


@pytest.mark.parametrize(
    ("definition", "state", "reason"),
    [
        (Document({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, None), "resolved", ""),
        (
            Document({"States": {"A": {"Type": "Task", "Resource": Reference("f", "arn")}}}, None),
            "resolved",
            "",
        ),
        (
            Document(
                {"States": {"A": {"Type": "Task", "Resource": Unknown("var.f", "not set")}}}, None
            ),
            "partial",
            "not set",
        ),
        (Document({"States": Unknown("var.s", "not set")}, None), "unresolved", "not set"),
        (Unread("file x.json is not there"), "unresolved", "file x.json is not there"),
    ],
)
def test_how_much_of_a_definition_is_known(
    definition: Document | Unread, state: str, reason: str
) -> None:
    report = judged([deployment(machine("a", definition=definition))])
    reading = report.state_machines[0]
    assert reading.definition == state
    assert reason in reading.reason
    assert report.definitions[reading.definition] == 1


def test_alternatives_of_which_one_is_not_read_are_partial() -> None:
    variants = [machine("a"), machine("a", definition=Unread("lost"))]
    reading = judged([deployment(*variants)]).state_machines[0]
    assert (reading.definition, reading.reason) == ("partial", "lost")


def test_a_role_outside_the_project_is_named() -> None:
    one = machine("a")
    one.role = Traced("arn:aws:iam::123456789012:role/x")
    two = machine("b")
    two.role = Traced(SECRET, sensitive=True)
    readings = judged([deployment(one, two)]).state_machines
    assert [(one.role, one.role_read) for one in readings] == [
        ("arn:aws:iam::123456789012:role/x", "none"),
        ("(sensitive)", "none"),
    ]


@pytest.mark.parametrize(
    ("fail_on", "strict", "code"),
    [
        (Severity.LOW, False, 1),
        (Severity.MEDIUM, False, 1),
        (Severity.HIGH, False, 0),
        (None, False, 0),
        (None, True, 1),
    ],
)
def test_exit_codes(fail_on: Severity | None, strict: bool, code: int) -> None:
    machines = [machine("a", 0), machine("b", 4)]
    report = judged(
        [deployment(*machines)],
        Told(lambda one: [violation(one)] if one.address == "a" else [undecided(one)]),
    )
    assert report.exit_code(fail_on, strict=strict) == code
