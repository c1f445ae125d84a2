"""Least-privilege policies as resources of a CloudFormation template, in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from stepguard.deployment.resources import Form
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.permissions.policy import PolicyStatement, RolePolicy
from stepguard.permissions.policy.model import VERSION, statement_value
from stepguard.reports.policy_comments import comment
from stepguard.reports.policy_inputs import Inputs
from stepguard.reports.policy_names import capitalized, heading_of, logical_id, stack_of, unused

_PARAMETER = re.compile(r"^it is a parameter|^its value is a secret|parameter store")
_LOGICAL = re.compile(r"[0-9A-Za-z]+")
_ATTRIBUTE = re.compile(r"[0-9A-Za-z.]+")
_WIDE = 100_000
_BRACKETS = "##["
_VERSIONS_OF_FUNCTIONS = ("Alias", "Version")
_SUBSTITUTION = re.compile(r"\$\{")
_NEEDLESS_QUOTES = re.compile(r"((?:: |- )!(?:Ref|GetAtt) )'([0-9A-Za-z.:]+)'$")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Tagged(str):
    """A text under a tag: `!Ref`, `!GetAtt` or `!Sub`."""

    tag: str
    __slots__ = ("tag",)

    def __new__(cls, tag: str, text: str) -> _Tagged:
        made = super().__new__(cls, text)
        made.tag = tag
        return made


class _Dumper(yaml.SafeDumper):
    """Writes what is tagged with its tag, lists below their key indented, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Return that nothing is written as an alias."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        """Indent lists, as templates do."""
        super().increase_indent(flow, indentless=False)


def _represent(dumper: yaml.SafeDumper, value: _Tagged) -> yaml.ScalarNode:
    style = '"' if value.tag == "!Sub" or _BRACKETS in value else None
    return dumper.represent_scalar(value.tag, str(value), style=style)


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if value.isprintable() and _BRACKETS not in value else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Tagged, _represent)
_Dumper.add_representer(str, _represent_text)


def render_policies_as_yaml(policies: Sequence[RolePolicy]) -> str:
    """Return YAML for policies: one document for each stack, to be merged into its template."""
    stacks: dict[tuple[str, str], list[RolePolicy]] = {}
    for policy in policies:
        prefix = "" if policy.role is None else stack_of(policy.role.address)
        stacks.setdefault((policy.deployment.root, prefix), []).append(policy)
    return "---\n".join(_Stack(root, prefix, own).text() for (root, prefix), own in stacks.items())


class _Stack:
    """The text for one stack."""

    def __init__(self, root: str, prefix: str, policies: Sequence[RolePolicy]) -> None:
        self._root = root
        self._prefix = prefix
        self._policies = policies
        self._inputs = Inputs(snake=False)
        self._taken: set[str] = set()

    def text(self) -> str:
        """Return the whole text."""
        resources = [line for one in self._policies for line in self._policy(one)]
        where = f", nested stack {self._prefix.rstrip('.')}" if self._prefix else ""
        lines = [*comment(f"{self._root}{where}")]
        if self._inputs.found:
            lines.append("Parameters:")
            for name, meaning in self._inputs.found.items():
                lines += _dumped({name: {"Type": "String", "Description": meaning}}, "  ")
        is_empty = all(line.lstrip().startswith("#") for line in resources)
        head = "Resources: {}" if is_empty else "Resources:"
        return "\n".join((*lines, head, *resources)) + "\n"

    def _policy(self, policy: RolePolicy) -> Iterator[str]:
        role = policy.role
        own = logical_id(policy.base_name)
        if role is None:
            own = unused(f"{capitalized(own)}Role", lambda name: self._is_taken(policy, name))
            self._taken.add(own)
        for line in (heading_of(policy), *policy.notes):
            yield from comment(line, "  ")
        if role is None or not role.generated:
            if role is not None:
                yield f"  # in {own}, whose other properties stay:"
            yield f"  {own}:"
            yield "    Type: AWS::IAM::Role"
            yield "    Properties:"
            yield "      AssumeRolePolicyDocument:"
            yield from self._document(policy.trust, "        ")
        if not policy.permissions:
            yield f"  # {own} needs no permissions"
            return
        name = unused(f"{own}Needs", lambda name: self._is_taken(policy, name))
        self._taken.add(name)
        yield f"  {name}:"
        yield "    Type: AWS::IAM::Policy"
        yield "    Properties:"
        yield "      PolicyName: needs"
        yield "      Roles:"
        yield f"        - !Ref {own}"
        yield "      PolicyDocument:"
        yield from self._document(policy.permissions, "        ")

    def _is_taken(self, policy: RolePolicy, name: str) -> bool:
        return name in self._taken or bool(policy.deployment.find(f"{self._prefix}{name}"))

    def _document(self, statements: Iterable[PolicyStatement], indent: str) -> Iterator[str]:
        yield f'{indent}Version: "{VERSION}"'
        yield f"{indent}Statement:"
        for statement in statements:
            if statement.comment:
                yield from comment(statement.comment, f"{indent}  ")
            if statement.when:
                yield from comment(f"only when {statement.when}", f"{indent}  ")
            yield from _dumped([self._written(statement_value(statement))], f"{indent}  ")

    def _written(self, value: Plain) -> Plain:
        """Return a value with intrinsic functions in the place of what is not known."""
        if isinstance(value, dict):
            return {key: self._written(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._written(one) for one in value]
        if not isinstance(value, Text):
            return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value
        if len(value.parts) == 1 and isinstance(value.parts[0], Hole):
            return self._intrinsic(value.parts[0].value)
        text = "".join(
            _SUBSTITUTION.sub("${!", part.text)
            if isinstance(part, Piece)
            else "${" + self._in_substitution(part.value) + "}"
            for part in value.parts
        )
        return _Tagged("!Sub", _SURROGATE.sub("\ufffd", text))

    def _intrinsic(self, hole: Unknown | Reference) -> _Tagged:
        name = self._in_substitution(hole)
        is_attribute = "." in name and not self._is_version(hole)
        return _Tagged("!GetAtt" if is_attribute else "!Ref", name)

    def _in_substitution(self, hole: Unknown | Reference) -> str:
        if isinstance(hole, Unknown):
            # A parameter of the template says so; every other name is not one that it has.
            if _LOGICAL.fullmatch(hole.expression) and _PARAMETER.search(hole.reason):
                return hole.expression
            return self._inputs.name_for(hole.expression, hole.reason)
        if hole.is_pseudo:
            return hole.target
        local = hole.target[len(self._prefix) :]
        is_own = hole.target.startswith(self._prefix) and _LOGICAL.fullmatch(local)
        if not is_own or (hole.attribute and not _ATTRIBUTE.fullmatch(hole.attribute)):
            meaning = f"{hole.target}.{hole.attribute}".rstrip(".")
            return self._inputs.name_for(meaning, "it is not of this template")
        return f"{local}.{hole.attribute}" if hole.attribute else local

    def _is_version(self, hole: Unknown | Reference) -> bool:
        """Tell whether it is SAM's way to name what a function's `AutoPublishAlias` makes."""
        return (
            isinstance(hole, Reference)
            and self._policies[0].deployment.form is Form.SAM
            and hole.attribute in _VERSIONS_OF_FUNCTIONS
        )


def _dumped(value: Plain, indent: str) -> list[str]:
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)
    lines = (_visible(line) for line in text.rstrip("\n").split("\n"))
    return [indent + _NEEDLESS_QUOTES.sub(r"\1\2", line) for line in lines]


def _visible(line: str) -> str:
    """Return a line in which marks that PyYAML lets through are escapes, as quotes allow.

    So is what a runner takes for a command.
    """
    visible = "".join(
        one
        if one.isprintable()
        else f"\\u{ord(one):04x}"
        if ord(one) <= 0xFFFF
        else f"\\U{ord(one):08x}"
        for one in line
    )
    return visible.replace(_BRACKETS, "#\\x23[")
