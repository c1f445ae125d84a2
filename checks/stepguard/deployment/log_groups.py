"""Log groups of CloudWatch Logs, in one shape for every form of source."""

from __future__ import annotations

from stepguard.deployment.attributes import Names, resources_of, setting
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Traced
from stepguard.structs import Struct

_NAMES: Names = {
    "aws_cloudwatch_log_group": {
        "name": "name",
        "prefix": "name_prefix",
        "retention": "retention_in_days",
        "key": "kms_key_id",
    },
    "AWS::Logs::LogGroup": {
        "name": "LogGroupName",
        "prefix": "",
        "retention": "RetentionInDays",
        "key": "KmsKeyId",
    },
}

LOG_GROUP_TYPES = frozenset(_NAMES)
"""The types of resources that are log groups."""


class LogGroup(Struct, frozen=True, kw_only=True):
    """A log group. What its source does not set is `None`.

    `retention_days` is for how many days events are kept; 0 and not set mean for ever. `prefix`
    is what Terraform's made-up name begins with.
    """

    resource: Resource
    name: Traced | None
    prefix: Traced | None
    retention_days: Traced | None
    key: Traced | None


def log_group(resource: Resource) -> LogGroup:
    """Read a resource of one of `LOG_GROUP_TYPES`."""
    names = _NAMES[resource.type]
    attributes = resource.attributes
    return LogGroup(
        resource=resource,
        name=setting(attributes, names["name"]),
        prefix=setting(attributes, names["prefix"]) if names["prefix"] else None,
        retention_days=setting(attributes, names["retention"]),
        key=setting(attributes, names["key"]),
    )


def log_groups(deployment: Deployment) -> list[LogGroup]:
    """Return the log groups of a deployment."""
    return [log_group(one) for one in resources_of(deployment, _NAMES)]
