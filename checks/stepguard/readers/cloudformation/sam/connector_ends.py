"""The two ends of a connector: resources of the template, or what their ARN and type say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepguard.data import load
from stepguard.deployment.source import Span
from stepguard.deployment.values import OneOf, Reference, Traced
from stepguard.readers.cloudformation.parts import elements, given, role_meant_by, why
from stepguard.readers.cloudformation.sam.roles import makes_role, role_reference
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext
from stepguard.structs import Struct, field

MACHINE_TYPE = "AWS::StepFunctions::StateMachine"

_NATIVE_TYPES = {
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::StateMachine": MACHINE_TYPE,
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
}
_WITH_GENERATED_ROLE = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_ATTRIBUTES = ("Arn", "ResourceId", "Name", "Qualifier")
_OUTPUT_OF = {"Arn": "Arn", "ResourceId": "Id", "Name": "Name", "Qualifier": "Qualifier"}


class ConnectorError(Exception):
    """A connector that cannot be read: `reason` says why in a few words, `span` where."""

    def __init__(self, reason: str, span: Span | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


class End(Struct, frozen=True):
    """One end of a connector: its type in CloudFormation, its role, its ARN and the like."""

    type: str
    role: Traced | None
    span: Span | None
    attributes: dict[str, Traced] = field(default_factory=dict)

    def variables(self, side: str) -> dict[str, Traced]:
        """Return the attributes under the names that statements use: `SourceArn`."""
        return {side + name: value for name, value in self.attributes.items()}


class Ends:
    """Reads the ends of the connectors of one template."""

    def __init__(
        self, resources: Mapping[str, EvaluatedResource], context: TemplateContext
    ) -> None:
        self._resources = resources
        self._context = context
        self._roles_of_targets: dict[str, dict[str, Traced | None]] = {}

    def read(self, value: Traced, other: Traced) -> End:
        """Return what an end is; `other` is the connector's other end.

        Raises `ConnectorError`.
        """
        if not isinstance(value.value, dict):
            raise ConnectorError(f"one of its ends: {why(value)}", value.span)
        logical_id = given(value, "Id")
        if logical_id is None:
            return self._described(value)
        return self._resource(logical_id, value, other)

    def _described(self, value: Traced) -> End:
        """Return an end of which the template says type, ARN and role name itself."""
        type_ = given(value, "Type")
        if type_ is None or not isinstance(type_.value, str):
            raise ConnectorError("one of its ends has no Type that is known", value.span)
        known = {name: given(value, name) for name in _ATTRIBUTES}
        return End(
            type=_NATIVE_TYPES.get(type_.value, type_.value),
            role=role_meant_by(given(value, "RoleName")),
            span=value.span,
            attributes={name: one for name, one in known.items() if one is not None},
        )

    def _resource(self, logical_id: Traced, value: Traced, other: Traced) -> End:
        """Return an end that is a resource of the template."""
        if not isinstance(logical_id.value, str):
            raise ConnectorError(f"one of its ends: {why(logical_id)}", logical_id.span)
        resource = self._resources.get(logical_id.value)
        if resource is None:
            raise ConnectorError(f"there is no resource {logical_id.value}", logical_id.span)
        type_ = _NATIVE_TYPES.get(resource.type, resource.type)
        shape = load("sam_connectors")["resources"].get(type_, {"attributes": {}})
        attributes = self._attributes(resource, shape, logical_id.span)
        qualifier = given(value, "Qualifier")
        if qualifier is not None:
            attributes["Qualifier"] = qualifier
        role = self._role(resource, shape, other)
        return End(type=type_, role=role, span=logical_id.span, attributes=attributes)

    def _attributes(
        self, resource: EvaluatedResource, shape: Mapping[str, Any], span: Span | None
    ) -> dict[str, Traced]:
        found: dict[str, Traced] = {}
        for name, output in _OUTPUT_OF.items():
            constant = shape.get("constants", {}).get(output)
            attribute = shape["attributes"].get(output)
            if constant is not None:
                found[name] = Traced(constant, span)
            elif attribute is not None:
                expression = f"{resource.logical_id}.{attribute}".rstrip(".")
                target = self._context.address(resource.logical_id)
                found[name] = Traced(Reference(target, attribute, expression), span)
        return found

    def _role(
        self, resource: EvaluatedResource, shape: Mapping[str, Any], other: Traced
    ) -> Traced | None:
        if "role_of_target" in shape:
            return self._role_of_target(resource, shape["role_of_target"], other)
        if resource.type in _WITH_GENERATED_ROLE:
            if makes_role(resource):
                return role_reference(resource, self._context)
            return _reference_only(given(resource.properties, "Role"))
        return _reference_only(given(resource.properties, shape.get("role", "")))

    def _role_of_target(
        self, rule: EvaluatedResource, property_name: str, other: Traced
    ) -> Traced | None:
        """Return the role of that target of an event rule to which the connector leads."""
        known = self._roles_of_targets.get(rule.logical_id)
        if known is None:
            known = self._roles_of_targets[rule.logical_id] = {}
            targets, _ = elements(given(rule.properties, "Targets"))
            for target in targets:
                arn = given(target, "Arn")
                if arn is not None and isinstance(arn.value, Reference):
                    role = _reference_only(given(target, property_name))
                    known.setdefault(arn.value.target, role)
        wanted = given(other, "Id")
        if wanted is None or not isinstance(wanted.value, str):
            return None
        return known.get(self._context.address(wanted.value))


def _reference_only(role: Traced | None) -> Traced | None:
    """Return a role that is given by reference; SAM can add to no other."""
    meant = role_meant_by(role)
    return meant if meant is not None and isinstance(meant.value, (Reference, OneOf)) else None
