from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from stepguard.change import Change, MachineChange, PermissionChange, RoleChange, StateChange
from stepguard.deployment.source import SourceFile, Span
from stepguard.finding import Finding, RelatedPlace, Severity, Status, Violation
from stepguard.place import Place
from stepguard.report import (
    GrantReading,
    MachineReading,
    NeedReading,
    Outcome,
    PermissionReading,
    Report,
    RuleDescription,
    ScanError,
    Unevaluated,
)
from stepguard.structs import replace
from stepguard.workflow_graph import StateNode, Transition, WorkflowGraph

TEXT = """resource "aws_sfn_state_machine" "a" {
\tname = "evil \x1b[31m\u202e"
}
"""


@pytest.fixture
def report() -> Report:
    """A report with one of everything, and with text that wants to do harm."""
    file = SourceFile("in fra/größe #1.tf", TEXT)
    state = Span(file, TEXT.index("name"), TEXT.index("name") + 4)
    header = Span(file, 0, 36)
    rules = [
        RuleDescription(
            id="SFN402",
            name="task-without-timeout",
            severity=Severity.MEDIUM,
            tier="default",
            summary="A task that can wait for ever.",
            sections={"What it does": "Finds tasks.", "Example": "```json\n{}\n```"},
            references=("https://docs.aws.amazon.com/step-functions/",),
        ),
        RuleDescription(
            id="SFN902",
            name="definition-invalid",
            severity=Severity.HIGH,
            tier="default",
            summary="A definition that cannot be deployed.",
            sections={},
        ),
    ]
    waiting = Violation(
        message="'Ask \x1b[2J' waits for a token, and nothing ends it\nafter a year it fails",
        resource='module.a.aws_sfn_state_machine.b["k"]',
        span=state,
        path=("States", "Ask", 0),
        state="Ask",
        related=[RelatedPlace(f"also state {number}", header) for number in range(7)],
        suggestion='write\n  "TimeoutSeconds": 300',
        subject="Ask",
    )
    permissions = PermissionReading(
        needs=(
            NeedReading(
                action="sqs:SendMessage",
                resources=("${aws_sqs_queue.q.arn}",),
                states=("Ask",),
                feature="",
                need="required",
                role="aws_iam_role.r",
                granted="no",
            ),
            NeedReading(
                action="xray:PutTraceSegments",
                resources=("*",),
                states=(),
                feature="tracing",
                need="required",
                role="aws_iam_role.r",
                granted="yes",
            ),
        ),
        grants=(
            GrantReading(
                effect="Allow",
                action="xray:*",
                resources=("*",),
                other_than_actions=(),
                other_than_resources=(),
                is_conditional=False,
                source="aws_iam_role.r",
                policy="AWSXrayFullAccess",
            ),
        ),
        not_checked=("state 'Ask': no IAM action is known for aws-sdk:new:call",),
    )
    nowhere = Violation(message="no states", resource="aws_sfn_state_machine.c", span=None)
    return Report(
        rules=rules,
        read={file.path: file},
        passed_over=Counter({"directories that may not be listed": 2}),
        state_machines=[
            MachineReading(
                address="aws_sfn_state_machine.c",
                label="",
                root="in fra",
                place=Place.of(header, "in fra"),
                kind="STANDARD",
                definition="partial",
                reason="var.x is not set",
                query_language="JSONPath",
                states=3,
                tasks=1,
                role="aws_iam_role.r",
                role_read="full",
                role_reason="",
                permissions=lambda: permissions,
            )
        ],
        findings=[
            Finding(
                rule="SFN402",
                name="task-without-timeout",
                severity=Severity.MEDIUM,
                violation=waiting,
                root="in fra",
            ),
            Finding(
                rule="SFN902",
                name="definition-invalid",
                severity=Severity.HIGH,
                violation=nowhere,
                root="in fra",
            ),
        ],
        not_evaluated=[
            Unevaluated(
                rule="SFN402",
                resource="aws_sfn_state_machine.c",
                place=Place.of(header, "in fra"),
                reason="var.x is not set",
            )
        ],
        evaluated={"SFN402": Counter({"violation": 1, "not_evaluated": 1}), "SFN902": Counter()},
        errors=[ScanError(place=Place(file="x.yaml", line=3, column=7), message="not YAML: tab")],
    )


