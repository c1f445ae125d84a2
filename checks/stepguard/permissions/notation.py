"""How an ARN, a statement and a condition are written in the language of a policy."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from enum import Enum

from stepguard.deployment.resources import Form
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.structs import Struct

_IN_TERRAFORM = {
    "AWS::AccountId": ("aws_caller_identity", "account_id"),
    "AWS::Partition": ("aws_partition", "partition"),
    "AWS::Region": ("aws_region", "name"),
    "AWS::URLSuffix": ("aws_partition", "dns_suffix"),
}
_CURRENT = "current"
"""What a data source is called mostly, and in AWS's documentation."""

_DATA_SOURCE = re.compile(rf"\bdata\.(aws_\w+)\.{_CURRENT}\b")
_DECLARED = re.compile(r"(?<![\w.-])(?:data\.)?[A-Za-z_][\w-]*\.[\w-]+")
_MODULES = re.compile(r'(?:module\.[\w-]+(?:\[(?:"[^"]*"|[^\]"]*)\])?\.)+')
_INSTANCE = re.compile(r'\[(?:"[^"]*"|[^\]"]*)\]')
_NAME = re.compile(r"(?:AWS::)?\w+(?:\.(?:Outputs\.)?\w+|\.[A-Z]\w*\.[A-Z]\w*)?")
_CUT = "…"
"""How an expression ends that was too long to be kept."""

_DYNAMIC = "resolve:"
_IMPORTED = "Fn::ImportValue "
_OPEN = "depends on condition"
_ABBREVIATED = {
    "Fn::ImportValue": "ImportValue",
    "Ref": "Ref",
    "Fn::GetAtt": "GetAtt",
    "Fn::Sub": "Sub",
}


class Language(Enum):
    """A language that a policy is written in.

    `HCL` is an object of Terraform's language, `BLOCK` a block of its data source
    `aws_iam_policy_document`, `TEXT` JSON in one of its texts, and `RENDERED` JSON in a file of its
    own, which `templatefile` fills in. `YAML` and `JSON` are those of CloudFormation.
    """

    HCL = "hcl"
    BLOCK = "block"
    TEXT = "text"
    RENDERED = "rendered"
    YAML = "yaml"
    JSON = "json"


class Elsewhere(Struct, frozen=True, eq=False):
    """What only other modules declare.

    `declared` is what any module does, as expressions begin that refer to it (`var.a`, `module.b`,
    `aws_sqs_queue.c`); `own` are the sets of what the module itself does.
    """

    declared: Set[str] = frozenset()
    own: tuple[Set[str], ...] = ()

    def has_part_of(self, expression: str) -> bool:
        """Tell whether an expression of Terraform names something that is elsewhere."""
        return bool(self.declared) and any(
            one in self.declared and not any(one in names for names in self.own)
            for one in _DECLARED.findall(expression)
        )


class Notation(Struct, frozen=True):
    """How a policy is written: its language, and what stands before the addresses beside it.

    `module` is the address of the Terraform module or of the nested stack that the policy is in,
    with the sign behind it (`module.a.module.b.`); it is empty for what is at the top.
    `data_sources` are the names of the data sources that the module has for account, region and
    partition, by their types; `None` where that is not known. `elsewhere` is what only other
    modules declare.
    """

    language: Language
    module: str = ""
    data_sources: tuple[tuple[str, str], ...] | None = None
    elsewhere: Elsewhere = Elsewhere()

    @property
    def is_terraform(self) -> bool:
        """Whether what is not known is an expression of Terraform."""
        return self.language not in (Language.YAML, Language.JSON)

    def remark(self, written: str) -> str:
        """Return what has to be done besides for something written; empty for nothing."""
        found = ""
        if self.language is Language.RENDERED and "${" in written:
            found = " (with what stands in ${…} handed to the template as variables)"
        missing = self.to_declare(written)
        return f"{found} ({missing})" if missing else found

    def to_declare(self, written: str) -> str:
        """Return which data sources the module lacks for something written; empty for none."""
        if not self.is_terraform or self.data_sources is None:
            return ""
        known = dict(self.data_sources)
        used = sorted(set(_DATA_SOURCE.findall(written)))
        blocks = [f'data "{kind}" "{_CURRENT}" {{}}' for kind in used if kind not in known]
        return f"declare {_in_words(blocks)} in the module, too" if blocks else ""

    def is_elsewhere(self, expression: str) -> bool:
        """Tell whether an expression has something in it that only another module declares."""
        return self.elsewhere.has_part_of(expression)


