"""How an ARN, and a statement, are written in the language of a source."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stepguard.deployment.resources import Form
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown

_IN_TERRAFORM = {
    "AWS::AccountId": "data.aws_caller_identity.current.account_id",
    "AWS::Partition": "data.aws_partition.current.partition",
    "AWS::Region": "data.aws_region.current.name",
    "AWS::URLSuffix": "data.aws_partition.current.dns_suffix",
}


def is_terraform(form: Form) -> bool:
    """Tell whether a form of source is Terraform or its plan."""
    return form in (Form.TERRAFORM, Form.PLAN)


def write_resource(value: Plain, form: Form) -> str:
    """Return an ARN or a pattern as an expression of Terraform, or of CloudFormation's YAML."""
    hole = _sole_hole(value)
    if hole is not None:
        return _terraform(hole) if is_terraform(form) else _intrinsic(hole)
    text = _text(value, form)
    has_holes = isinstance(value, Text) and bool(value.holes)
    quoted = json.dumps(text, ensure_ascii=False)
    return f"!Sub {quoted}" if has_holes and not is_terraform(form) else quoted


def write_statement(actions: Sequence[str], resources: Sequence[Plain], form: Form) -> str:
    """Return a statement that allows actions on resources, in one line."""
    action = _list([json.dumps(one) for one in actions])
    resource = _list([write_resource(one, form) for one in resources])
    if is_terraform(form):
        return f'{{ Effect = "Allow", Action = {action}, Resource = {resource} }}'
    return f"{{Effect: Allow, Action: {action}, Resource: {resource}}}"


def _list(written: Sequence[str]) -> str:
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _sole_hole(value: Plain) -> Unknown | Reference | None:
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        return value.parts[0].value
    return value if isinstance(value, (Unknown, Reference)) else None


def _text(value: Plain, form: Form) -> str:
    if not isinstance(value, Text):
        return str(value)
    inner = _terraform if is_terraform(form) else _in_substitution
    return "".join(
        part.text if isinstance(part, Piece) else "${" + inner(part.value) + "}"
        for part in value.parts
    )


def _terraform(hole: Unknown | Reference) -> str:
    if isinstance(hole, Unknown):
        return hole.expression
    if hole.is_pseudo:
        written = "" if hole.expression.startswith("AWS::") else hole.expression
        return written or _IN_TERRAFORM.get(hole.target, hole.target)
    return hole.expression or _joined(hole)


def _in_substitution(hole: Unknown | Reference) -> str:
    return hole.expression if isinstance(hole, Unknown) else _joined(hole)


def _intrinsic(hole: Unknown | Reference) -> str:
    if isinstance(hole, Unknown):
        return f"!Ref {hole.expression}"
    return f"!GetAtt {_joined(hole)}" if hole.attribute else f"!Ref {hole.target}"


def _joined(hole: Reference) -> str:
    return f"{hole.target}.{hole.attribute}" if hole.attribute else hole.target