HOSTILE = (
    "@team",
    "#123",
    "GH-7",
    "owner/name#5",
    "!42",
    "deadbeefcafe1234",
    ":bomb:",
    "a|b",
    "a\\|b",
    "`x`",
    "``` \n```mermaid",
    "ends in `",
    "<img src=x onerror=alert(1)>",
    "</details></summary><script>alert(1)</script>",
    "<!-- x",
    "--> x",
    "&lt;b&gt;",
    "![p](http://evil.example/p.png)",
    "[click](http://evil.example)",
    "[ref]: http://evil.example",
    "http://evil.example/?a=b&c",
    "www.evil.example",
    "mail@evil.example",
    "*bold* _em_ ~~gone~~",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "===",
    "$$x^2$$ $y$",
    "[^1] [x]",
    "/close",
    "::set-output name=x::y",
    "\n::error::z",
    "##[add-mask]x",
    "100%0Aline",
    "a,b:c",
    "\x1b[31mred\x07\x00",
    "\u202eright to left\u2066",
    "zero\u200bwidth\ufeff",
    "line\nbreak\r\nhere\u2028there",
    '"]; click s0 "javascript:alert(1)"',
    "end",
    '"\nclassDef x fill:#000',
    "%%{init: {}}%%",
    "fa:fa-bomb $$x$$",
    "]]> <![CDATA[",
    "\ud800 \ufffe \U000e0001",
    "",
    " ",
)
"""Names that mean something to one of the places that a report goes to."""


@pytest.fixture
def hostile_names() -> tuple[str, ...]:
    return HOSTILE


def _finding(
    state: str, severity: Severity, *, status: Status | None = None, rule: str = "SFN402"
) -> Finding:
    file = SourceFile("infra/main.tf", TEXT)
    return Finding(
        rule=rule,
        name="no-task-timeout",
        severity=severity,
        violation=Violation(
            message=f"'{state}' waits for a job without a timeout",
            resource="aws_sfn_state_machine.pay",
            span=Span(file, TEXT.index("name"), TEXT.index("name") + 4),
            state=state,
            suggestion='"TimeoutSeconds": 3600',
            subject=state,
        ),
        root="infra",
        status=status,
    )


def _graph(names: Sequence[str]) -> WorkflowGraph:
    """A graph of one Parallel state with two branches, and one state of each name behind it."""
    inner = [
        StateNode(
            number=number,
            name=f"Inner {number}",
            type="Pass",
            integration="",
            scope=number,
            parent=0,
            span=None,
            is_start=True,
            is_end=True,
        )
        for number in (1, 2)
    ]
    outer = [
        StateNode(
            number=number,
            name=name,
            type="Parallel" if number == 0 else "Task",
            integration="" if number == 0 else "arn:aws:states:::lambda:invoke",
            scope=0,
            parent=None,
            span=None,
            is_start=number == 0,
            is_end=name == names[-1],
        )
        for number, name in zip((0, *range(3, 3 + len(names))), ("Both", *names), strict=False)
    ]
    ways = [Transition(source=0, target=3, kind="")] + [
        Transition(
            source=number, target=number + 1, kind=("catch", "choice", "default")[number % 3]
        )
        for number in range(3, 2 + len(names))
    ]
    return WorkflowGraph(states=(outer[0], *inner, *outer[1:]), transitions=tuple(ways))


