"""Module and resource instances of a root module, evaluated when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from stepguard.deployment.source import Span
from stepguard.deployment.values import OneOf, Reference, Text, Traced, Unknown, plain, references
from stepguard.readers.terraform.access import whole
from stepguard.readers.terraform.blocks import (
    META_ARGUMENTS,
    META_BLOCKS,
    evaluate_blocks,
)
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.choices import assume, distribute
from stepguard.readers.terraform.data_sources import data_attribute
from stepguard.readers.terraform.evaluation import settle
from stepguard.readers.terraform.functions.conversion import convert
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.modules import Declaration, ModuleSource, block_type
from stepguard.readers.terraform.provider_secrets import is_secret_attribute
from stepguard.readers.terraform.repetition import Instance, Repetition, repeat
from stepguard.readers.terraform.scope import Place, Scope
from stepguard.readers.terraform.syntax.expressions import GetAttribute, ObjectExpression
from stepguard.readers.terraform.world import World
from stepguard.structs import Struct, field

MAXIMUM_MODULE_DEPTH = 60
"""Modules within modules."""

MAXIMUM_REPETITIONS = 4_000
"""Instances of resources that `count` and `for_each` make, of resources and of their modules."""

MAXIMUM_MODULE_INSTANCES = 5_000
"""Module instances of one root module."""

_LINKS = {
    "aws_iam_role_policy": {"role"},
    "aws_iam_role_policy_attachment": {"role", "policy_arn"},
    "aws_iam_policy_attachment": {"roles", "policy_arn"},
    "aws_iam_role": {"managed_policy_arns", "permissions_boundary"},
    "aws_iam_role_policies_exclusive": {"role_name"},
    "aws_iam_role_policy_attachments_exclusive": {"role_name", "policy_arns"},
    "aws_sfn_state_machine": {"role_arn"},
    "awscc_stepfunctions_state_machine": {"role_arn"},
    "aws_cloudformation_stack": {"parameters"},
    "awscc_cloudformation_stack": {"parameters"},
}
"""Attributes that say which resource is meant: a reference says it better than a name."""

_COMPUTED = frozenset({"arn", "id", "tags_all", "unique_id"})
"""Attributes that the provider computes."""


class ResourceInstance(Struct, eq=False):
    """One instance of a resource or data source."""

    module: ModuleInstance
    type: str
    name: str
    mode: str
    declared: Declaration
    instance: Instance
    address: str

    @property
    def shown(self) -> str:
        """Its name in expressions of its own module."""
        prefix = "data." if self.mode == "data" else ""
        return f"{prefix}{self.type}.{self.name}{self.instance.suffix}"

    @property
    def declared_span(self) -> Span | None:
        """The whole block."""
        return self.declared.span

    def own_scope(self) -> Scope:
        """Return the scope of expressions in its block."""
        return self.scope(self.declared.place)

    def scope(self, place: Place) -> Scope:
        """Return the scope of expressions in its block that stand in a file."""
        return self.module.scope(place).binding(self.instance.names)

    def attribute(self, name: str) -> Traced | None:
        """Return what the configuration sets for an attribute or for nested blocks of a type."""
        if name in META_ARGUMENTS or name in META_BLOCKS:
            return None
        found = self.declared.attribute(name)
        blocks = [one for one in self.declared.blocks() if block_type(one[0]) == name]
        if found is None and not blocks:
            return None
        world = self.module.world
        as_link = name in _LINKS.get(self.type, ())

        def evaluate() -> Traced:
            if found is not None:
                attribute, place = found
                return self.given(settle(attribute.expression, self.scope(place)))
            return self._given_blocks(
                evaluate_blocks(name, blocks, self.scope(self.declared.place))
            )

        key = ("attribute", self.address, name)
        shown = f"{self.shown}.{name}"
        if as_link:
            with world.preferring_references():
                return world.compute(key, evaluate, shown)
        return world.compute(key, evaluate, shown)

    def member(self, expression: str, name: str, span: Span | None) -> Traced | None:
        """Return an attribute as other expressions see it; `None` for one that is not known.

        An attribute that the configuration itself sets is known. Others, such as `arn`, and
        those whose value is not known, are references to this resource.
        """
        reference = Traced(Reference(self.address, name, f"{expression}.{name}"), span)
        if self.mode == "data":
            world = self.module.world
            known = world.compute(
                ("data", self.address, name),
                lambda: data_attribute(self, name, expression) or reference,
                f"{expression}.{name}",
            )
            is_elsewhere = known.span is not None and not is_plain_scalar(known)
            return known if is_elsewhere else replace(known, span=span)
        if self.module.world.prefers_references or name in _COMPUTED:
            return reference
        if is_secret_attribute(self.type, name):
            return reference
        value = self.attribute(name)
        if value is None or value.value is None:
            return reference
        if is_plain_scalar(value):
            return replace(value, span=span)
        if isinstance(value.value, list) and self.declared.attribute(name) is None:
            return replace(value, value=[self._open_block(name, one) for one in value.value])
        if isinstance(value.value, (Reference, list, dict)):
            return value
        return reference

    def _open_block(self, name: str, block: Traced) -> Traced:
        """Return a nested block, to which the provider may add attributes."""
        if not isinstance(block.value, dict):
            return block
        return replace(block, rest=block.rest or Reference(self.address, f"{name}[*]"))

    def materialised(self) -> Traced | None:
        """Return nothing: a resource has attributes that the configuration does not set."""
        return None

    def given(self, value: Traced) -> Traced:
        """Return a value under the conditions on which the instance exists."""
        for condition, (number, count) in self.instance.conditions.items():
            assumed = assume(value, condition, number, count)
            if isinstance(assumed, Traced):
                value = assumed
        return value

    def _given_blocks(self, blocks: Traced) -> Traced:
        if not self.instance.conditions:
            return blocks
        elements: list[Traced] = []
        for block in blocks.value:
            kept = block
            for condition, (number, count) in self.instance.conditions.items():
                kept = assume(kept, condition, number, count)
                if not isinstance(kept, Traced):
                    break
            if isinstance(kept, Traced):
                elements.append(kept)
        return replace(blocks, value=elements)

    def attributes(self) -> Traced:
        """Return everything that the configuration sets, by name; nested blocks as lists."""
        result = Traced({}, self.declared.span, keys={})
        for name, (attribute, place) in self.declared.attributes().items():
            if name not in META_ARGUMENTS:
                value = self.attribute(name)
                if value is not None and result.keys is not None:
                    result.value[name] = value
                    span = place.span(attribute.start, attribute.name_end)
                    if span is not None:
                        result.keys[name] = span
        for name in dict.fromkeys(block_type(block) for block, _ in self.declared.blocks()):
            value = None if name in META_BLOCKS else self.attribute(name)
            if value is not None and name not in result.value:
                result.value[name] = value
        self.module.add_all_tags(self, result)
        return result


class Provider(Struct, eq=False):
    """A provider configuration, and the module that holds it."""

    module: ModuleInstance
    declared: Declaration


class ModuleInstance(Struct, eq=False):
    """One instance of a module.

    `address` is empty for the root. `source` is `None` when the module's files are not there;
    `missing` then says why. `call` is the block that calls it, in the module `parent`. Of the root,
    `assigned` are the values that variables are given, and `assignment_gap` says why further ones
    may be.
    """

    world: World
    address: str
    path: str
    source: ModuleSource | None
    missing: str = ""
    parent: ModuleInstance | None = None
    call: Declaration | None = None
    instance: Instance = field(default_factory=lambda: Instance(""))
    assigned: dict[str, Traced] = field(default_factory=dict)
    assignment_gap: str = ""

    def __post_init__(self) -> None:
        self.world.register(self.address, self)

    @property
    def prefix(self) -> str:
        """What stands before the addresses of its resources."""
        return f"{self.address}." if self.address else ""

    def scope(self, place: Place) -> Scope:
        """Return the scope of this module's expressions."""
        return Scope(place, self.world, self)

    # Names in expressions

    def named(self, root: str, name: str, span: Span | None) -> Traced | None:
        """Return `root.name` (`var.x`, `aws_iam_role.r`); `None` when there is no such thing."""
        if root == "var":
            return self.variable(name)
        if root == "local":
            return self.local(name)
        if root == "module":
            repetition = self.calls_of(name)
            return None if repetition is None else repetition.value
        if root == "path":
            return self._path(name, span)
        if root == "terraform":
            return Traced(Unknown(f"terraform.{name}", "it is chosen when Terraform runs"), span)
        repetition = self.resources_of("managed", root, name)
        return None if repetition is None else replace(repetition.value, span=span)

    def data(self, type_name: str, name: str, span: Span | None) -> Traced | None:
        """Return `data.type.name`; `None` when there is no such thing."""
        repetition = self.resources_of("data", type_name, name)
        return None if repetition is None else replace(repetition.value, span=span)

    def _path(self, name: str, span: Span | None) -> Traced | None:
        root = str(self.world.root)
        if name == "cwd":
            return Traced(root, span)
        if name == "root":
            return Traced(".", span)
        if name == "module" and self.source is not None:
            return Traced(Path(os.path.relpath(self.source.directory, root)).as_posix(), span)
        return None

    def variable(self, name: str) -> Traced | None:
        """Return a variable's value; `None` when it is not declared."""
        declared = self.source.variables.get(name) if self.source is not None else None
        if declared is None:
            return None
        return self.world.compute(
            ("variable", self.address, name),
            lambda: self._variable(name, declared),
            f"var.{name}",
        )

    def _variable(self, name: str, declared: Declaration) -> Traced:
        given = self._input(name)
        refuses_null = _is_false(declared, "nullable")
        if given is None or (given.value is None and refuses_null):
            default = declared.attribute("default")
            if default is None:
                reason = "variable has no value"
                given = Traced(Unknown(f"var.{name}", reason), declared.header)
            else:
                attribute, place = default
                given = settle(attribute.expression, Scope(place, self.world))
        if _is_true(declared, "sensitive"):
            _hide_default(declared)
            return masked(given, f"var.{name}")
        return _typed(given, declared, f"var.{name}")

    def _input(self, name: str) -> Traced | None:
        if self.call is None or self.parent is None:
            given = self.assigned.get(name)
            if given is None and self.assignment_gap:
                return Traced(Unknown(f"var.{name}", self.assignment_gap))
            return given
        found = self.call.attribute(name)
        if found is None:
            return Traced(Unknown(f"var.{name}", self.call.gap)) if self.call.gap else None
        attribute, place = found
        return settle(attribute.expression, self._call_scope(place))

    def _call_scope(self, place: Place) -> Scope:
        outer = self if self.parent is None else self.parent
        return outer.scope(place).binding(self.instance.names)

    def told_of(self) -> frozenset[str]:
        """Return the addresses of the resources that the arguments of its call refer to."""
        if self.call is None:
            return frozenset()
        found: set[str] = set()
        budget = self.world.budget
        with self.world.preferring_references():
            for attribute, place in self.call.attributes().values():
                if attribute.name not in META_ARGUMENTS:
                    value = settle(attribute.expression, self._call_scope(place))
                    if budget.spend(budget.weigh(value)):
                        found.update(one.target for one in references(plain(value)))
        return frozenset(found)

    def local(self, name: str) -> Traced | None:
        """Return a local value; `None` when it is not declared."""
        found = self.source.locals.get(name) if self.source is not None else None
        if found is None:
            return None
        attribute, place = found
        return self.world.compute(
            ("local", self.address, name),
            lambda: settle(attribute.expression, self.scope(place)),
            f"local.{name}",
        )

    def output(self, expression: str, name: str, span: Span | None) -> Traced:
        """Return an output's value; `expression` names this module.

        Raises `EvaluationError` when it is not declared.
        """
        if self.source is None:
            return Traced(Unknown(f"{expression}.{name}", self.missing), span)
        declared = self.source.outputs.get(name)
        found = None if declared is None else declared.attribute("value")
        if declared is None or found is None:
            if self.source.errors:
                return Traced(Unknown(f"{expression}.{name}", "not all files were read"), span)
            raise EvaluationError(f'{expression} has no output "{name}"')
        attribute, place = found
        value = self.world.compute(
            ("output", self.address, name),
            lambda: settle(attribute.expression, self.scope(place)),
            f"{expression}.{name}",
        )
        if _is_true(declared, "sensitive"):
            return masked(value, f"{expression}.{name}")
        return value

    def member(self, expression: str, name: str, span: Span | None) -> Traced | None:
        """Return an output. Raises `EvaluationError` when it is not declared."""
        return self.output(expression, name, span)

    def materialised(self) -> Traced | None:
        """Return every output as one object."""
        if self.source is None:
            return Traced(Unknown(self.address, self.missing))
        outputs = {name: self.output(self.address, name, None) for name in self.source.outputs}
        return Traced(outputs)

    # Resources and modules in it

    def resources_of(self, mode: str, type_name: str, name: str) -> Repetition | None:
        """Return the instances of a resource or data source; `None` when it is not declared."""
        if self.source is None:
            return None
        table = self.source.data if mode == "data" else self.source.resources
        declared = table.get((type_name, name))
        if declared is None:
            return None
        local = f"data.{type_name}.{name}" if mode == "data" else f"{type_name}.{name}"
        address = self.prefix + local

        def make(instance: Instance) -> None:
            own = address + instance.suffix
            self.world.register(
                own, ResourceInstance(self, type_name, name, mode, declared, instance, own)
            )

        return self._repeated(declared, address, local, make)

    def calls_of(self, name: str) -> Repetition | None:
        """Return the instances of a module call; `None` when it is not declared."""
        declared = self.source.calls.get(name) if self.source is not None else None
        if declared is None:
            return None
        address = f"{self.prefix}module.{name}"

        def make(instance: Instance) -> None:
            self._make_module(name, declared, instance, address + instance.suffix)

        return self._repeated(declared, address, f"module.{name}", make)

    def _repeated(
        self,
        declared: Declaration,
        address: str,
        shown: str,
        make: Callable[[Instance], None],
    ) -> Repetition:
        known = self.world.repetitions.get(address)
        if known is not None:
            return known
        # While its own count is evaluated, a block that refers to itself is one without key.
        own = Instance("")
        self.world.repetitions[address] = Repetition([own], Traced(whole(address, shown)))
        repetition = repeat(declared, self.scope(declared.place), address, shown)
        self.world.repetitions[address] = repetition
        if repetition.refused:
            self.world.report(declared, "count", repetition.refused)
        for instance in repetition.instances:
            make(instance)
        return repetition

    def _make_module(
        self, name: str, declared: Declaration, instance: Instance, address: str
    ) -> None:
        path = f"{self.path}.{name}" if self.path else name
        source, missing = self._find_module(declared, path)
        ModuleInstance(
            world=self.world,
            address=address,
            path=path,
            source=source,
            missing=missing,
            parent=self,
            call=declared,
            instance=instance,
        )

    def _find_module(self, declared: Declaration, path: str) -> tuple[ModuleSource | None, str]:
        if self.source is None:
            return None, self.missing
        depth = 0
        ancestors: set[str] = set()
        module: ModuleInstance | None = self
        while module is not None:
            depth += 1
            if module.source is not None:
                ancestors.add(str(self.world.files.real(module.source.directory)))
            module = module.parent
        if depth > MAXIMUM_MODULE_DEPTH:
            reason = "modules are nested too deeply: what is in this one is not read"
            self.world.report(declared, "source", reason)
            return None, reason
        return self.world.find_module(declared, self.source, path, ancestors)

    def children(self) -> Iterator[ModuleInstance]:
        """Yield the module instances that this one calls."""
        for name in list(self.source.calls) if self.source is not None else []:
            repetition = self.calls_of(name)
            for instance in repetition.instances if repetition is not None else []:
                child = self.world.wholes.get(f"{self.prefix}module.{name}{instance.suffix}")
                if isinstance(child, ModuleInstance):
                    yield child

    def resources(self) -> Iterator[ResourceInstance]:
        """Yield the instances of this module's resources and data sources."""
        if self.source is None:
            return
        keys = [("managed", key) for key in self.source.resources]
        keys += [("data", key) for key in self.source.data]
        for mode, (type_name, name) in keys:
            repetition = self.resources_of(mode, type_name, name)
            prefix = "data." if mode == "data" else ""
            for instance in repetition.instances if repetition is not None else []:
                address = f"{self.prefix}{prefix}{type_name}.{name}{instance.suffix}"
                found = self.world.wholes.get(address)
                if isinstance(found, ResourceInstance):
                    yield found

    # Providers

    def add_all_tags(self, resource: ResourceInstance, attributes: Traced) -> None:
        """Add `tags_all` to a resource's attributes: its tags and the provider's default ones."""
        if resource.mode != "managed" or not resource.type.startswith("aws_"):
            return
        defaults = self._default_tags(resource)
        if defaults is None:
            return
        own = attributes.value.get("tags")
        if own is None or own.value is None:
            attributes.value["tags_all"] = defaults
            return

        def merge(given: list[Traced]) -> Traced:
            first, second = given
            if not isinstance(first.value, dict) or not isinstance(second.value, dict):
                members = first.value if isinstance(first.value, dict) else {}
                members = second.value if isinstance(second.value, dict) else members
                return Traced(dict(members), second.span, rest=Unknown("tags", "not all are known"))
            return Traced(
                {**first.value, **second.value},
                second.span,
                keys={**(first.keys or {}), **(second.keys or {})},
                rest=first.rest or second.rest,
            )

        attributes.value["tags_all"] = distribute([defaults, own], merge)

    def _default_tags(self, resource: ResourceInstance) -> Traced | None:
        found = resource.declared.attribute("provider")
        reference = "aws"
        if found is not None:
            attribute, place = found
            reference = place.shown(attribute.expression.start, attribute.expression.end)
        provider = self.find_provider(reference.strip('"'))
        if provider is None:
            return None
        if isinstance(provider, str):
            return Traced({}, rest=Unknown("default_tags", provider))
        blocks = [one for one in provider.declared.blocks() if block_type(one[0]) == "default_tags"]
        if not blocks:
            return None
        scope = provider.module.scope(provider.declared.place)
        evaluated = self.world.compute(
            ("default_tags", provider.module.address, id(provider.declared)),
            lambda: evaluate_blocks("default_tags", blocks, scope),
            "default_tags",
        )
        if not isinstance(evaluated.value, list) or evaluated.rest is not None:
            return Traced({}, rest=Unknown("default_tags", "it is not known"))
        for block in evaluated.value:
            tags: Traced | None = block.get("tags")
            if isinstance(block.value, OneOf):
                return Traced({}, rest=Unknown("default_tags", "it depends on a condition"))
            if tags is not None:
                return tags
        return None

    def find_provider(self, reference: str) -> Provider | str | None:
        """Return the provider configuration that a name (`aws`, `aws.alias`) means here.

        `None` when there is none, a reason when it is not known.
        """
        if self.source is None:
            return None
        local, _, alias = reference.partition(".")
        for declared in self.source.providers:
            if declared.block.labels[0] == local and _alias(declared) == alias:
                return Provider(self, declared)
        if self.parent is None or self.call is None:
            return f"provider {reference} is given by the caller" if alias else None
        passed = self.call.attribute("providers")
        if passed is not None:
            attribute, place = passed
            expression = attribute.expression
            if isinstance(expression, ObjectExpression):
                for member in expression.members:
                    key = place.shown(member.key.start, member.key.end).strip('"')
                    if key == reference:
                        value = place.shown(member.value.start, member.value.end).strip('"')
                        return self.parent.find_provider(value)
        if alias:
            return f"provider {reference} is not configured"
        return self.parent.find_provider(reference)