class Comparison(Struct, frozen=True):
    """A part of a condition: an operator, such as `StringEquals`, a key and its values."""

    operator: str
    key: str
    values: tuple[Plain, ...]


def is_terraform(form: Form) -> bool:
    """Tell whether a form of source is Terraform or its plan."""
    return form in (Form.TERRAFORM, Form.PLAN)


def module_of(address: str) -> str:
    """Return the address of the module that a resource is in, as a notation has it."""
    found = _MODULES.match(address)
    return _INSTANCE.sub("", found.group()) if found is not None else ""


def write_resource(value: Plain, notation: Notation) -> str:
    """Return an ARN or a pattern of ARNs as an expression of the policy's language."""
    hole = _sole_hole(value)
    if not notation.is_terraform:
        return _intrinsic(value, hole, notation)
    is_object = notation.language in (Language.HCL, Language.BLOCK)
    if hole is not None and is_object:
        written = _terraform(hole, notation)
        return _quoted(written) if written.startswith("<") else written
    return _template(value, notation)


def write_statement(actions: Sequence[str], resources: Sequence[Plain], notation: Notation) -> str:
    """Return a statement that allows actions on resources; in one line but for a block."""
    written = [_quoted(one) for one in actions]
    named = [write_resource(one, notation) for one in resources]
    if notation.language is Language.BLOCK:
        arguments = (f"actions   = [{', '.join(written)}]", f"resources = [{', '.join(named)}]")
        return _block("statement", arguments)
    members = {"Effect": _word("Allow", notation), "Action": _list(written)}
    return _object({**members, "Resource": _list(named)}, notation)


def join_statements(written: Sequence[str], notation: Notation) -> str:
    """Return statements one after the other, as they stand in a policy."""
    return ("\n" if notation.language is Language.BLOCK else ", ").join(written)


def write_actions(actions: Sequence[str], notation: Notation) -> str:
    """Return the part of a statement that says which actions it allows."""
    written = [_quoted(one) for one in actions]
    if notation.language is Language.BLOCK:
        return f"actions = [{', '.join(written)}]"
    return _member("Action", _list(written), notation)


def write_policy(statement: str, notation: Notation) -> str:
    """Return a policy of one statement, without a version, as SAM takes it among others."""
    return _object({"Statement": f"[{statement}]"}, notation)


def write_condition(tests: Sequence[Comparison], notation: Notation) -> str:
    """Return the condition of a statement that consists of some tests; as `write_statement`."""
    written = [(one, [write_resource(value, notation) for value in one.values]) for one in tests]
    if notation.language is Language.BLOCK:
        return "\n".join(
            _block(
                "condition",
                (
                    f"test     = {_quoted(one.operator)}",
                    f"variable = {_quoted(one.key)}",
                    f"values   = [{', '.join(values)}]",
                ),
            )
            for one, values in written
        )
    members = {
        one.operator: _object({_quoted(one.key): _list(values)}, notation)
        for one, values in written
    }
    return _member("Condition", _object(members, notation), notation)


def write_principal(kind: str, written: str, notation: Notation) -> str:
    """Return the principal of a statement: its kind (`AWS`), and what is written for it."""
    if notation.language is Language.BLOCK:
        return f"identifiers = [{written}]"
    return _member("Principal", _object({kind: written}, notation), notation)


def _block(name: str, arguments: Sequence[str]) -> str:
    # A block of Terraform's language takes one argument in a line.
    return "\n".join((f"{name} {{", *(f"  {one}" for one in arguments), "}"))


def _object(members: dict[str, str], notation: Notation) -> str:
    written = ", ".join(_member(key, value, notation) for key, value in members.items())
    return f"{{ {written} }}" if notation.language is Language.HCL else f"{{{written}}}"


def _member(key: str, value: str, notation: Notation) -> str:
    if notation.language is Language.HCL:
        return f"{key} = {value}"
    is_bare = notation.language is Language.YAML or key.startswith('"')
    return f"{key}: {value}" if is_bare else f"{_quoted(key)}: {value}"


def _word(text: str, notation: Notation) -> str:
    return text if notation.language is Language.YAML else _quoted(text)


def _list(written: Sequence[str]) -> str:
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _in_words(written: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(written[:-1]), written[-1])))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _sole_hole(value: Plain) -> Unknown | Reference | None:
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        return value.parts[0].value
    return value if isinstance(value, (Unknown, Reference)) else None


