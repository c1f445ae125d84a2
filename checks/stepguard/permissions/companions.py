"""Actions that a workflow may need besides those that it calls for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stepguard.data import load
from stepguard.deployment.iam.patterns import action_matches, has_wildcard
from stepguard.permissions.actions import find_action

_TAGGING = re.compile(r"(?:Tag|AddTags|CreateTags|ListTags)\w*", re.IGNORECASE)
_MAKING = re.compile(
    r"(?:Batch)?(?:Add|Copy|Create|Import|Launch|Publish|Put|Register|Request|Restore|Run|Send"
    r"|Start|Submit|Update)\w*",
    re.IGNORECASE,
)
_KEYS = "kms"
_ALSO_GRANTED = {"lambda:invokefunction": "lambda:invokeasync"}
"""What AWS grants beside an action wherever it writes a policy: connectors and templates of SAM."""

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


class Companions:
    """The actions that may be needed together with those that a workflow takes.

    So are those that the Service Authorization Reference lists for the same operation, or as
    dependent actions; those on keys, which a service uses on the caller's behalf; tagging of what
    is made; and the making of a service's own role.
    """

    def __init__(self, used: Iterable[str]) -> None:
        self._services: set[str] = set()
        self._making: set[str] = set()
        self._listed: set[str] = set()
        data = load("companion_actions")
        for given in used:
            service, _, name = given.partition(":")
            self._services.add(service.lower())
            if _MAKING.fullmatch(name):
                self._making.add(service.lower())
            if given.lower() in _ALSO_GRANTED:
                self._listed.add(_ALSO_GRANTED[given.lower()])
            action = find_action(given)
            for table in ("operations", "dependent"):
                listed = () if action is None else data[table].get(action.full_name, ())
                self._listed.update(one.lower() for one in listed)

    def may_include(self, action: str) -> bool:
        """Tell whether an action, perhaps with a wildcard, is among them."""
        lower = action.lower()
        service, _, name = lower.partition(":")
        if lower == _LINKED_ROLE:
            return bool(self._making) or lower in self._listed
        if service == _KEYS and self._services & BEHIND_KEYS:
            return True
        if service in self._making and _TAGGING.fullmatch(name):
            return True
        if not has_wildcard(lower):
            return lower in self._listed
        return any(action_matches(lower, one) for one in self._listed)
