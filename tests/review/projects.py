"""Configurations and templates that the tests of the review change."""

from __future__ import annotations

from collections.abc import Sequence

STATE_MACHINE = """
resource "aws_sfn_state_machine" "{name}" {{
  name     = "{name}"
  role_arn = aws_iam_role.{name}.arn
  definition = jsonencode({{
    StartAt = "Call"
    States = {{
      Call = {{
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Parameters = {{ FunctionName = "{name}" }}
        Next     = "Wait"
      }}
      Wait = {{ Type = "Wait", Seconds = 5, Next = "Send" }}
      Send = {{
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Parameters = {{ QueueUrl = "q", "MessageBody.$" = "$$.Task.Token" }}
        End      = true
      }}
    }}
  }})
}}
"""

ROLE = """
resource "aws_iam_role" "{name}" {{
  name = "{name}"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect = "Allow", Action = "sts:AssumeRole"
      Principal = {{ Service = "states.amazonaws.com" }}
    }}]
  }})
}}

resource "aws_iam_role_policy" "{name}" {{
  role = aws_iam_role.{name}.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{statements}]
  }})
}}
"""


def statement(action: str, resource: str = "*") -> str:
    return f'{{ Effect = "Allow", Action = "{action}", Resource = "{resource}" }}'


OLD_STATEMENTS = (
    statement("lambda:*"),
    statement("sqs:SendMessage"),
    statement("s3:*", "arn:aws:s3:::bucket/*"),
)


def terraform(name: str, statements: Sequence[str] = OLD_STATEMENTS) -> str:
    """Return a state machine with a role that has many findings."""
    role = ROLE.format(name=name, statements=", ".join(statements))
    return STATE_MACHINE.format(name=name) + role


TEMPLATE = """\
Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition:
        StartAt: Call
        States:
          Call:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke
            Parameters:
              FunctionName: f
            End: true
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: states.amazonaws.com}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: lambda:*
                Resource: '*'
              - Effect: Allow
                Action: sqs:*
                Resource: '*'
"""
