from __future__ import annotations

from collections import Counter

import pytest

from stepguard.deployment.source import SourceFile, Span
from stepguard.finding import Finding, RelatedPlace, Severity, Violation
from stepguard.place import Place
from stepguard.report import (
    GrantReading,
    MachineReading,
    NeedReading,
    PermissionReading,
    Report,
    RuleDescription,
    ScanError,
    Unevaluated,
)

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
