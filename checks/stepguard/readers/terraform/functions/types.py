"""Types of Terraform's language: read from `type = …`, seen in values, and unified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stepguard.deployment.values import PartlyKnownKey, Text, Traced
from stepguard.readers.terraform.functions.errors import FunctionError
from stepguard.readers.terraform.functions.numbers import is_number
from stepguard.readers.terraform.syntax.expressions import (
    Call,
    Expression,
    Literal,
    Name,
    ObjectExpression,
    Template,
    TemplateLiteral,
    TupleExpression,
    Unary,
)
from stepguard.structs import Struct

_COLLECTIONS = ("list", "set", "map")
_PRIMITIVES = ("string", "number", "bool")


class Type(Struct, frozen=True):
    """A type. `kind` is `any`, `string`, `number`, `bool`, a collection's or `object`, `tuple`.

    `element` is the type of a collection's elements, `attributes` are those of an object,
    `elements` the types of a tuple's.
    """

    kind: str
    element: Type | None = None
    attributes: tuple[Attribute, ...] = ()
    elements: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an object type; `default` is the value of an optional one."""

    name: str
    type: Type
    optional: bool = False
    default: Traced | None = field(default=None, compare=False)


ANY = Type("any")
STRING = Type("string")
NUMBER = Type("number")
BOOL = Type("bool")


class ListItems(list[Traced]):
    """The elements of a list, which all have one type; a plain `list` holds those of a tuple."""


class SetItems(list[Traced]):
    """The elements of a set: each once, in the order in which Terraform goes through them."""


class MapItems(dict[str, Traced]):
    """The members of a map, which all have one type; a plain `dict` holds those of an object."""


class LooseItems(list[Traced]):
    """Elements of which only the first `placed` have a known index.

    The others come after an unknown number of elements, or in an unknown order. With one of
    `gaps`, all that is not known is how many elements there are between those two parts.
    """

    def __init__(self, elements: Iterable[Traced] = (), placed: int = 0, gaps: int = 2) -> None:
        super().__init__(elements)
        self.placed = placed
        self.gaps = gaps


def read_type(expression: Expression) -> Type:
    """Return the type that a type constraint names. Raises `FunctionError` when it is none."""
    if isinstance(expression, Name):
        return _named(expression.name)
    if isinstance(expression, Template):
        return _named(_quoted_name(expression))
    if not isinstance(expression, Call):
        raise FunctionError("it is no type")
    if expression.name == "object" and len(expression.arguments) == 1:
        return _object(expression.arguments[0])
    if expression.name == "tuple" and len(expression.arguments) == 1:
        elements = expression.arguments[0]
        if isinstance(elements, TupleExpression):
            return Type("tuple", elements=tuple(read_type(one) for one in elements.elements))
    if expression.name in _COLLECTIONS and len(expression.arguments) == 1:
        return Type(expression.name, read_type(expression.arguments[0]))
    raise FunctionError(f"{expression.name}(…) is no type")


def _named(name: str) -> Type:
    if name in (*_PRIMITIVES, "any"):
        return Type(name)
    if name in _COLLECTIONS:
        return Type(name, ANY)
    raise FunctionError(f"{name} is no type")


def _quoted_name(template: Template) -> str:
    return "".join(part.text for part in template.parts if isinstance(part, TemplateLiteral))


def _object(expression: Expression) -> Type:
    if not isinstance(expression, ObjectExpression):
        raise FunctionError("an object type takes its attributes in braces")
    attributes: list[Attribute] = []
    for member in expression.members:
        name = _key(member.key)
        value = member.value
        if isinstance(value, Call) and value.name == "optional" and value.arguments:
            default = constant(value.arguments[1]) if len(value.arguments) > 1 else None
            attributes.append(Attribute(name, read_type(value.arguments[0]), True, default))
        else:
            attributes.append(Attribute(name, read_type(value)))
    return Type("object", attributes=tuple(attributes))


def _key(expression: Expression) -> str:
    if isinstance(expression, Template):
        return _quoted_name(expression)
    if isinstance(expression, Name):
        return expression.name
    raise FunctionError("the name of an attribute is no constant")


