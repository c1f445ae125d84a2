"""What a called service does in the name of the role, on resources that the call passes on.

Sources: the developer guides of the services; `fas` maps of awslabs/iam-policy-autopilot;
CloudFormation User Guide, "CloudFormation service role"; Systems Manager User Guide,
"Configuring a service role (assume role) access for automations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepguard.deployment.members import as_object
from stepguard.deployment.values import Plain, Text, render_text
from stepguard.deployment.workflow import Task
from stepguard.permissions.needs.need import Need
from stepguard.permissions.needs.parameters import find_parameter

_OWN_DATA = frozenset(
    {
        "apigateway",
        "batch",
        "dynamodb",
        "ecs",
        "eventbridge",
        "events",
        "http",
        "lambda",
        "s3",
        "sfn",
        "sns",
        "sqs",
        "states",
    }
)
"""Services that hand on what they are given, or act with a role of their own."""

_BUCKET = re.compile(r"s3|bucket", re.IGNORECASE)
_MAXIMUM_DEPTH = 6
_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation")

_DETECTS_LANGUAGE = "comprehend:DetectDominantLanguage"
_TRANSLATIONS = frozenset({"translateText", "translateDocument"})

_FOR_THE_CALLER = {
    ("cloudformation", ""): "RoleARN",
    ("cloudcontrol", ""): "RoleArn",
    ("servicecatalog", "provisionProduct"): "",
    ("ssm", "startAutomationExecution"): "Parameters.AutomationAssumeRole",
}
"""Operations that do what they are told with the caller's permissions, unless a role is given."""


def needs_downstream(task: Task) -> Iterator[Need]:
    """Yield what the service that a task calls may do with the permissions of the role."""
    call = task.integration
    if call.kind not in ("optimized", "aws-sdk"):
        return
    if call.kind == "aws-sdk" and _acts_for_caller(task):
        yield _need("*", task, "what the call is told to do")
        return
    if call.kind == "aws-sdk" and call.service == "translate" and call.action in _TRANSLATIONS:
        yield from _detection(task)
    if call.service not in _OWN_DATA and _names_bucket(task.parameters, 0):
        for action in _OBJECTS:
            yield _need(action, task, "the service reads or writes the objects that it is given")


def _detection(task: Task) -> Iterator[Need]:
    """Yield what Amazon Translate may need of the caller to find out the language of a text.

    Source: Amazon Translate Developer Guide, "AWS managed policies for Amazon Translate".
    """
    source = find_parameter(task.parameters, "SourceLanguageCode")[0]
    if source.decided == "written" and isinstance(source.value, str) and source.value != "auto":
        return
    yield Need(
        action=_DETECTS_LANGUAGE,
        resources=("*",),
        kind="conditional",
        part="call",
        states=(task.name,),
        when="the language of the text is to be found out",
        sources=("translate/latest/dg/security-iam-awsmanpol",),
    )


def _need(action: str, task: Task, when: str) -> Need:
    return Need(
        action=action,
        resources=("*",),
        kind="downstream",
        part="data",
        states=(task.name,),
        is_dynamic=True,
        when=when,
        sources=("forward access",),
    )


def _acts_for_caller(task: Task) -> bool:
    call = task.integration
    for (service, operation), role in _FOR_THE_CALLER.items():
        if call.service == service and operation in ("", call.action):
            return not role or find_parameter(task.parameters, role)[0].decided == "absent"
    return False


def _names_bucket(value: Plain, depth: int) -> bool:
    """Tell whether a call passes on the place of objects: by a name, or by an `s3://` address."""
    if depth > _MAXIMUM_DEPTH:
        return False
    if isinstance(value, (str, Text)):
        text = render_text(value) if isinstance(value, Text) else value
        return "s3://" in text.lower()
    if isinstance(value, list):
        return any(_names_bucket(one, depth + 1) for one in value)
    members = as_object(value) or {}
    return any(
        _BUCKET.search(str(name)) is not None or _names_bucket(one, depth + 1)
        for name, one in members.items()
    )