@pytest.fixture
def review(report: Report) -> Report:
    """A review with one of everything."""
    place = Place(file="infra/main.tf", line=2, column=2, end_line=2, end_column=6)
    graph = _graph(["Charge", "Ship", "Tell"])
    outcomes: dict[tuple[str, str, str], Outcome] = {
        ("infra", "SFN402", "aws_sfn_state_machine.pay"): "violation",
        ("infra", "SFN902", "aws_sfn_state_machine.pay"): "pass",
        ("infra", "SFN402", "aws_sfn_state_machine.other"): "not_evaluated",
    }
    return Report(
        rules=report.rules,
        read=report.read,
        state_machines=[
            MachineReading(
                address="aws_sfn_state_machine.pay",
                label="",
                root="infra",
                place=place,
                kind="STANDARD",
                definition="resolved",
                reason="",
                query_language="JSONPath",
                states=6,
                tasks=3,
                role="aws_iam_role.pay",
                role_read="full",
                role_reason="",
                graph=lambda: graph,
            )
        ],
        findings=[
            _finding("Charge", Severity.HIGH, status="introduced"),
            _finding("Ship", Severity.LOW, status="unchanged"),
            _finding("Tell", Severity.CRITICAL, status="introduced"),
        ],
        suppressed=[_finding("Both", Severity.LOW, status="unchanged", rule="SFN902")],
        not_evaluated=[
            Unevaluated(
                rule="SFN402",
                resource="aws_sfn_state_machine.other",
                place=place,
                reason="var.x is not set",
            )
        ],
        outcomes=outcomes,
        change=Change(
            before="main",
            after="the working tree",
            fixed=[_finding("Old", Severity.MEDIUM, status="fixed")],
            roles=[
                RoleChange(
                    address="aws_iam_role.pay",
                    root="infra",
                    fate="changed",
                    place=place,
                    gained=(
                        PermissionChange(
                            effect="Allow",
                            action="dynamodb:*",
                            resources=("arn:aws:dynamodb:${var.region}:*:table/x",),
                            access_levels=(("Read", 20), ("Permissions management", 2)),
                            used="no",
                        ),
                        PermissionChange(
                            effect="Deny",
                            action="s3:PutObject",
                            resources=("*",),
                            is_conditional=True,
                        ),
                        PermissionChange(
                            effect="Allow",
                            action="lambda:InvokeFunction",
                            resources=tuple(f"${{aws_lambda_function.f{n}.arn}}" for n in range(6)),
                            states=("aws_sfn_state_machine.pay: Charge",),
                            used="yes",
                        ),
                    ),
                    lost=(PermissionChange(effect="Allow", action="sqs:*", resources=("*",)),),
                    trust_gained=("Service events.amazonaws.com",),
                    trust_lost=("AWS * (aws:SourceAccount)",),
                    unread=("the policy 'x' could not be read",),
                )
            ],
            machines=[
                MachineChange(
                    address="aws_sfn_state_machine.pay",
                    root="infra",
                    fate="changed",
                    place=place,
                    states=(
                        StateChange(name="Charge", fate="changed", place=place, details=("Next",)),
                        StateChange(name="Tell", fate="added", place=place),
                        StateChange(name="Old", fate="removed", place=None),
                    ),
                    safeguards_lost=("'Charge' has no Retry any more",),
                    settings=("logging: level ALL is OFF now",),
                    unread=("the definition is not known in full",),
                )
            ],
        ),
    )


@pytest.fixture
def hostile_review(review: Report) -> Report:
    """A review in which all text that a template chooses is one of the hostile names."""
    change = review.change
    assert change is not None
    states = tuple(
        StateChange(name=name, fate="changed", place=None, details=(name, name)) for name in HOSTILE
    )
    findings = []
    for number, name in enumerate(HOSTILE):
        file = SourceFile(f"dir/{name}.tf", f"{name}\n")
        violation = Violation(
            message=f"'{name}' {name}\n{name}\n{name} is wrong",
            resource=f"aws_sfn_state_machine.{name}" if number % 2 else "aws_sfn_state_machine.pay",
            span=Span(file, 0, 1),
            state=name,
            related=[RelatedPlace(f"{name} {name}", Span(file, 0, 1))],
            suggestion=name if number % 2 else f"write {name}\n{name}",
            subject=name,
        )
        findings.append(replace(review.findings[0], violation=violation, root=name))
        findings.append(replace(findings[-1], root="infra"))
    graph = _graph(HOSTILE)
    place = Place(file=f"dir/{HOSTILE[0]}.tf", line=1)
    return replace(
        review,
        findings=findings,
        suppressed=[
            replace(one, excuse=name)
            for one, name in zip(review.suppressed * len(HOSTILE), HOSTILE, strict=True)
        ],
        not_evaluated=[
            Unevaluated(rule="SFN402", resource=name, place=Place(file=name), reason=name)
            for name in HOSTILE
        ],
        errors=[ScanError(place=Place(file=name, line=1), message=name) for name in HOSTILE],
        state_machines=[
            replace(one, role="aws_iam_role.@team", graph=lambda: graph)
            for one in review.state_machines
        ],
        change=replace(
            change,
            before="@team #1 <b>",
            after="-->\n# x",
            fixed=findings,
            roles=[
                RoleChange(
                    address=name,
                    root="infra",
                    fate="changed",
                    place=place,
                    gained=(
                        PermissionChange(
                            effect="Allow", action=name, resources=(name,), states=(name,)
                        ),
                    ),
                    trust_gained=(name,),
                    unread=(name,),
                )
                for name in HOSTILE
            ],
            machines=[
                MachineChange(
                    address="aws_sfn_state_machine.pay",
                    root="infra",
                    fate="changed",
                    place=place,
                    states=states,
                    safeguards_lost=HOSTILE,
                    settings=HOSTILE,
                    unread=HOSTILE,
                )
            ],
        ),
    )
