"""From the SAM resources of a template to the resources that rules judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import OneOf, Reference, Traced
from stepguard.readers.cloudformation.parts import depends_on, given, role_meant_by
from stepguard.readers.cloudformation.resources import plain_resource
from stepguard.readers.cloudformation.sam.connector_ends import Ends
from stepguard.readers.cloudformation.sam.connectors import connectors_of, policies_of_connector
from stepguard.readers.cloudformation.sam.globals import with_globals
from stepguard.readers.cloudformation.sam.machines import state_machine
from stepguard.readers.cloudformation.sam.roles import makes_role, role_of_function
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext

MAXIMUM_CONNECTED = 2_000
"""Policies of connectors that are made for one template; CloudFormation takes 500 resources."""

_SERVERLESS = "AWS::Serverless::"
_MACHINE = "AWS::Serverless::StateMachine"
_FUNCTION = "AWS::Serverless::Function"
_CONNECTOR = "AWS::Serverless::Connector"
_NESTED_STACK = "AWS::Serverless::Application"
_ROLES_OF_MACHINES = {_MACHINE: "Role", "AWS::StepFunctions::StateMachine": "RoleArn"}


def expand(
    template: Traced, resources: Mapping[str, EvaluatedResource], context: TemplateContext
) -> list[Resource]:
    """Return the SAM resources of a template, and what SAM adds to it.

    The contract is in `stepguard.readers.cloudformation.template`.
    """
    found: list[Resource] = []
    connected = _policies_of_connectors(resources, context)
    for name, one in resources.items():
        made = connected.get(name, [])
        own: list[Resource] = []
        if one.type == _MACHINE:
            own.extend(state_machine(one, template, context))
        elif _stays(one) and not (one.type == _CONNECTOR and made):
            own.append(plain_resource(with_globals(one, template, context), Form.SAM))
        for resource in own:
            if resource.address == context.address(name):
                resource.depends_on = _depends_on(one, context)
        found.extend(own)
        found.extend(made)
    found.extend(_roles_of_functions(resources, context))
    return found


def _policies_of_connectors(
    resources: Mapping[str, EvaluatedResource], context: TemplateContext
) -> dict[str, list[Resource]]:
    """Return what connectors make, by the resource that they are written in."""
    ends = Ends(resources, context)
    found: dict[str, list[Resource]] = {}
    left = MAXIMUM_CONNECTED
    for name, one in resources.items():
        for connector in connectors_of(one, context):
            made = list(islice(policies_of_connector(connector, ends, context), left))
            found.setdefault(name, []).extend(made)
            left -= len(made)
            if not left:
                message = "it has too many connectors: the rest is not read"
                context.error(message, one.span, hides_resources=True)
                return found
    return found


def _depends_on(one: EvaluatedResource, context: TemplateContext) -> tuple[str, ...]:
    written = depends_on(one, context)
    if one.type == _FUNCTION and makes_role(one):
        return (*written, context.address(f"{one.logical_id}Role"))
    return written


def _stays(one: EvaluatedResource) -> bool:
    """Tell whether a resource is SAM's own and is kept as it is; nested stacks are the reader's."""
    return one.type.startswith(_SERVERLESS) and one.type != _NESTED_STACK


def _roles_of_functions(
    resources: Mapping[str, EvaluatedResource], context: TemplateContext
) -> Iterator[Resource]:
    """Yield the roles that SAM makes for functions, where they matter.

    That is where the author gives them policies, and where a state machine has one.
    """
    wanted = _referenced_roles(resources)
    for one in resources.values():
        if one.type != _FUNCTION or not makes_role(one):
            continue
        has_machine = context.address(f"{one.logical_id}Role") in wanted
        if has_machine or given(one.properties, "Policies") is not None:
            yield role_of_function(one, context, has_machine=has_machine)


def _referenced_roles(resources: Mapping[str, EvaluatedResource]) -> set[str]:
    """Return the addresses of the roles that state machines refer to."""
    found: set[str] = set()
    for one in resources.values():
        name = _ROLES_OF_MACHINES.get(one.type)
        pending = [] if name is None else [role_meant_by(given(one.properties, name))]
        while pending:
            role = pending.pop()
            content = None if role is None else role.value
            if isinstance(content, Reference):
                found.add(content.target)
            elif isinstance(content, OneOf):
                pending.extend(each for each in content.alternatives if isinstance(each, Traced))
    return found
