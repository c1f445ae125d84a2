"""How the ARNs of resources are made up, for templates that take them apart.

The CDK writes the ARN of an execution, or the name of a cluster, by splitting another ARN. Source:
the ARN formats of the AWS service authorization reference, and the return values of `Ref` and
`Fn::GetAtt` in the CloudFormation resource reference.
"""

from __future__ import annotations

import re

from stepguard.deployment.values import Hole, Piece, Reference, Text

_STATE_MACHINE = "arn:{P}:states:{R}:{A}:stateMachine:{Name}"
_FUNCTION = "arn:{P}:lambda:{R}:{A}:function:{}"
_TABLE = "arn:{P}:dynamodb:{R}:{A}:table/{}"

_FORMATS: dict[tuple[str, str], str] = {
    ("AWS::StepFunctions::StateMachine", ""): _STATE_MACHINE,
    ("AWS::StepFunctions::StateMachine", "Arn"): _STATE_MACHINE,
    ("AWS::Serverless::StateMachine", ""): _STATE_MACHINE,
    ("AWS::Serverless::StateMachine", "Arn"): _STATE_MACHINE,
    ("AWS::StepFunctions::Activity", ""): "arn:{P}:states:{R}:{A}:activity:{Name}",
    ("AWS::StepFunctions::Activity", "Arn"): "arn:{P}:states:{R}:{A}:activity:{Name}",
    ("AWS::Lambda::Function", "Arn"): _FUNCTION,
    ("AWS::Serverless::Function", "Arn"): _FUNCTION,
    ("AWS::DynamoDB::Table", "Arn"): _TABLE,
    ("AWS::Serverless::SimpleTable", "Arn"): _TABLE,
    ("AWS::SQS::Queue", "Arn"): "arn:{P}:sqs:{R}:{A}:{QueueName}",
    ("AWS::SNS::Topic", ""): "arn:{P}:sns:{R}:{A}:{TopicName}",
    ("AWS::S3::Bucket", "Arn"): "arn:{P}:s3:::{}",
    ("AWS::ECS::Cluster", "Arn"): "arn:{P}:ecs:{R}:{A}:cluster/{}",
    ("AWS::ECS::TaskDefinition", ""): "arn:{P}:ecs:{R}:{A}:task-definition/{Family}:{Revision}",
}
_PSEUDO = {"P": "AWS::Partition", "R": "AWS::Region", "A": "AWS::AccountId"}
_FIELD = re.compile(r"\{([^}]*)\}")
_NAMES = frozenset(
    (kind, name)
    for (kind, _), arn_format in _FORMATS.items()
    for name in _FIELD.findall(arn_format)
    if name not in _PSEUDO
)


def arn_of(reference: Reference, resource_type: str) -> Text | None:
    """Return the ARN that a reference to a resource of a type is; `None` when it is none.

    Its holes are the partition, region and account, and the resource's name; none of these
    contains a colon or a slash.
    """
    arn_format = _FORMATS.get((resource_type, reference.attribute))
    if arn_format is None:
        return None
    parts: list[Piece | Hole] = []
    done = 0
    for match in _FIELD.finditer(arn_format):
        parts.append(Piece(arn_format[done : match.start()]))
        parts.append(Hole(_field(match.group(1), reference)))
        done = match.end()
    return Text(tuple(parts))


def is_name(reference: Reference, resource_type: str) -> bool:
    """Tell whether a reference to a resource of a type is a name in its ARN."""
    return (resource_type, reference.attribute) in _NAMES


def _field(name: str, reference: Reference) -> Reference:
    if name in _PSEUDO:
        return Reference(_PSEUDO[name], "", _PSEUDO[name])
    own = reference.expression.partition(".")[0] or reference.target
    return Reference(reference.target, name, f"{own}.{name}" if name else own)
