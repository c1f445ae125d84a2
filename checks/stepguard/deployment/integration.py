"""What a task calls: the parts of its `Resource`."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from stepguard.deployment.values import (
    Hole,
    OneOf,
    Piece,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)
from stepguard.structs import Struct

Kind: TypeAlias = Literal["lambda-arn", "activity", "optimized", "aws-sdk", "unknown"]
Pattern: TypeAlias = Literal["REQUEST_RESPONSE", "SYNC", "SYNC_2", "WAIT_FOR_TASK_TOKEN"]

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
"""The partitions that have Step Functions and a name that templates write."""

_SUFFIXES: dict[str, Pattern] = {
    "": "REQUEST_RESPONSE",
    "sync": "SYNC",
    "sync:2": "SYNC_2",
    "waitForTaskToken": "WAIT_FOR_TASK_TOKEN",
}
_HOLE = "\0"
_RESOURCES_OF_STATES = frozenset({"execution", "express", "mapRun", "stateMachine"})
_LAMBDA_TYPES = frozenset(
    {
        "aws_lambda_function",
        "aws_lambda_alias",
        "AWS::Lambda::Function",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Version",
        "AWS::Serverless::Function",
    }
)
_ACTIVITY_TYPES = frozenset({"aws_sfn_activity", "AWS::StepFunctions::Activity"})
_TERRAFORM_TYPE = re.compile(r"(?:^|\.)(aws_lambda_function|aws_lambda_alias|aws_sfn_activity)\.")


class Integration(Struct, frozen=True):
    """What a task calls and how it waits for the answer.

    `service` and `action` are as the ARN writes them (`lambda`, `invoke`); they are empty for a
    Lambda function, an activity and an unknown resource. `suffix` is what stands after the
    action's dot when that is none of the four patterns.
    """

    kind: Kind
    service: str = ""
    action: str = ""
    pattern: Pattern = "REQUEST_RESPONSE"
    suffix: str = ""

    @property
    def is_callback(self) -> bool:
        """Whether the task waits until somebody returns its token."""
        return self.pattern == "WAIT_FOR_TASK_TOKEN"

    @property
    def is_job(self) -> bool:
        """Whether the task waits until a job has ended (`.sync`)."""
        return self.pattern in ("SYNC", "SYNC_2")

    @property
    def is_activity(self) -> bool:
        """Whether the task waits for a worker that polls an activity."""
        return self.kind == "activity"

    @property
    def name(self) -> str:
        """How a person writes it: `lambda:invoke.waitForTaskToken`, `activity`."""
        suffixes = {pattern: text for text, pattern in _SUFFIXES.items()}
        tail = suffixes[self.pattern] or self.suffix
        if self.kind == "optimized":
            return f"{self.service}:{self.action}" + (f".{tail}" if tail else "")
        if self.kind == "aws-sdk":
            return f"aws-sdk:{self.service}:{self.action}" + (f".{tail}" if tail else "")
        return {"lambda-arn": "a Lambda function", "activity": "an activity"}.get(
            self.kind, "an unknown resource"
        )


UNKNOWN_INTEGRATION = Integration("unknown")
"""What cannot be told."""


def read_integration(resource: Plain, types: dict[str, str] | None = None) -> Integration:
    """Return what a task's `Resource` means.

    `types` gives the types of the project's resources by address or logical id, for references
    that do not name theirs; `None` when the project is not known. Whatever is not certain makes
    the integration `unknown`; a choice is known when every alternative means the same.
    """
    if isinstance(resource, OneOf):
        found = {read_integration(one, types) for one in alternatives(resource)}
        return found.pop() if len(found) == 1 else UNKNOWN_INTEGRATION
    if isinstance(resource, Reference):
        return _of_reference(resource, types)
    if isinstance(resource, Text):
        first = resource.parts[0] if resource.parts else None
        if isinstance(first, Hole) and isinstance(first.value, Reference):
            rest = resource.parts[1:]
            if not rest or (isinstance(rest[0], Piece) and rest[0].text.startswith(":")):
                return _of_reference(first.value, types)
        flat = "".join(part.text if isinstance(part, Piece) else _HOLE for part in resource.parts)
        return _of_arn(flat)
    if isinstance(resource, str):
        return _of_arn(resource)
    return UNKNOWN_INTEGRATION


def _of_reference(reference: Reference, types: dict[str, str] | None) -> Integration:
    target = reference.target
    if reference.is_pseudo:
        return UNKNOWN_INTEGRATION
    kind = (types or {}).get(target, "")
    if not kind and (match := _TERRAFORM_TYPE.search(target)):
        kind = match.group(1)
    if kind in _ACTIVITY_TYPES:
        return Integration("activity")
    if kind in _LAMBDA_TYPES:
        return Integration("lambda-arn")
    if types is not None and not kind and "." not in target:
        # A logical id. Activities are among the resources that are read, so this is none; what
        # else a task can name by a reference to its ARN is a function, its version or alias.
        return Integration("lambda-arn")
    return UNKNOWN_INTEGRATION


def _of_arn(arn: str) -> Integration:
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn":
        return UNKNOWN_INTEGRATION
    partition, service, rest = parts[1], parts[2], parts[5:]
    if partition not in PARTITIONS and _HOLE not in partition:
        return UNKNOWN_INTEGRATION
    if service == "lambda":
        return Integration("lambda-arn") if rest[0] == "function" else UNKNOWN_INTEGRATION
    if service != "states":
        return UNKNOWN_INTEGRATION
    if rest[0] == "activity":
        return Integration("activity")
    # Region and account are mostly left out of the ARN of an integration, but may be there.
    if rest[0] in _RESOURCES_OF_STATES or any(_HOLE in part for part in rest):
        return UNKNOWN_INTEGRATION
    if rest[0] == "aws-sdk":
        return _of_call("aws-sdk", rest[1:])
    return _of_call("optimized", rest)


def _of_call(kind: Literal["optimized", "aws-sdk"], names: list[str]) -> Integration:
    if len(names) < 2:
        return UNKNOWN_INTEGRATION
    action, _, suffix = ":".join(names[1:]).partition(".")
    if suffix in _SUFFIXES:
        return Integration(kind, names[0], action, _SUFFIXES[suffix])
    return Integration(kind, names[0], action, suffix=suffix)


def is_unread(resource: Plain) -> bool:
    """Tell whether a task's `Resource` could not be read, as opposed to being an odd one."""
    return isinstance(resource, (Unknown, Reference, OneOf, Text))
