"""One stack: a template with the values of its parameters, evaluated as far as it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, Reference, Traced, Unknown
from stepguard.readers.cloudformation.cdk import construct_path
from stepguard.readers.cloudformation.conditions import Conditions
from stepguard.readers.cloudformation.evaluation import INCLUDE, Evaluator, Member
from stepguard.readers.cloudformation.parameters import Given, Parameters, read_parameters
from stepguard.readers.cloudformation.project import TemplateFile
from stepguard.readers.cloudformation.scope import Scope
from stepguard.readers.cloudformation.template import EvaluatedResource
from stepguard.readers.cloudformation.texts import at_place
from stepguard.structs import Struct

SAM_TYPE = "AWS::Serverless::"
_OF_AWS = "AWS::"
_SAM_TRANSFORM = "AWS::Serverless-"
_OUTPUTS = "Outputs."


class Declared(Struct, frozen=True):
    """A resource as a template declares it: its members, and what holds where it exists."""

    logical_id: str
    type: str
    span: Span | None
    body: Traced
    members: Mapping[str, Member]
    scope: Scope
    condition: str


class Stack:
    """A template, what is passed to it, and what the names in it mean.

    It is the `Names` of its evaluator. `prefix` stands before the logical ids in addresses;
    `given` is passed to its parameters. `open_nested` opens the local template of a nested
    stack, by logical id; it returns `None` when there is none.
    """

    def __init__(
        self,
        template: TemplateFile,
        given: Mapping[str, Given],
        open_nested: Callable[[Stack, Declared], Stack | None],
        prefix: str = "",
    ) -> None:
        self.template = template
        self.prefix = prefix
        self.declared: dict[str, Declared] = {}
        self.is_sam = False
        self._open_nested = open_nested
        self._nested: dict[str, Stack | None] = {}
        self._evaluated: dict[str, EvaluatedResource] = {}
        self._rest: Unknown | Reference | None = None
        self._scope = Scope()
        self._mappings: dict[str, Member] = {}
        self._outputs: dict[str, Member] = {}
        self._evaluator = Evaluator(self, template.included)
        # What a template includes at its top may not depend on its parameters.
        self._parameters = Parameters({})
        self._conditions = Conditions({}, self._parameters, self._evaluator.evaluate)
        self._sections = self._read_sections()
        self._parameters = Parameters(read_parameters(self._section("Parameters")), given)
        self._conditions = Conditions(
            {name: member.value for name, member in self._members_of("Conditions").items()},
            self._parameters,
            self._evaluator.evaluate,
        )
        self._mappings = self._members_of("Mappings")
        self._outputs = self._members_of("Outputs")
        self.is_sam = _names_sam(self._sections.get("Transform"))
        self._declare()
        self.is_sam = self.is_sam or any(
            one.type.startswith(SAM_TYPE) for one in self.declared.values()
        )

    def _read_sections(self) -> dict[str, Traced]:
        """Return the template's sections; those of files that it includes come behind its own."""
        root = self.template.root
        sections: dict[str, Traced] = {}
        nodes = [root]
        transforms = root.get("Transform")
        listed = [] if transforms is None or transforms.value is None else _listed(transforms)
        for transform in listed:
            if _is_of_aws(transform):
                continue
            included = self._evaluator.transformed(_as_call(transform), transform.span, Scope())
            if isinstance(included.value, dict):
                nodes.append(included)
            else:
                self._note_macro(included.value)
        for node in nodes:
            members = self._evaluator.members(node, Scope())
            for member in members.found:
                sections.setdefault(member.key, member.value)
            self._note_macro(members.rest)
        return sections

    def _note_macro(self, unknown: object) -> None:
        """Note why there may be more in the template, or something else in its place."""
        if isinstance(unknown, Unknown):
            self.template.project.macros.append(unknown.reason)

    def _section(self, name: str) -> Traced:
        return self._sections.get(name) or Traced({})

    def _members_of(self, name: str) -> dict[str, Member]:
        members = self._evaluator.members(self._section(name), self._scope)
        return {member.key: member for member in members.found}

    # Resources

    def _declare(self) -> None:
        """Collect the resources that may exist, and say which of them have a wrong form."""
        section = self._section("Resources")
        if not isinstance(section.value, dict) or not (
            section.value or "Resources" in self._sections
        ):
            if self.template.root.value:
                self.template.error(
                    "the template has no resources",
                    section.span or self.template.root.span,
                    hides_resources=True,
                )
            return
        members = self._evaluator.members(section, self._scope)
        self._rest = members.rest
        if members.rest is not None:
            reason = getattr(members.rest, "reason", "")
            message = f"there may be more resources: {reason}"
            self.template.error(message, section.span, hides_resources=True)
        for member in members.found:
            declared = self._declared(member)
            if declared is not None:
                self.declared[member.key] = declared

    def _declared(self, member: Member) -> Declared | None:
        """Return a resource; `None` when no deployment has it, or when it is none."""
        attributes = self._evaluator.members(member.value, member.scope)
        members = {one.key: one for one in attributes.found}
        kind = members.get("Type")
        if kind is None or not isinstance(kind.value.value, str):
            problem = "has no type" if kind is None else "has a type that is no text"
            problem = problem if isinstance(member.value.value, dict) else "is no object"
            message = f"the resource {member.key} {problem}"
            self.template.error(message, member.span, hides_resources=True)
            return None
        condition = members.get("Condition")
        name = condition.value.value if condition is not None else ""
        scope = member.scope
        if isinstance(name, str) and name:
            truth = self._conditions.holds(name, scope)
            if truth is False:
                return None
            if truth is None:
                scope = self._conditions.assume(name, True, scope)
            name = "" if truth else name
        return Declared(
            logical_id=member.key,
            type=kind.value.value,
            span=member.span,
            body=member.value,
            members=members,
            scope=scope,
            condition=name if isinstance(name, str) else "",
        )

    def resources(self) -> dict[str, EvaluatedResource]:
        """Return every resource that may exist, evaluated."""
        return {name: self._resource(one) for name, one in self.declared.items()}

    def _resource(self, one: Declared) -> EvaluatedResource:
        known = self._evaluated.get(one.logical_id)
        if known is not None:
            return known
        metadata = one.members.get("Metadata")
        block = one.span
        if (
            one.span is not None
            and one.body.span is not None
            and one.body.span.file is one.span.file
        ):
            block = Span(one.span.file, one.span.start, max(one.span.end, one.body.span.end))
        properties = one.members.get("Properties")
        evaluated = EvaluatedResource(
            logical_id=one.logical_id,
            address=self.address(one.logical_id),
            type=one.type,
            properties=self._properties(one, properties),
            body=one.body,
            span=one.span,
            block=block,
            condition=one.condition,
            metadata=None if metadata is None else metadata.value,
            label=construct_path(None if metadata is None else metadata.value),
        )
        self._evaluated[one.logical_id] = evaluated
        return evaluated

    def _properties(self, one: Declared, properties: Member | None) -> Traced:
        if properties is None or properties.value.value is None:
            return Traced({}, one.span)
        return self.evaluate(properties.value, one.scope)

    def evaluate(self, value: Traced, scope: Scope | None = None) -> Traced:
        """Evaluate a piece of the template. What is too deep for that is unknown, and an error."""
        try:
            return self._evaluator.evaluate(value, scope or self._scope)
        except RecursionError:
            reason = "it is nested too deeply"
            self.template.error(reason, value.span)
            return Traced(Unknown("…", reason), value.span)

    # Other stacks

    def nested(self, logical_id: str) -> Stack | None:
        """Return the nested stack that a resource is, when its template is a local one."""
        if logical_id not in self._nested:
            # What a nested stack is passed may lead back to it.
            self._nested[logical_id] = None
            declared = self.declared.get(logical_id)
            if declared is not None:
                self._nested[logical_id] = self._open_nested(self, declared)
        return self._nested[logical_id]

    def output(self, name: str) -> Traced | None:
        """Return the value of one of the stack's outputs; `None` when there is no such one."""
        member = self._outputs.get(name)
        value = None if member is None else member.value.get("Value")
        return None if member is None or value is None else self.evaluate(value, member.scope)

    # Names

    def address(self, logical_id: str) -> str:
        """Return the address of a resource of this template."""
        return f"{self.prefix}{logical_id}"

    def parameter(self, name: str, scope: Scope, place: Span | None) -> Traced | None:
        """Return the value of a parameter; `None` when there is no parameter of that name."""
        if (assumed := scope.parameters.get(name)) is not None:
            return at_place(assumed, place)
        return self._parameters.value(name, place, with_defaults=scope.with_defaults)

    def resource(self, name: str, attribute: str, place: Span | None) -> Traced | None:
        """Return what refers to a resource or its attribute; `None` when there is no such one."""
        expression = f"{name}.{attribute}" if attribute else name
        if attribute.startswith(_OUTPUTS) and (nested := self.nested(name)) is not None:
            value = nested.output(attribute[len(_OUTPUTS) :])
            if value is not None and value.value is not REMOVED:
                return at_place(value, place)
        if name in self.declared:
            return Traced(Reference(self.address(name), attribute, expression), place)
        own, _, part = name.partition(".")
        if self.is_sam and own.isalnum():
            # SAM makes resources that the template refers to by the names that they will have.
            return Traced(Reference(self.address(own), attribute or part, expression), place)
        if self._rest is not None:
            reason = "it may be a resource that could not be read"
            return Traced(Unknown(expression, reason), place)
        return None

    def type_at(self, address: str) -> str:
        """Return the type of the resource at an address; empty when it is not in this stack."""
        declared = self.declared.get(address[len(self.prefix) :])
        return "" if declared is None or not address.startswith(self.prefix) else declared.type

    def mapping(self, name: str) -> Traced | None:
        """Return a mapping as it is written."""
        member = self._mappings.get(name)
        return None if member is None else member.value

    def holds(self, condition: str, scope: Scope) -> bool | None:
        """Tell whether a condition holds; `None` when it is open."""
        return self._conditions.holds(condition, scope)

    def assume(self, condition: str, truth: bool, scope: Scope) -> Scope:
        """Return the scope in which a condition holds, or does not hold."""
        return self._conditions.assume(condition, truth, scope)


def _listed(value: Traced) -> list[Traced]:
    return value.value if isinstance(value.value, list) else [value]


def _as_call(transform: Traced) -> Traced:
    """Return a transform as `Fn::Transform` has it; a text is the name of a macro."""
    return transform if transform.get("Name") is not None else Traced({"Name": transform})


def _is_of_aws(transform: Traced) -> bool:
    """Tell whether a transform is one of AWS's own, but for the one that includes a file."""
    name = _as_call(transform).value["Name"].value
    return isinstance(name, str) and name.startswith(_OF_AWS) and name != INCLUDE


def _names_sam(transform: Traced | None) -> bool:
    """Tell whether a template's transforms contain SAM's."""
    for one in [] if transform is None else _listed(transform):
        name = one.get("Name") or one
        if isinstance(name.value, str) and name.value.startswith(_SAM_TRANSFORM):
            return True
    return False