def _template(value: Plain, notation: Notation) -> str:
    """Return a text of Terraform in quotes; what stands in `${…}` is an expression as it is."""
    hole = _sole_hole(value)
    parts = (Hole(hole),) if hole is not None else _parts(value)
    written = [
        _escaped(part.text) if isinstance(part, Piece) else _interpolated(part.value, notation)
        for part in parts
    ]
    return f'"{"".join(written)}"'


def _interpolated(hole: Unknown | Reference, notation: Notation) -> str:
    written = _terraform(hole, notation)
    return _escaped(written) if written.startswith("<") else f"${{{written}}}"


def _escaped(text: str) -> str:
    return _quoted(text)[1:-1]


def _parts(value: Plain) -> tuple[Piece | Hole, ...]:
    return value.parts if isinstance(value, Text) else (Piece(str(value)),)


def _text(value: Plain, notation: Notation) -> str:
    """Return a text of CloudFormation with what is not known in it as `${…}`."""
    return "".join(
        part.text if isinstance(part, Piece) else _in_text(part.value, notation)
        for part in _parts(value)
    )


def _in_text(hole: Unknown | Reference, notation: Notation) -> str:
    name = _name_in_template(hole, notation)
    if name.startswith(_DYNAMIC):
        return f"{{{{{name}}}}}"
    return f"${{{name}}}" if _NAME.fullmatch(name) else f"<{name}>"


def _terraform(hole: Unknown | Reference, notation: Notation) -> str:
    """Return the expression for something unknown; in angle brackets where there is none."""
    if isinstance(hole, Unknown):
        if notation.is_elsewhere(hole.expression):
            return f"<{hole.expression} of another module>"
        return f"<{hole.expression}>" if hole.expression.endswith(_CUT) else hole.expression
    if hole.is_pseudo:
        is_own = hole.expression and not hole.expression.startswith("AWS::")
        if is_own and not notation.is_elsewhere(hole.expression):
            return hole.expression
        kind, attribute = _IN_TERRAFORM.get(hole.target, ("", ""))
        name = dict(notation.data_sources or ()).get(kind, _CURRENT)
        return f"data.{kind}.{name}.{attribute}" if kind else hole.target
    module = module_of(hole.target)
    if module == notation.module:
        local = hole.target[_length_of_module(hole.target) :]
        kind = local.partition(".")[0]
        if hole.expression.startswith((f"{kind}.", "local.")):
            return hole.expression
        return f"{local}.{hole.attribute}" if hole.attribute else local
    called = module.removeprefix(notation.module)
    is_output = hole.expression.count(".") == 2 and hole.expression.startswith(called)
    if module.startswith(notation.module) and called.count(".") == 2 and is_output:
        return hole.expression
    return f"<{hole.attribute or 'name'} of {hole.target}>"


def _length_of_module(address: str) -> int:
    found = _MODULES.match(address)
    return found.end() if found is not None else 0


def _intrinsic(value: Plain, hole: Unknown | Reference | None, notation: Notation) -> str:
    """Return a text of CloudFormation, with a function where something in it is not known."""
    if hole is None and not (isinstance(value, Text) and value.holes):
        return _quoted(_text(value, notation))
    if hole is None:
        return _function("Fn::Sub", _quoted(_text(value, notation)), notation)
    name = _name_in_template(hole, notation)
    if name.startswith(_IMPORTED):
        return _function(_IMPORTED[:-1], _word(name[len(_IMPORTED) :], notation), notation)
    if not _NAME.fullmatch(name):
        return _quoted(_in_text(hole, notation))
    target, _, attribute = name.partition(".")
    if not attribute:
        return _function("Ref", _word(target, notation), notation)
    if notation.language is Language.YAML:
        return _function("Fn::GetAtt", name, notation)
    return _function("Fn::GetAtt", f"[{_quoted(target)}, {_quoted(attribute)}]", notation)


def _function(name: str, argument: str, notation: Notation) -> str:
    if notation.language is Language.YAML:
        return f"!{_ABBREVIATED[name]} {argument}"
    return f"{{{_quoted(name)}: {argument}}}"


def _name_in_template(hole: Unknown | Reference, notation: Notation) -> str:
    if isinstance(hole, Reference):
        name = hole.target.removeprefix(notation.module)
        return f"{name}.{hole.attribute}" if hole.attribute else name
    is_choice = hole.reason.startswith(_OPEN)
    return f"what {hole.expression} decides" if is_choice else hole.expression