def constant(expression: Expression) -> Traced:
    """Return the value of an expression without names and calls. Raises `FunctionError`."""
    if isinstance(expression, Literal):
        return Traced(expression.value)
    if isinstance(expression, Template):
        if all(isinstance(part, TemplateLiteral) for part in expression.parts):
            return Traced(_quoted_name(expression))
    elif isinstance(expression, TupleExpression):
        return Traced([constant(element) for element in expression.elements])
    elif isinstance(expression, ObjectExpression):
        return Traced({_key(one.key): constant(one.value) for one in expression.members})
    elif isinstance(expression, Unary) and expression.operator == "-":
        operand = constant(expression.operand)
        if is_number(operand.value):
            return Traced(-operand.value)
    raise FunctionError("a default is no constant")


def type_of(traced: Traced) -> Type:
    """Return the type of a value; `any` for what is not known and for null."""
    value = traced.value
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, (str, Text)):
        return STRING
    if is_number(value):
        return NUMBER
    if isinstance(value, SetItems):
        return Type("set", unify(type_of(element) for element in value) or ANY)
    if isinstance(value, list):
        if traced.rest is not None or isinstance(value, (ListItems, LooseItems)):
            return Type("list", unify(type_of(element) for element in value) or ANY)
        return Type("tuple", elements=tuple(type_of(element) for element in value))
    if isinstance(value, dict):
        if isinstance(value, MapItems) or is_open_object(traced):
            return Type("map", unify(type_of(member) for member in value.values()) or ANY)
        return Type(
            "object",
            attributes=tuple(Attribute(name, type_of(value[name])) for name in sorted(value)),
        )
    return ANY


def is_open_object(traced: Traced) -> bool:
    """Tell whether the keys of an object or map are not all known."""
    return traced.rest is not None or any(isinstance(key, PartlyKnownKey) for key in traced.value)


def unify(types: Iterable[Type]) -> Type | None:
    """Return the type to which values of some types convert; `None` when there is none.

    What is not known agrees with everything.
    """
    distinct = list(dict.fromkeys(one for one in types if one.kind != "any"))
    if not distinct:
        return ANY
    if len(distinct) == 1:
        return distinct[0]
    kinds = {one.kind for one in distinct}
    if kinds <= set(_PRIMITIVES):
        return STRING if "string" in kinds else None
    if kinds == {"object"}:
        return _unify_objects(distinct)
    if kinds <= {"object", "map"}:
        return _collection("map", _members(distinct))
    if kinds == {"tuple"}:
        return _unify_tuples(distinct)
    if kinds <= {"tuple", "list"}:
        return _collection("list", _members(distinct))
    if kinds <= {"tuple", "list", "set"}:
        # The others convert to a list, or else to a set, of the type that it has.
        kept = "list" if "list" in kinds else "set"
        return _collection(kept, _members([one for one in distinct if one.kind == kept]))
    return None


def _collection(kind: str, elements: Sequence[Type]) -> Type | None:
    element = unify(elements)
    return None if element is None else Type(kind, element)


def _members(types: Sequence[Type]) -> list[Type]:
    members: list[Type] = []
    for one in types:
        members.extend(one.elements)
        members.extend(attribute.type for attribute in one.attributes)
        if one.element is not None:
            members.append(one.element)
    return members


def _unify_objects(types: Sequence[Type]) -> Type | None:
    names = [attribute.name for attribute in types[0].attributes]
    if any([attribute.name for attribute in one.attributes] != names for one in types[1:]):
        return _collection("map", _members(types))
    attributes: list[Attribute] = []
    for position, name in enumerate(names):
        unified = unify(one.attributes[position].type for one in types)
        if unified is None:
            return None
        attributes.append(Attribute(name, unified))
    return Type("object", attributes=tuple(attributes))


def _unify_tuples(types: Sequence[Type]) -> Type | None:
    if len({len(one.elements) for one in types}) > 1:
        return _collection("list", _members(types))
    elements: list[Type] = []
    for position in range(len(types[0].elements)):
        unified = unify(one.elements[position] for one in types)
        if unified is None:
            return None
        elements.append(unified)
    return Type("tuple", elements=tuple(elements))
