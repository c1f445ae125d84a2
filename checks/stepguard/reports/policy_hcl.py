"""Least-privilege policies as Terraform configuration, formatted as `terraform fmt` does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.permissions.policy import PolicyStatement, RolePolicy
from stepguard.permissions.policy_language import declared_elsewhere
from stepguard.reports.policy_comments import comment
from stepguard.reports.policy_inputs import Inputs
from stepguard.reports.policy_names import heading_of, identifier, module_of, unused

_LINE = 100
_OF_CALLER = "names of variables and locals may be those of the module's caller"
_IN_ANOTHER_MODULE = "it is in another module"
_STEP = r"(?:\.[A-Za-z_][\w-]*|\[(?:\d+|\"(?:[^\"\\$%]|\\.)*\")\])"
_TRAVERSAL = re.compile(rf"(?!each\.|count\.|self\.|path\.)[A-Za-z_][\w-]*{_STEP}+")
_INSTANCE = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
_PLACES = {
    "AWS::AccountId": ("aws_caller_identity", "account_id"),
    "AWS::Partition": ("aws_partition", "partition"),
    "AWS::Region": ("aws_region", "id"),
    "AWS::URLSuffix": ("aws_partition", "dns_suffix"),
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FIRST_ESCAPE = re.compile(r"([$%])\{")


def render_policies_as_hcl(policies: Sequence[RolePolicy]) -> str:
    """Return Terraform text for policies, those of each module under a heading of its own."""
    modules: dict[tuple[str, str], list[RolePolicy]] = {}
    for policy in policies:
        prefix = "" if policy.role is None else module_of(policy.role.address)
        modules.setdefault((policy.deployment.root, prefix), []).append(policy)
    taken: set[str] = set()
    return "\n".join(
        _Module(root, prefix, own, taken).text() for (root, prefix), own in modules.items()
    )


class _Module:
    """The text for one module: policies, and the data sources and variables that they need."""

    def __init__(
        self, root: str, prefix: str, policies: Sequence[RolePolicy], taken: set[str]
    ) -> None:
        self._root = root
        self._prefix = prefix
        self._policies = policies
        own = _INSTANCE.sub("", prefix)
        self._elsewhere = declared_elsewhere(own, policies[0].deployment)
        self._taken = taken
        self._inputs = Inputs(snake=True)
        self._data: set[str] = set()
        self._names_callers = False

    def text(self) -> str:
        """Return the whole text."""
        bodies = ["\n".join(self._policy(one)) for one in self._policies]
        where = f", in {self._prefix.rstrip('.')}" if self._prefix else ""
        blocks = ["\n".join(comment(f"{self._root}{where}"))]
        if self._prefix and self._names_callers:
            blocks.append("\n".join(comment(_OF_CALLER)))
        deployment = self._policies[0].deployment
        missing = [one for one in sorted(self._data) if not self._has(deployment, one)]
        if missing:
            blocks.append("\n".join(f'data "{one}" "current" {{}}' for one in missing))
        blocks.extend(_variable(name, text) for name, text in self._inputs.found.items())
        return "\n\n".join((*blocks, *bodies)) + "\n"

    def _has(self, deployment: Deployment, kind: str) -> bool:
        return bool(deployment.find(f"{self._prefix}data.{kind}.current"))

    def _policy(self, policy: RolePolicy) -> Iterator[str]:
        name = self._name(policy)
        role = policy.role
        for line in (heading_of(policy), *policy.notes):
            yield from comment(line)
        trust = f"{name}_trust"
        yield from self._document(trust, policy.trust)
        yield ""
        if role is None:
            yield f'resource "aws_iam_role" "{name}" {{'
            yield f"  assume_role_policy = data.aws_iam_policy_document.{trust}.json"
            yield "}"
            own = f"aws_iam_role.{name}"
        else:
            own = role.address[len(self._prefix) :]
            yield f"# {own}: assume_role_policy = data.aws_iam_policy_document.{trust}.json"
        if not policy.permissions:
            yield "# it needs no permissions"
            return
        yield ""
        yield from self._document(f"{name}_needs", policy.permissions)
        yield ""
        yield f'resource "aws_iam_role_policy" "{name}_needs" {{'
        yield from _aligned(
            (
                ("role", f"{own}.id"),
                ("policy", f"data.aws_iam_policy_document.{name}_needs.json"),
            ),
            "  ",
        )
        yield "}"

    def _name(self, policy: RolePolicy) -> str:
        deployment = policy.deployment
        base = identifier(policy.base_name)

        def is_taken(name: str) -> bool:
            declared = (
                f"data.aws_iam_policy_document.{name}_needs",
                f"data.aws_iam_policy_document.{name}_trust",
                f"aws_iam_role_policy.{name}_needs",
                *([f"aws_iam_role.{name}"] if policy.role is None else ()),
            )
            return name in self._taken or any(
                deployment.find(f"{self._prefix}{one}") for one in declared
            )

        name = unused(base, is_taken)
        self._taken.add(name)
        return name

    def _document(self, name: str, statements: Iterable[PolicyStatement]) -> Iterator[str]:
        yield f'data "aws_iam_policy_document" "{name}" {{'
        for number, statement in enumerate(statements):
            if number:
                yield ""
            yield from self._statement(statement)
        yield "}"

    def _statement(self, statement: PolicyStatement) -> Iterator[str]:
        if statement.comment:
            yield from comment(statement.comment, "  ")
        if statement.when:
            yield from comment(f"only when {statement.when}", "  ")
        yield "  statement {"
        attributes = [
            ("sid", _quoted(statement.sid)),
            ("actions", self._list(statement.actions, "    ", len("resources = "))),
        ]
        if statement.resources:
            resources = self._list(statement.resources, "    ", len("resources = "))
            attributes.append(("resources", resources))
        yield from _aligned(attributes, "    ")
        if statement.principal is not None:
            kind, who = statement.principal
            yield ""
            yield from self._block(
                "principals", (("type", _quoted(kind)),), ("identifiers", tuple(who))
            )
        for operator, key, values in statement.conditions:
            yield ""
            yield from self._block(
                "condition",
                (("test", _quoted(operator)), ("variable", _quoted(key))),
                ("values", values),
            )
        yield "  }"

    def _block(
        self,
        kind: str,
        attributes: Sequence[tuple[str, str]],
        values: tuple[str, tuple[Plain, ...]],
    ) -> Iterator[str]:
        name, given = values
        yield f"    {kind} {{"
        widest = max(len(name), *(len(one) for one, _ in attributes)) + len(" = ")
        written = self._list(given, "      ", widest)
        yield from _aligned((*attributes, (name, written)), "      ")
        yield "    }"

    def _list(self, values: Sequence[Plain], indent: str, before: int) -> str:
        written = [self._expression(one) for one in values]
        line = f"[{', '.join(written)}]"
        if len(indent) + before + len(line) <= _LINE or len(written) == 1:
            return line
        return "\n".join(("[", *(f"{indent}  {one}," for one in written), f"{indent}]"))

    def _expression(self, value: Plain) -> str:
        if not isinstance(value, Text):
            return _quoted(str(value))
        if len(value.parts) == 1 and isinstance(value.parts[0], Hole):
            return self._hole(value.parts[0].value)
        return (
            '"'
            + "".join(
                _escaped(part.text)
                if isinstance(part, Piece)
                else "${" + self._hole(part.value) + "}"
                for part in value.parts
            )
            + '"'
        )

    def _hole(self, hole: Unknown | Reference) -> str:
        if isinstance(hole, Unknown):
            if self._elsewhere.has_part_of(hole.expression):
                return f"var.{self._inputs.name_for(hole.expression, _IN_ANOTHER_MODULE)}"
            is_terraform = self._policies[0].deployment.form in (Form.TERRAFORM, Form.PLAN)
            if is_terraform and _TRAVERSAL.fullmatch(hole.expression):
                self._names_callers = True
                return hole.expression
            return f"var.{self._inputs.name_for(hole.expression, hole.reason)}"
        if hole.is_pseudo:
            if hole.target not in _PLACES:
                return f"var.{self._inputs.name_for(hole.target, '')}"
            kind, attribute = _PLACES[hole.target]
            self._data.add(kind)
            return f"data.{kind}.current.{attribute}"
        return self._reference(hole)

    def _reference(self, reference: Reference) -> str:
        full = f"{reference.target}.{reference.attribute}"
        local = self._local(full)
        if local is None:
            return f"var.{self._inputs.name_for(full, _IN_ANOTHER_MODULE)}"
        if not _TRAVERSAL.fullmatch(local) or self._is_one_of_several(reference):
            return f"var.{self._inputs.name_for(full, 'which instance is not known')}"
        return local

    def _local(self, full: str) -> str | None:
        """Return an address as the module names it; `None` for what is in another module."""
        own = module_of(full)
        if _INSTANCE.sub("", own) != _INSTANCE.sub("", self._prefix):
            return None
        return full[len(own) :]

    def _is_one_of_several(self, reference: Reference) -> bool:
        bare = reference.target[len(module_of(reference.target)) :]
        found = self._policies[0].deployment.find(reference.target)
        return bool(found) and all(
            one.address[len(module_of(one.address)) :] != bare for one in found
        )


def _variable(name: str, meaning: str) -> str:
    lines = [
        f'variable "{name}" {{',
        *_aligned((("description", _quoted(meaning)), ("type", "string")), "  "),
        "}",
    ]
    return "\n".join(lines)


def _aligned(attributes: Iterable[tuple[str, str]], indent: str) -> Iterator[str]:
    """Yield attributes, the equals signs of those that stand in lines of their own aligned."""
    group: list[tuple[str, str]] = []
    for name, value in attributes:
        if "\n" not in value:
            group.append((name, value))
            continue
        yield from _group(group, indent)
        group = []
        yield f"{indent}{name} = {value}"
    yield from _group(group, indent)


def _group(attributes: Sequence[tuple[str, str]], indent: str) -> Iterator[str]:
    width = max((len(name) for name, _ in attributes), default=0)
    for name, value in attributes:
        yield f"{indent}{name.ljust(width)} = {value}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    escaped = "".join(map(_character, text)).replace("##[", "#\\u0023[")
    return _FIRST_ESCAPE.sub(r"\1\1{", escaped)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        # Half a pair is no character, and no text of Terraform can hold it.
        return "\ufffd"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
