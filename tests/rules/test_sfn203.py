"""SFN203: log destinations that Step Functions refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown

RULE = "SFN203"
GROUP = Resource(
    address="aws_cloudwatch_log_group.g",
    type="aws_cloudwatch_log_group",
    form=Form.TERRAFORM,
    attributes=Traced({"name": Traced("orders")}),
)
ARN = Reference("aws_cloudwatch_log_group.g", "arn", "aws_cloudwatch_log_group.g.arn")
LITERAL = "arn:aws:logs:eu-west-1:123456789012:log-group:orders"
OTHER = Unknown("var.group", "it is not set")


def text(*parts: Any) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


@pytest.mark.parametrize("destination", [text(ARN, ":*"), f"{LITERAL}:*"])
def test_the_arn_of_a_log_group(
    judge: Callable[..., Any], logging: Callable[..., Any], destination: Any
) -> None:
    assert judge(RULE, logging=logging("ALL", [destination]), others=[GROUP]).passes


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        (ARN, "${aws_cloudwatch_log_group.g.arn}, an ARN without ':*' at its end"),
        (LITERAL, "an ARN without ':*' at its end"),
        (f"{LITERAL}:*:*", "an ARN with ':*' twice at its end"),
        (Reference("aws_cloudwatch_log_group.g", "name"), "which is no ARN of a log group"),
        ("orders", "logs to orders, which is no ARN of a log group"),
        ("arn:aws:s3:::orders", "which is no ARN of a log group"),
        ("arn:aws:logs:eu-west-1:123456789012:destination:x:*", "which is no ARN of a log group"),
        (OneOf("var.x", ("orders", "orders")), "which is no ARN of a log group"),
    ],
)
def test_a_form_that_is_refused(
    judge: Callable[..., Any], logging: Callable[..., Any], destination: Any, words: str
) -> None:
    found = judge(RULE, logging=logging("ERROR", [destination]), others=[GROUP]).only
    assert words in found.message
    assert found.subject == "destination"


@pytest.mark.parametrize(
    ("attribute", "words"), [("", "which is no ARN"), ("Arn", ""), ("Arn:*", "twice at its end")]
)
def test_cloudformation_has_the_end_already(
    scanned: Callable[..., Any], attribute: str, words: str
) -> None:
    value = {"": "!Ref G", "Arn": "!GetAtt G.Arn", "Arn:*": '!Sub "${G.Arn}:*"'}[attribute]
    report = scanned(
        RULE,
        f"""Resources:
  M:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {{StartAt: A, States: {{A: {{Type: Succeed}}}}}}
      Logging: {{Level: ALL, Destinations: [{{CloudWatchLogsLogGroup: {{LogGroupArn: {value}}}}}]}}
  G: {{Type: AWS::Logs::LogGroup}}
""",
    )
    if not words:
        assert report.evaluated[RULE] == {"pass": 1}
        return
    (found,) = report.findings
    assert words in found.violation.message
    assert found.violation.span.text.startswith("!")


def test_more_than_one(judge: Callable[..., Any], logging: Callable[..., Any]) -> None:
    found = judge(RULE, logging=logging("ALL", [f"{LITERAL}:*", f"{LITERAL}-2:*"])).only
    assert "has 2 log destinations, and may have one" in found.message


@pytest.mark.parametrize(
    "destination",
    [OTHER, text(OTHER, ":*"), text(OTHER), OneOf("var.x", (LITERAL, f"{LITERAL}:*"))],
)
def test_what_is_not_known(
    judge: Callable[..., Any], logging: Callable[..., Any], destination: Any
) -> None:
    judged = judge(RULE, logging=logging("ALL", [destination]))
    assert len(judged.reasons) == 1
    assert judged.violations == []


def test_where_it_does_not_apply(judge: Callable[..., Any], logging: Callable[..., Any]) -> None:
    assert not judge(RULE).applies
    assert not judge(RULE, logging=logging("OFF", ["orders"])).applies
    assert not judge(RULE, logging=logging("ALL", [])).applies
    assert not judge(RULE, form=Form.ASL).applies
    assert judge(RULE, logging=logging("ALL", Unread("it depends"))).reasons == ["it depends"]
