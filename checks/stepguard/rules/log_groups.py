"""What rules on the log groups of state machines share."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.log_groups import LOG_GROUP_TYPES, LogGroup, log_group
from stepguard.deployment.resources import Form, Logging, Resource, StateMachine
from stepguard.deployment.values import plain
from stepguard.finding import RelatedPlace
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


def groups_of(machine: StateMachine, context: Context) -> Iterator[LogGroup]:
    """Yield the log groups of the project that a machine logs to, or will if its level allows."""
    logging = machine.logging
    if not isinstance(logging, Logging) or not isinstance(logging.destinations, list):
        return
    if isinstance(logging_of(machine), LoggingOff):
        return
    for destination in logging.destinations:
        for one in resources_meant(plain(destination), LOG_GROUP_TYPES, context.deployment):
            yield log_group(one)


def users_of(group: Resource, context: Context) -> tuple[RelatedPlace, ...]:
    """Return the machines that log to a group, as related places."""
    return tuple(
        RelatedPlace(f"{machine.address} logs to it", machine.span)
        for machine in context.deployment.state_machines
        if any(one.resource is group for one in groups_of(machine, context))
    )


def is_terraform(resource: Resource) -> bool:
    """Tell whether a resource is written in Terraform."""
    return resource.form in (Form.TERRAFORM, Form.PLAN)


def in_language(resource: Resource, *, terraform: str, cloudformation: str) -> str:
    """Return the snippet in the language that a resource is written in."""
    return terraform if is_terraform(resource) else cloudformation
