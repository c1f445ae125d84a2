"""Actions that a workflow may need besides those that it calls for."""

from __future__ import annotations

import re
from collections.abc import Collection

from stepguard.data import load
from stepguard.deployment.iam.patterns import action_matches

_TAGGING = re.compile(r"(?:Tag|AddTags|CreateTags|ListTags)\w*", re.IGNORECASE)
_MAKING = re.compile(
    r"(?:Batch)?(?:Add|Copy|Create|Import|Launch|Publish|Put|Register|Request|Restore|Run|Send"
    r"|Start|Submit|Update)\w*",
    re.IGNORECASE,
)
_KEYS = "kms"
_LINKED_ROLE = "iam:createservicelinkedrole"

BEHIND_KEYS = frozenset(
    {
        "athena",
        "dynamodb",
        "ecr",
        "elasticfilesystem",
        "events",
        "glue",
        "kinesis",
        "lambda",
        "logs",
        "redshift-data",
        "s3",
        "sagemaker",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "states",
    }
)
"""Services that use a customer's key in the name of the caller (forward access).

Sources: the developer guides of each service; `fas` maps of awslabs/iam-policy-autopilot.
"""


def may_accompany(action: str, used: Collection[str]) -> bool:
    """Tell whether an action may be needed together with others that a workflow takes.

    So are those that the Service Authorization Reference lists for the same operation, or as
    dependent actions; those on keys, which a service uses on the caller's behalf; tagging of what
    is made; and the making of a service's own role.
    """
    lower = action.lower()
    service, _, name = lower.partition(":")
    if lower == _LINKED_ROLE:
        return any(_MAKING.fullmatch(one.partition(":")[2]) for one in used)
    if service == _KEYS and any(one.partition(":")[0].lower() in BEHIND_KEYS for one in used):
        return True
    if _TAGGING.fullmatch(name) and any(_makes(one, service) for one in used):
        return True
    return any(action_matches(action, one) for one in _companions(used))


def _makes(action: str, service: str) -> bool:
    own, _, name = action.partition(":")
    return own.lower() == service and bool(_MAKING.fullmatch(name))


def _companions(used: Collection[str]) -> list[str]:
    data = load("companion_actions")
    return [
        companion
        for action in used
        for table in ("operations", "dependent")
        for companion in data[table].get(action, ())
    ]
