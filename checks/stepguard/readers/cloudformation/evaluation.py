"""Evaluation of what a template writes: intrinsic functions, loops and includes to values."""

from __future__ import annotations

from collections.abc import Callable

from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, Reference, Text, Traced, Unknown
from stepguard.readers.cloudformation.intrinsics import FUNCTIONS, Call, Names
from stepguard.readers.cloudformation.loops import (
    FOR_EACH,
    Copier,
    TooManyCopiesError,
    elements_of,
    read_loop,
)
from stepguard.readers.cloudformation.scope import Scope
from stepguard.readers.cloudformation.strings import STRING_FUNCTIONS
from stepguard.readers.cloudformation.texts import (
    TextTooLongError,
    scalar_as_text,
    size_of,
    without_dynamic_references,
)
from stepguard.structs import Struct, field

TRANSFORM = "Fn::Transform"
INCLUDE = "AWS::Include"

MAXIMUM_MADE = 20_000_000
"""Characters that the functions of one template may make, all together."""

_FUNCTIONS = {**FUNCTIONS, **STRING_FUNCTIONS}


class Member(Struct, frozen=True):
    """A member of an object: `value` is as it is written, `scope` what holds for it."""

    key: str
    span: Span | None
    value: Traced
    scope: Scope


class Members(Struct):
    """The members of an object after loops and includes; `rest` says why there may be more."""

    found: list[Member] = field(default_factory=list)
    rest: Unknown | Reference | None = None


class Evaluator:
    """Evaluates pieces of one template.

    `names` says what its names mean. `include` returns what a local file of `AWS::Include`
    contains, from its evaluated location; `None` when that is not a local file.
    """

    def __init__(self, names: Names, include: Callable[[Traced], Traced | None]) -> None:
        self._names = names
        self._include = include
        self._copier = Copier()
        self._made = 0

    def evaluate(self, node: Traced, scope: Scope) -> Traced:
        """Return a value with everything in it evaluated; `REMOVED` for `AWS::NoValue`."""
        value = node.value
        if isinstance(value, dict):
            if len(value) == 1:
                name = next(iter(value))
                if name == "Ref" or name.startswith("Fn::"):
                    if name.startswith(FOR_EACH):
                        return self._object(node, scope)
                    return self._call(name, node, scope)
            return self._object(node, scope)
        if isinstance(value, list):
            return self._list(node, scope)
        if isinstance(value, str):
            return without_dynamic_references(node)
        return node

    def _call(self, name: str, node: Traced, scope: Scope) -> Traced:
        if name == TRANSFORM:
            content = self.transformed(node.value[name], node.span, scope)
            return self.evaluate(content, scope.included())
        function = _FUNCTIONS.get(name)
        if function is None:
            return Traced(Unknown(name, "no function of this name is known"), node.span)
        if self._made > MAXIMUM_MADE:
            reason = "the texts of the template become too long"
            return Traced(Unknown(name, reason), node.span)
        made = function(Call(name, node.value[name], node.span, scope, self._names, self.evaluate))
        if isinstance(made.value, str):
            self._made += len(made.value)
        elif isinstance(made.value, Text):
            self._made += size_of(made.value.parts)
        return made

    def _list(self, node: Traced, scope: Scope) -> Traced:
        elements: list[Traced] = []
        changed = False
        for element in node.value:
            evaluated = self.evaluate(element, scope)
            changed = changed or evaluated is not element
            if evaluated.value is not REMOVED:
                elements.append(evaluated)
        return Traced(elements, node.span) if changed else node

    def _object(self, node: Traced, scope: Scope) -> Traced:
        members = self.members(node, scope)
        evaluated: dict[str, Traced] = {}
        keys: dict[str, Span] = {}
        changed = len(members.found) != len(node.value) or members.rest is not None
        for member in members.found:
            value = self.evaluate(member.value, member.scope)
            changed = changed or value is not member.value or member.key not in node.value
            if value.value is not REMOVED:
                evaluated[member.key] = value
                if member.span is not None:
                    keys[member.key] = member.span
        if not changed:
            return node
        return Traced(evaluated, node.span, keys=keys, rest=members.rest)

    # Loops and includes

    def members(self, node: Traced, scope: Scope) -> Members:
        """Return the members of an object as they are written, loops and includes carried out."""
        members = Members()
        if isinstance(node.value, dict):
            self._collect(node, scope, members)
        return members

    def _collect(self, node: Traced, scope: Scope, members: Members) -> None:
        keys = node.keys or {}
        for key, value in node.value.items():
            if key.startswith(FOR_EACH):
                self._collect_loop(key, value, scope, members)
            elif key == TRANSFORM:
                included = self.transformed(value, node.span, scope)
                if isinstance(included.value, dict):
                    self._collect(included, scope.included(), members)
                elif isinstance(included.value, Unknown):
                    members.rest = included.value
            else:
                members.found.append(Member(key, keys.get(key, value.span), value, scope))

    def _collect_loop(self, key: str, node: Traced, scope: Scope, members: Members) -> None:
        loop = read_loop(node)
        if loop is None:
            members.rest = Unknown(key, "the loop has a form that CloudFormation does not take")
            return
        collection = self.evaluate(loop.collection, scope)
        elements = elements_of(collection)
        if elements is None:
            members.rest = Unknown(key, "what the loop runs over is not known")
            return
        try:
            copies = self._copier.copies(loop, elements)
        except (TooManyCopiesError, TextTooLongError):
            members.rest = Unknown(key, "the loops of the template make too many copies")
            return
        for copy in copies:
            self._collect(copy, scope, members)

    def transformed(self, node: Traced, span: Span | None, scope: Scope) -> Traced:
        """Return what `Fn::Transform` puts in its place: of a local file, what is written there.

        Anything else is unknown.
        """
        name = node.get("Name")
        if name is None or name.value != INCLUDE:
            shown = None if name is None else scalar_as_text(name.value)
            reason = f"the macro {shown or 'of this transform'} is not carried out"
            return Traced(Unknown(TRANSFORM, reason), span)
        if scope.in_include:
            return Traced(Unknown(TRANSFORM, "an included file includes another one"), span)
        parameters = node.get("Parameters")
        location = None if parameters is None else parameters.get("Location")
        if location is None:
            return Traced(Unknown(TRANSFORM, "it names no location"), span)
        content = self._include(self.evaluate(location, scope))
        if content is None:
            return Traced(Unknown(TRANSFORM, "what it includes could not be read"), span)
        return content