def masked(value: Traced, expression: str) -> Traced:
    """Return a sensitive value without its content; what it refers to may be seen."""
    if isinstance(value.value, (Unknown, Reference)) or value.value is None:
        return replace(value, sensitive=False)
    return Traced(Unknown(expression, "sensitive"), value.span, sensitive=True)


def _hide_default(declared: Declaration) -> None:
    """Hide the default of a sensitive variable: a file in JSON may be one line."""
    default = declared.attribute("default")
    if default is None:
        return
    attribute, place = default
    span = place.span(attribute.expression.start, attribute.expression.end)
    if span is not None:
        span.file.hide(span)


def _alias(declared: Declaration) -> str:
    found = declared.attribute("alias")
    if found is None:
        return ""
    attribute, place = found
    return place.shown(attribute.expression.start, attribute.expression.end).strip('"')


def _is_true(declared: Declaration, name: str) -> bool:
    found = declared.attribute(name)
    return found is not None and getattr(found[0].expression, "value", None) is True


def _is_false(declared: Declaration, name: str) -> bool:
    found = declared.attribute(name)
    return found is not None and getattr(found[0].expression, "value", None) is False


def _typed(value: Traced, declared: Declaration, shown: str) -> Traced:
    """Return a variable's value as its type says."""
    found = declared.attribute("type")
    if found is None:
        return value
    type_expression = found[0].expression
    if isinstance(type_expression, GetAttribute):
        return value

    def compute(given: list[Traced]) -> Traced:
        try:
            return convert(given[0], type_expression)
        except FunctionError as error:
            raise EvaluationError(error.reason) from error

    try:
        return distribute([value], compute)
    except EvaluationError as error:
        return Traced(Unknown(shown, f"not of its declared type: {error.reason}"), value.span)
    except RecursionError:
        return Traced(Unknown(shown, "it is nested too deeply"), value.span)


def is_plain_scalar(value: Traced) -> bool:
    """Tell whether a value is a known string, number or boolean."""
    return value.value is not None and not isinstance(
        value.value, (Unknown, Reference, OneOf, Text, list, dict)
    )
