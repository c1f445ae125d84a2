"""What a value that is known only after apply is made from: a plan's references, followed.

A plan does not hold expressions, only what they refer to. So a value that is not known is
followed through variables and outputs to the attributes of resources that are not known either.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from stepguard.deployment.values import Plain, Reference, Unknown
from stepguard.readers.plan.addresses import (
    InstanceKey,
    Named,
    longest,
    modules_of,
    parse_reference,
    suffix,
)
from stepguard.readers.plan.contents import Contents, Details, PlannedResource
from stepguard.readers.plan.shapes import as_list, as_object
from stepguard.structs import Struct, replace

MAXIMUM_SOURCES = 200
"""Attributes that one value is said to be made from."""

_MAXIMUM_DEPTH = 100
_KNOWN_ROOTS = frozenset({"count", "path", "terraform", "self"})
_AFTER_APPLY = "it is known after apply"
_NOT_IN_PLAN = "the plan does not say what it is"


class Origin(Struct, frozen=True):
    """Something that a value is made from: an attribute of a resource, or what is not followed.

    `address` and `type` are empty for the latter; the type of a data source begins with `data.`.
    `resource` is the one instance that is meant, if one is.
    """

    text: str
    address: str = ""
    type: str = ""
    steps: tuple[str | int, ...] = ()
    resource: PlannedResource | None = None

    @property
    def attribute(self) -> str:
        """The attribute of the resource; empty when it is the whole of it."""
        return ".".join(str(step) for step in self.steps)

    @property
    def value(self) -> Reference | Unknown:
        """What stands for it in a value."""
        if not self.address:
            return Unknown(self.text, _NOT_IN_PLAN)
        return Reference(self.address, self.attribute, self.text)


class Place(Struct, frozen=True):
    """Where an expression of the configuration stands.

    `key` is the instance key of the block around it, `repeated` that block's `for_each`.
    """

    module: Module
    key: InstanceKey = None
    repeated: Any = None


class Module(Struct, eq=False):
    """A module instance: its part of the configuration, and the call that makes it."""

    address: str
    configuration: dict[str, Any]
    parent: Module | None = None
    call: dict[str, Any] | None = None
    key: InstanceKey = None

    def part(self, kind: str, name: str) -> dict[str, Any]:
        """Return what is declared under a name, such as one of its outputs; else nothing."""
        return as_object(as_object(self.configuration.get(kind)).get(name))


class Links:
    """The references of a plan's configuration."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self._modules: dict[str, Module] = {}
        self._declared: dict[int, dict[str, dict[str, Any]]] = {}
        self._details: dict[int, Details] = {}
        self._origins: dict[Hashable, list[Origin]] = {}
        self._addresses: dict[str, PlannedResource] | None = None
        self._instances: dict[tuple[str, str], dict[InstanceKey, PlannedResource]] = {}
        for resource in (*contents.resources, *contents.read):
            alike = self._instances.setdefault((resource.module, resource.local), {})
            alike[resource.key] = resource

    def details(self, resource: PlannedResource) -> Details:
        """Return what is planned for a resource."""
        known = self._details.get(resource.whole.start)
        if known is None:
            known = self._details[resource.whole.start] = self.contents.details(resource)
            if resource.is_unknown:
                known.unknown = self._all_marked(resource)
            elif resource.is_deferred and not self.contents.is_prior:
                _mark_what_is_not_set(known)
        return known

    def _all_marked(self, resource: PlannedResource) -> Plain:
        """Return marks that nothing is known of what a resource's configuration sets."""
        expressions = as_object(as_object(self.declaration(resource)).get("expressions"))
        return dict.fromkeys([*expressions, "tags_all"], True)

    def declaration(self, resource: PlannedResource) -> dict[str, Any] | None:
        """Return what the configuration says of a resource; `None` when it says nothing."""
        module = self.module(resource.module)
        declared = self._declared.get(id(module.configuration))
        if declared is None:
            declared = {
                str(one.get("address")): one
                for one in as_list(module.configuration.get("resources"))
                if isinstance(one, dict)
            }
            self._declared[id(module.configuration)] = declared
        return declared.get(resource.local)

    def place(self, resource: PlannedResource) -> Place:
        """Return where the expressions of a resource stand."""
        declared = self.declaration(resource) or {}
        return Place(
            self.module(resource.module), resource.key, declared.get("for_each_expression")
        )

    def module(self, address: str) -> Module:
        """Return a module instance; one that the configuration does not have says nothing."""
        known = self._modules.get(address)
        if known is not None:
            return known
        root = as_object(as_object(self.contents.configuration).get("root_module"))
        module = Module("", root)
        for name, key in modules_of(address):
            call = module.part("module_calls", name)
            inner = f"{module.address}." if module.address else ""
            inner = f"{inner}module.{name}{suffix(key)}"
            module = Module(inner, as_object(call.get("module")), module, call, key)
        self._modules[address] = module
        return module

    def unknown_origins(self, expression: Plain, place: Place) -> list[Origin]:
        """Return what makes that the value of an expression is not known, in its order."""
        found = self.origins(expression, place)
        return [origin for origin in found if not self.is_known(origin)]

    def constant(self, expression: Plain, place: Place) -> Plain:
        """Return the value of an expression that is a constant or a variable of the root module.

        `None` when it is not known to be one, or is sensitive.
        """
        if not isinstance(expression, dict):
            return None
        if "constant_value" in expression:
            return expression["constant_value"]
        references = _references(expression)
        named = parse_reference(references[0]) if len(references) == 1 else None
        is_root = place.module.parent is None
        if named is None or named.root != "var" or named.steps or not is_root:
            return None
        if place.module.part("variables", named.names[1]).get("sensitive"):
            return None
        return self.contents.variables.get(named.names[1])

    def known_value(self, reference: Reference) -> str | int | bool | None:
        """Return what the plan knows of an attribute; `None` when it does not, or must not say."""
        resource = self._by_address().get(reference.target)
        if resource is None or not reference.attribute:
            return None
        details = self.details(resource)
        for marks in (details.unknown, details.sensitive):
            if _has_true(as_object(marks).get(reference.attribute)):
                return None
        found = details.values.get(reference.attribute)
        value = None if found is None else found.value
        return value if isinstance(value, (str, int)) and value != "" else None

    def _by_address(self) -> dict[str, PlannedResource]:
        """Return the resources by address; a bare one stands for its only instance."""
        if self._addresses is None:
            self._addresses = {}
            for (module, local), alike in self._instances.items():
                if len(alike) == 1:
                    bare = f"{module}.{local}" if module else local
                    self._addresses[bare] = next(iter(alike.values()))
                self._addresses.update({one.address: one for one in alike.values()})
        return self._addresses

    def is_known(self, origin: Origin) -> bool:
        """Tell whether the plan knows an attribute."""
        if origin.resource is None or not origin.steps:
            return False
        details = self.details(origin.resource)
        name = str(origin.steps[0])
        unknown = as_object(details.unknown).get(name)
        return details.values.get(name) is not None and not _has_true(unknown)

    def origins(self, expression: Plain, place: Place, depth: int = 0) -> list[Origin]:
        """Return the attributes of resources that an expression is made from, in its order."""
        if depth > _MAXIMUM_DEPTH:
            return []
        references = _references(expression)
        found: dict[tuple[str, str, str], Origin] = {}
        uses_key = "each.key" in references or "count.index" in references
        for text in longest(references):
            if len(found) >= MAXIMUM_SOURCES:
                break
            named = parse_reference(text)
            if named is None or named.root in _KNOWN_ROOTS:
                continue
            for origin in self._follow(named, place, uses_key, depth):
                identity = (origin.address, origin.attribute, "" if origin.address else origin.text)
                found.setdefault(identity, origin)
        return list(found.values())[:MAXIMUM_SOURCES]

    def _follow(self, named: Named, place: Place, uses_key: bool, depth: int) -> list[Origin]:
        name = named.names[1]
        if named.root == "each":
            return [] if name == "key" else self._each_value(named, place, depth)
        if named.root == "var":
            return _extended(self._variable(name, place.module, depth), named.steps)
        if named.root == "local":
            return [Origin(named.text)]
        if named.root == "module":
            return self._output(named, place, depth)
        return self._resource(named, place, uses_key)

    def _each_value(self, named: Named, place: Place, depth: int) -> list[Origin]:
        if place.key is not None:
            sources = longest(_references(place.repeated))
            source = parse_reference(sources[0]) if len(sources) == 1 else None
            is_whole = source is not None and not source.steps
            if source is not None and is_whole and source.root not in ("var", "local", "each"):
                one = replace(source, text=named.text, steps=(place.key, *named.steps))
                return self._follow(one, place, False, depth + 1)
        return _extended(self.origins(place.repeated, place, depth + 1), named.steps)

    def _variable(self, name: str, module: Module, depth: int) -> list[Origin]:
        if module.parent is None or module.call is None:
            return []
        expression = as_object(module.call.get("expressions")).get(name)
        place = Place(module.parent, module.key, module.call.get("for_each_expression"))
        return self._remembered(("variable", module.address, name), expression, place, depth)

    def _output(self, named: Named, place: Place, depth: int) -> list[Origin]:
        """Follow `module.name.output` or `module.name[key].output`."""
        call, steps = named.names[1], list(named.steps)
        prefix = f"{place.module.address}." if place.module.address else ""
        address = f"{prefix}module.{call}"
        declared = place.module.part("module_calls", call)
        is_repeated = "for_each_expression" in declared or "count_expression" in declared
        if is_repeated:
            key = steps.pop(0) if steps else None
            if key is None or key == "*" or not steps:
                return [Origin(named.text)]
            address += suffix(key)
        if not steps:
            return [Origin(named.text)]
        module = self.module(address)
        output = str(steps.pop(0))
        expression = module.part("outputs", output).get("expression")
        if expression is None:
            return [Origin(named.text)]
        found = self._remembered(("output", address, output), expression, Place(module), depth)
        return _extended(found, tuple(steps))

    def _remembered(
        self, what: Hashable, expression: Plain, place: Place, depth: int
    ) -> list[Origin]:
        known = self._origins.get(what)
        if known is None:
            # While it is followed, something that refers to itself is made from nothing.
            self._origins[what] = []
            known = self._origins[what] = self.origins(expression, place, depth + 1)
        return known

    def _resource(self, named: Named, place: Place, uses_key: bool) -> list[Origin]:
        """Return an attribute of a resource; nothing when it has no instance to have one."""
        local = ".".join(named.names)
        kind = local.rsplit(".", 1)[0]
        module = place.module.address
        prefix = f"{module}." if module else ""
        instances = self._instances.get((module, local), {})
        steps = named.steps
        first = steps[0] if steps else None
        only = next(iter(instances.values())) if len(instances) == 1 else None
        if first is not None and first in instances:
            only, steps = instances[first], steps[1:]
        elif instances and None not in instances:
            if uses_key:
                only = instances.get(place.key, only)
            if first == "*":
                steps = steps[1:]
            elif isinstance(first, int):
                return []
        if not instances:
            return []
        if only is not None:
            return [Origin(named.text, only.address, kind, steps, only)]
        return [Origin(named.text, f"{prefix}{local}", kind, steps)]


def _mark_what_is_not_set(details: Details) -> None:
    """Mark as not known what a deferred resource has no value for: it may yet be computed."""
    marks = dict(as_object(details.unknown))
    marks.update((name, True) for name, one in details.values.value.items() if one.value is None)
    details.unknown = marks


def _extended(origins: Iterable[Origin], steps: tuple[str | int, ...]) -> list[Origin]:
    """Return what `.a.b` of a value is made from: of whole resources, their attributes."""
    return [
        replace(origin, steps=steps) if origin.address and not origin.steps and steps else origin
        for origin in origins
    ]


def _references(expression: Plain) -> list[str]:
    """Return what an expression refers to."""
    references = as_list(as_object(expression).get("references"))
    return [one for one in references if isinstance(one, str)]


def _has_true(marks: Plain) -> bool:
    """Tell whether anything is marked in a tree of marks."""
    stack = [marks]
    while stack:
        one = stack.pop()
        if one is True:
            return True
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
    return False
