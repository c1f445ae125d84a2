"""What rules on the log groups of state machines share."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.log_groups import LOG_GROUP_TYPES, LogGroup, log_group
from stepguard.deployment.resources import Logging, Resource, StateMachine
from stepguard.deployment.values import plain
from stepguard.finding import RelatedPlace
from stepguard.permissions.memory import remembered
from stepguard.rules.links import resources_meant
from stepguard.rules.log_levels import LoggingOff, logging_of
from stepguard.rules.rule import Context, Rule


class LogGroupRule(Rule[Resource]):
    """A rule that judges the log groups that state machines of the project log to."""

    def subjects(self, context: Context) -> list[Resource]:
        """Return the log groups that a machine of the project names as its destination."""
        found: dict[str, Resource] = {}
        for machine in context.deployment.state_machines:
            for group in groups_of(machine, context):
                found.setdefault(group.resource.address, group.resource)
        return list(found.values())


def groups_of(machine: StateMachine, context: Context) -> list[LogGroup]:
    """Return the log groups of the project that a machine logs to, or will if its level allows."""
    return _groups(machine, context.deployment)


@remembered
def _groups(machine: StateMachine, deployment: Deployment) -> list[LogGroup]:
    logging = machine.logging
    if not isinstance(logging, Logging) or not isinstance(logging.destinations, list):
        return []
    if isinstance(logging_of(machine), LoggingOff):
        return []
    return [
        log_group(one)
        for destination in logging.destinations
        for one in resources_meant(plain(destination), LOG_GROUP_TYPES, deployment)
    ]


def users_of(group: Resource, context: Context) -> tuple[RelatedPlace, ...]:
    """Return the machines that log to a group, as related places."""
    return tuple(
        RelatedPlace(f"{machine.address} logs to it", machine.span)
        for machine in context.deployment.state_machines
        if any(one.resource is group for one in groups_of(machine, context))
    )
