"""SFN302: keys that log delivery, a log group or the execution role may not use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.resources import Form, Unread

RULE = "SFN302"

TEMPLATE = """Resources:
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition: {{StartAt: A, States: {{A: {{Type: Succeed}}}}}}
      {encryption}
      {logging}
  G:
    Type: AWS::Logs::LogGroup
    Properties: {{{group}}}
  K:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {{Effect: Allow, Action: "kms:*", Resource: "*", Principal: {{AWS: "123456789012"}}}}
          {statement}
  A:
    Type: AWS::KMS::Alias
    Properties: {{AliasName: alias/orders, TargetKeyId: !Ref K}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Statement: []}}
      Policies:
        - PolicyName: keys
          PolicyDocument:
            Statement: [{grant}]
"""
LOGGING = (
    "LoggingConfiguration: {Level: ALL, Destinations: "
    "[{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt G.Arn}}]}"
)
ENCRYPTION = "EncryptionConfiguration: {Type: CUSTOMER_MANAGED_KMS_KEY, KmsKeyId: !GetAtt K.Arn}"
GRANT = '{Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "*"}'


def template(**parts: str) -> str:
    given = {"encryption": ENCRYPTION, "logging": LOGGING, "group": "", "statement": ""}
    return TEMPLATE.format(**{**given, "grant": GRANT, **parts})


def allowing(principal: str, action: str, more: str = "") -> str:
    return f'- {{Effect: Allow, Principal: {principal}, Action: "{action}", Resource: "*"{more}}}'


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ("{Service: delivery.logs.amazonaws.com}", "kms:Decrypt"),
        ("{Service: [a.amazonaws.com, delivery.logs.amazonaws.com]}", "kms:*"),
        ('"*"', "kms:Decrypt*"),
    ],
)
def test_log_delivery_is_let_in(scanned: Callable[..., Any], principal: str, action: str) -> None:
    report = scanned(RULE, template(statement=allowing(principal, action)))
    assert report.evaluated[RULE] == {"pass": 1}


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ("{Service: delivery.logs.amazonaws.com}", "kms:Encrypt"),
        ("{Service: logs.amazonaws.com}", "kms:Decrypt"),
        ("{AWS: delivery.logs.amazonaws.com}", "kms:Decrypt"),
    ],
)
def test_log_delivery_is_left_out(scanned: Callable[..., Any], principal: str, action: str) -> None:
    (found,) = scanned(RULE, template(statement=allowing(principal, action))).findings
    assert (
        "does not let delivery.logs.amazonaws.com use it (kms:Decrypt)" in found.violation.message
    )
    assert found.violation.resource == "K"
    assert found.violation.span.text == "Statement"
    assert "delivery.logs.amazonaws.com" in found.violation.suggestion
    assert found.violation.related[0].message == "M is encrypted with it, and logs"


def test_an_alias_is_followed(scanned: Callable[..., Any]) -> None:
    for key in ("alias/orders", "!Ref A"):
        encryption = ENCRYPTION.replace("!GetAtt K.Arn", key)
        (found,) = scanned(RULE, template(encryption=encryption)).findings
        assert found.violation.resource == "K"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allowing("!Ref P", "kms:Decrypt"), "is not known"),
        (
            allowing('"*"', "kms:Decrypt", ", Condition: {StringEquals: {aws:SourceAccount: '1'}}"),
            "statement 2 may",
        ),
    ],
)
def test_a_policy_that_is_not_known(
    scanned: Callable[..., Any], statement: str, reason: str
) -> None:
    text = "Parameters: {P: {Type: String}}\n" + template(statement=statement)
    report = scanned(RULE, text)
    assert report.findings == []
    (one,) = report.not_evaluated
    assert reason in one.reason


def test_a_key_elsewhere_is_not_evaluated(scanned: Callable[..., Any]) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    report = scanned(RULE, template(encryption=ENCRYPTION.replace("!GetAtt K.Arn", key)))
    assert [one.reason for one in report.not_evaluated] == ["the key is not part of the project"]


def test_the_key_of_a_log_group(scanned: Callable[..., Any]) -> None:
    parts = {"encryption": "", "group": "KmsKeyId: !GetAtt K.Arn"}
    (found,) = scanned(RULE, template(**parts)).findings
    assert "does not let logs.REGION.amazonaws.com use it" in found.violation.message
    assert found.violation.related[0].message == "G is encrypted with it"
    principal = "{Service: !Sub 'logs.${AWS::Region}.amazonaws.com'}"
    report = scanned(RULE, template(**parts, statement=allowing(principal, "kms:*")))
    assert report.evaluated[RULE] == {"pass": 1}


def test_terraform_has_policies_beside_keys_and_keys_without(scanned: Callable[..., Any]) -> None:
    text = """
resource "aws_kms_key" "k" {}
resource "aws_cloudwatch_log_group" "g" {
  kms_key_id = aws_kms_key.k.arn
}
resource "aws_sfn_state_machine" "m" {
  name       = "m"
  role_arn   = "arn:aws:iam::123456789012:role/m"
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Succeed" } } })
  logging_configuration {
    level           = "ALL"
    log_destination = "${aws_cloudwatch_log_group.g.arn}:*"
  }
}
"""
    (found,) = scanned(RULE, text).findings
    assert "has no policy of its own" in found.violation.message
    assert found.violation.span.text == 'resource "aws_kms_key" "k"'
    beside = """
resource "aws_kms_key_policy" "k" {
  key_id = aws_kms_key.k.id
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = "kms:*", Resource = "*"
    Principal = { Service = "logs.eu-west-1.amazonaws.com" }
  }] })
}
"""
    assert scanned(RULE, text + beside).evaluated[RULE] == {"pass": 1}


LIMITED = GRANT[:-1] + ", Condition: {StringEquals: {kms:ViaService: s3.eu-west-1.amazonaws.com}}}"


def test_a_role_that_is_limited_by_the_service(scanned: Callable[..., Any]) -> None:
    (found,) = scanned(RULE, template(logging="", grant=LIMITED)).findings
    assert "only under a condition on kms:ViaService" in found.violation.message
    assert found.violation.resource == "Role"
    report = scanned(RULE, template(logging="", grant=f"{LIMITED}, {GRANT}"))
    assert report.findings == []


def test_where_it_does_not_apply(judge: Callable[..., Any], scanned: Callable[..., Any]) -> None:
    assert not judge(RULE).applies
    assert not judge(RULE, form=Form.ASL).applies
    owned = "EncryptionConfiguration: {Type: AWS_OWNED_KEY}"
    assert scanned(RULE, template(encryption=owned)).evaluated[RULE] == {}
    assert judge(RULE, encryption=Unread("it depends")).reasons == [
        "whether there is a customer-managed key: it depends"
    ]
