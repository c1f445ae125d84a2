"""Connectors: policies that SAM makes to let one resource use another.

Only those that are for a role matter here. A connector that cannot be read leaves its reason on
the roles that it may be for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepguard.data import load
from stepguard.deployment.resources import Form, Policy, PolicyAttachment, Resource, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.parts import elements, given, variants, why
from stepguard.readers.cloudformation.sam.connector_ends import (
    MACHINE_TYPE,
    ConnectorError,
    End,
    Ends,
)
from stepguard.readers.cloudformation.sam.statements import MissingVariableError, filled
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext
from stepguard.structs import Struct

_ROLE_POLICY = "AWS_IAM_ROLE_MANAGED_POLICY"


class Connector(Struct, frozen=True):
    """A connector, wherever it is written.

    `name` is the logical id that SAM builds on, `holder` the resource whose text it stands in,
    `place` where it does. `source` and `properties` are evaluated.
    """

    name: str
    holder: EvaluatedResource
    source: Traced
    properties: Traced
    place: Span | None


def connectors_of(resource: EvaluatedResource, context: TemplateContext) -> Iterator[Connector]:
    """Yield the connectors that a resource is, or has in its attribute `Connectors`."""
    if resource.type == "AWS::Serverless::Connector":
        source = given(resource.properties, "Source") or Traced(None, resource.span)
        yield Connector(resource.logical_id, resource, source, resource.properties, resource.span)
    attribute = resource.body.get("Connectors")
    if attribute is None:
        return
    evaluated = context.evaluate_in(resource, attribute)
    if not isinstance(evaluated.value, dict):
        message = f"Connectors of {resource.logical_id} is no object"
        context.error(message, attribute.span, hides_resources=True)
        return
    for name, value in evaluated.value.items():
        place = (evaluated.keys or {}).get(name) or value.span
        for _, one in variants(value):
            properties = given(one, "Properties") or Traced({}, place)
            members: dict[str, Any] = {"Id": Traced(resource.logical_id, place)}
            reference = given(properties, "SourceReference")
            if reference is not None and isinstance(reference.value, dict):
                members = {**reference.value, **members}
            source = Traced(members, place)
            yield Connector(resource.logical_id + name, resource, source, properties, place)


def policies_of_connector(
    connector: Connector, ends: Ends, context: TemplateContext
) -> Iterator[Resource]:
    """Yield the policies that a connector makes for roles, and reasons where it cannot be read."""
    destinations = given(connector.properties, "Destination")
    found = [one for _, one in variants(destinations)] if destinations is not None else []
    if not found:
        yield from _refusal(connector, [], "it has no Destination", connector.place, context)
    for value in found:
        several = isinstance(value.value, list)
        listed, unread = elements(value) if several else ([value], [])
        for reason in unread:
            yield from _refusal(connector, [], reason.reason, reason.span, context)
        for number, destination in enumerate(listed):
            suffix = f"PolicyDestination{number}" if several else "Policy"
            yield from _policy(connector, destination, ends, context, connector.name + suffix)


def _policy(
    connector: Connector, destination: Traced, ends: Ends, context: TemplateContext, name: str
) -> Iterator[Resource]:
    known: list[End] = []
    try:
        for value, other in ((connector.source, destination), (destination, connector.source)):
            known.append(ends.read(value, other))
        source, target = known
        profile = _profile(source, target)
        if profile["kind"] != _ROLE_POLICY:
            return
        end = source if profile["role_of"] == "source" else target
        if end.role is None:
            raise ConnectorError(f"the role of its {profile['role_of']} is not known", end.span)
        known = [end]
        statements = _statements(connector, profile, source, target)
    except ConnectorError as error:
        yield from _refusal(connector, known, error.reason, error.span, context)
        return
    document = Traced(
        {"Version": Traced("2012-10-17", connector.place), "Statement": statements},
        connector.place,
    )
    yield Policy(
        address=connector.holder.address,
        type="AWS::Serverless::Connector",
        form=Form.SAM,
        span=connector.place,
        block=connector.holder.block,
        attributes=connector.properties,
        label=connector.holder.label,
        name=Traced(name, connector.place),
        document=context.document(context.evaluate_in(connector.holder, document)),
        managed=True,
        roles=[end.role],
    )


def _profile(source: End, target: End) -> dict[str, Any]:
    """Return what a connector between two types of resources grants."""
    profile = load("sam_connectors")["profiles"].get(source.type, {}).get(target.type)
    if profile is None:
        reason = f"SAM has no connector from {source.type} to {target.type}"
        raise ConnectorError(reason, target.span)
    found: dict[str, Any] = profile
    return found


def _statements(connector: Connector, profile: dict[str, Any], source: End, target: End) -> Traced:
    """Return the statements for the permissions asked for, each at the place of its permission."""
    asked, unread = elements(given(connector.properties, "Permissions"))
    if unread:
        raise ConnectorError(unread[0].reason, unread[0].span)
    places: dict[str, Span | None] = {}
    for one in asked:
        if not isinstance(one.value, str):
            raise ConnectorError(f"one of its Permissions: {why(one)}", one.span)
        if one.value not in profile["access"]:
            reason = f"{one.value} is no permission from {source.type} to {target.type}"
            raise ConnectorError(reason, one.span)
        places[one.value] = one.span or connector.place
    if not places:
        raise ConnectorError("it has no Permissions", connector.place)
    if sorted(places) not in profile.get("combinations", [sorted(places)]):
        combinations = " or ".join(" and ".join(one) for one in profile["combinations"])
        raise ConnectorError(f"its Permissions must be {combinations}", connector.place)
    variables = {**source.variables("Source"), **target.variables("Destination")}
    statements: list[Traced] = []
    for name, access in profile["access"].items():
        if name in places:
            try:
                statements.extend(filled(access, variables, places[name]).value)
            except MissingVariableError as error:
                raise ConnectorError(f"{error.name} is not given", target.span) from error
    return Traced(statements, connector.place)


def _refusal(
    connector: Connector,
    ends: list[End],
    reason: str,
    span: Span | None,
    context: TemplateContext,
) -> Iterator[Resource]:
    """Leave the reason on the roles of the ends that are known.

    Where there is none of them, and one end may be a state machine, the template has an error.
    """
    line = f"connector {connector.name}: {reason}"
    roles = [end.role for end in ends if end.role is not None]
    if roles:
        yield PolicyAttachment(
            address=connector.holder.address,
            type="AWS::Serverless::Connector",
            form=Form.SAM,
            span=connector.place,
            block=connector.holder.block,
            attributes=connector.properties,
            label=connector.holder.label,
            roles=roles,
            unread=[Unread(line, span or connector.place)],
        )
    elif not ends or any(end.type == MACHINE_TYPE for end in ends):
        context.error(line, span or connector.place, hides_resources=True)
