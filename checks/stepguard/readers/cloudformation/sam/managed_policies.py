"""AWS managed policies that a template names without their ARN."""

from __future__ import annotations

from functools import cache

from stepguard.data import load
from stepguard.deployment.values import Hole, Piece, Reference, Traced, text_of

_PARTITION = Reference("AWS::Partition", expression="AWS::Partition")


def with_arn(policy: Traced) -> Traced:
    """Return the ARN of a managed policy that is given by name, as SAM makes it.

    `AWSLambdaRole` becomes `arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaRole`;
    the path may stand before the name. Anything else (an ARN, a reference, a name that AWS does
    not have) is returned as it is.
    """
    name = policy.value
    if not isinstance(name, str) or name.startswith("arn:"):
        return policy
    path = _paths().get(name.rpartition("/")[2])
    if path is None or name.rpartition("/")[0] not in ("", path.rstrip("/")):
        return policy
    last = name.rpartition("/")[2]
    return text_of(
        [
            Piece("arn:", policy.span),
            Hole(_PARTITION, policy.span),
            Piece(f":iam::aws:policy/{path}{last}", policy.span),
        ],
        policy.span,
    )


@cache
def _paths() -> dict[str, str]:
    """Return the path in the ARN of each AWS managed policy, by its name."""
    by_path = load("aws_managed_policies")["paths"]
    return {name: path for path, names in by_path.items() for name in names}
