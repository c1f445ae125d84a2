"""The attributes of a planned resource: what is known, what is not and why, what is secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Traced, Unknown
from stepguard.readers.plan.contents import PlannedResource
from stepguard.readers.plan.links import Links, Origin
from stepguard.readers.plan.shapes import as_list, as_object
from stepguard.structs import Struct

_AFTER_APPLY = "it is known only after apply"
_HINT = "; --source DIR reads it from the configuration"
_SENSITIVE = "sensitive"
_NAMED_ORIGINS = 3
_DOCUMENTS = frozenset({"definition", "policy", "assume_role_policy"})

MAXIMUM_BLOCKS = 100
"""Nested blocks of one type among which the one of a planned block is searched for."""

_ZERO_WHEN_NOT_SET = frozenset({"kms_data_key_reuse_period_seconds"})
"""Numbers that are 0 in a state where nobody has set them; AWS would refuse a 0 that is set."""

_UNSAID = object()
"""Stands for an expression of which the configuration does not say whether it is there."""

_LINK_ENDINGS = ("_arn", "_arns", "_id", "_ids")
_LINK_NAMES = frozenset({"arn", "role", "roles", "role_name", "permissions_boundary"})
_TARGETS = {
    "role": "aws_iam_role",
    "roles": "aws_iam_role",
    "role_arn": "aws_iam_role",
    "role_name": "aws_iam_role",
    "policy_arn": "aws_iam_policy",
    "policy_arns": "aws_iam_policy",
    "managed_policy_arns": "aws_iam_policy",
    "permissions_boundary": "aws_iam_policy",
}
"""The type of resource that an attribute names."""

DocumentMaker: TypeAlias = Callable[[Origin], "Traced | None"]
"""Makes the document of a policy's data source; `None` for any other origin."""


def attributes_of(resource: PlannedResource, links: Links, make_document: DocumentMaker) -> Traced:
    """Return what the configuration sets or the plan knows of a resource.

    An attribute that is known after apply is a reference when it names a resource, or an unknown
    value that says what it is made from; one that the configuration does not set is not there.
    Sensitive values are replaced.
    """
    details = links.details(resource)
    declared = links.declaration(resource)
    expressions = _UNSAID if declared is None else as_object(declared.get("expressions"))
    sensitive = _with_sensitive_tags(details.sensitive)
    reader = _Attributes(resource, links, make_document)
    return reader.block(details.values, details.unknown, sensitive, expressions, "")


def unknown_names(resource: PlannedResource, links: Links) -> frozenset[str]:
    """Return the attributes of which the plan does not say everything, or must not."""
    details = links.details(resource)
    marked: set[str] = set()
    for marks in (details.unknown, details.sensitive):
        if isinstance(marks, dict):
            marked.update(name for name, mark in marks.items() if mark is True)
    return frozenset(marked)


def _with_sensitive_tags(sensitive: Plain) -> Plain:
    """Return marks in which `tags_all` has those of `tags`, which the provider leaves out."""
    if not isinstance(sensitive, dict):
        return sensitive
    own, everything = sensitive.get("tags"), sensitive.get("tags_all")
    if own is True:
        return {**sensitive, "tags_all": True}
    if isinstance(own, dict) and (everything is None or isinstance(everything, dict)):
        marked = {key: True for key, mark in own.items() if mark is True}
        return {**sensitive, "tags_all": {**(everything or {}), **marked}}
    return sensitive


class _Attributes(Struct, frozen=True):
    """Puts together values, marks and expressions, which have the same shape."""

    resource: PlannedResource
    links: Links
    make_document: DocumentMaker

    def block(
        self, values: Traced, unknown: Plain, sensitive: Plain, expressions: Plain, name: str
    ) -> Traced:
        """Return a block, in which each member has an expression of its own."""
        members: dict[str, Traced] = {}
        unknowns, secrets = as_object(unknown), as_object(sensitive)
        for key in dict.fromkeys([*values.value, *unknowns]):
            own = expressions.get(key) if isinstance(expressions, dict) else _UNSAID
            path = f"{name}.{key}" if name else key
            value = values.value.get(key)
            # The provider keeps an empty text for an attribute that is not set, or a zero.
            if value is not None and value.value == "":
                continue
            if key in _ZERO_WHEN_NOT_SET and not isinstance(own, dict) and _is_zero(value):
                continue
            made = self.value(value, unknowns.get(key), secrets.get(key), own, path)
            if made is not None:
                members[key] = made
        return Traced(members, values.span, keys=values.keys)

    def value(
        self, value: Traced | None, unknown: Plain, sensitive: Plain, expression: Plain, name: str
    ) -> Traced | None:
        """Return a value; `None` when there is none."""
        span = None if value is None else value.span
        if sensitive is True:
            return self._secret(name)
        if unknown is True:
            return self._unknown(name, expression, span)
        if value is None:
            return None
        if isinstance(value.value, list):
            return self._list(value, unknown, sensitive, expression, name)
        if not isinstance(value.value, dict):
            return value
        unknowns, secrets = as_object(unknown), as_object(sensitive)
        members: dict[str, Traced] = {}
        for key in dict.fromkeys([*value.value, *unknowns]):
            own = value.value.get(key)
            path = f"{name}.{key}"
            made = self.value(own, unknowns.get(key), secrets.get(key), expression, path)
            if made is not None:
                members[key] = made
        return Traced(members, span, keys=value.keys)

    def _list(
        self, values: Traced, unknown: Plain, sensitive: Plain, expression: Plain, name: str
    ) -> Traced:
        """Return a list: of blocks, each with expressions of its own, or of values."""
        elements: list[Traced] = values.value
        unknowns = _elements(unknown, len(elements))
        secrets = _elements(sensitive, len(elements))
        missing = sum(mark is True for mark in unknowns)
        position = 0
        made: list[Traced] = []
        for number, element in enumerate(elements):
            path = f"{name}[{number}]"
            if unknowns[number] is True and secrets[number] is not True:
                made.append(self._element(path, expression, position, missing, element.span))
                position += 1
            elif isinstance(element.value, dict) and not _is_expression(expression):
                own = _block_expressions(expression, element, number, len(elements))
                if secrets[number] is not True:
                    made.append(self.block(element, unknowns[number], secrets[number], own, path))
                    continue
                made.append(self._secret(path))
            else:
                one = self.value(element, unknowns[number], secrets[number], expression, path)
                made.append(element if one is None else one)
        return Traced(made, values.span)

    def _unknown(self, name: str, expression: Plain, span: Span | None) -> Traced | None:
        """Return a value that is known after apply; `None` when nothing sets it."""
        if expression is None:
            return None
        origins = self._origins(expression)
        attribute = _last(name)
        target = _TARGETS.get(attribute)
        mystery = self._mystery(name, origins)
        if attribute == "roles" or attribute.endswith(("_arns", "_ids")):
            elements = [Traced(one.value, span) for one in _of_type(origins, target)]
            return Traced(elements, span, rest=mystery)
        if attribute.endswith("_documents"):
            documents = [self.make_document(origin) for origin in origins]
            return Traced([one for one in documents if one is not None], span, rest=mystery)
        document = self.make_document(origins[0]) if len(origins) == 1 else None
        if document is not None:
            return document
        found = _of_type(origins, target) if _is_link(attribute) else []
        return Traced(found[0].value if len(found) == 1 else mystery, span)

    def _element(
        self, path: str, expression: Plain, position: int, count: int, span: Span | None
    ) -> Traced:
        """Return an element of a list that is known after apply, one of `count`."""
        origins = self._origins(expression)
        if len(origins) == count:
            origin = origins[position]
            document = self.make_document(origin)
            if document is not None:
                return document
            if _is_link(_last(path)) and origin.address:
                return Traced(origin.value, span)
        return Traced(self._mystery(path, origins), span)

    def _origins(self, expression: Plain) -> list[Origin]:
        return self.links.unknown_origins(expression, self.links.place(self.resource))

    def _secret(self, name: str) -> Traced:
        """Return what stands for a sensitive value: without its place, so that nobody shows it."""
        return Traced(Unknown(self._shown(name), _SENSITIVE), sensitive=True)

    def _shown(self, name: str) -> str:
        return f"{self.resource.local}.{name}"

    def _mystery(self, name: str, origins: Sequence[Origin]) -> Unknown:
        """Return an unknown value that names what it is made from."""
        reason = _AFTER_APPLY
        texts = list(dict.fromkeys(origin.text for origin in origins))
        if texts:
            reason += f", made from {', '.join(texts[:_NAMED_ORIGINS])}"
        if len(texts) > _NAMED_ORIGINS:
            reason += f" and {len(texts) - _NAMED_ORIGINS} more"
        if _last(name) in _DOCUMENTS:
            reason += _HINT
        return Unknown(self._shown(name), reason)


def _block_expressions(expression: Plain, block: Traced, number: int, count: int) -> Plain:
    """Return the expressions of the nested block that a planned one was made from.

    Of several it is the one whose constants the planned block has; where these leave a choice,
    the one at the same place. `_UNSAID` when it cannot be told, as with `dynamic` blocks.
    """
    blocks = expression if isinstance(expression, list) else [expression]
    if len(blocks) != count:
        return _UNSAID
    if count > MAXIMUM_BLOCKS:
        return blocks[number] if _fits(blocks[number], block) else _UNSAID
    fitting = [place for place, one in enumerate(blocks) if _fits(one, block)]
    if len(fitting) == 1:
        return blocks[fitting[0]]
    return blocks[number] if number in fitting else _UNSAID


def _fits(expressions: Plain, block: Traced) -> bool:
    """Tell whether a planned block has the constants of a block of the configuration."""
    if not isinstance(expressions, dict):
        return False
    for name, expression in expressions.items():
        wanted = expression.get("constant_value") if isinstance(expression, dict) else None
        planned = block.get(name)
        if isinstance(wanted, (str, int)) and planned is not None:
            value = planned.value
            if isinstance(value, (str, int)) and str(value) != str(wanted):
                return False
    return True


def _is_zero(value: Traced | None) -> bool:
    return value is not None and value.value == 0 and not isinstance(value.value, bool)


def _is_expression(value: Plain) -> bool:
    """Tell an attribute's expression from the expressions of a nested block."""
    return isinstance(value, dict) and value.keys() <= {"references", "constant_value"}


def _last(name: str) -> str:
    """Return the attribute's own name in the path of a value."""
    return name.rsplit(".", 1)[-1].split("[", 1)[0]


def _is_link(attribute: str) -> bool:
    return attribute in _LINK_NAMES or attribute.endswith(_LINK_ENDINGS)


def _of_type(origins: list[Origin], kind: str | None) -> list[Origin]:
    """Return the origins that are resources of a type; of any type when there is only one."""
    if kind is None:
        return origins if len(origins) == 1 and origins[0].address else []
    return [one for one in origins if one.type == kind]


def _elements(value: Plain, count: int) -> list[Plain]:
    """Return marks for each element of a list."""
    marks = as_list(value)[:count]
    return marks + [None] * (count - len(marks))
