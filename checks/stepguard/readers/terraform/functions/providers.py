"""Functions of providers."""

from __future__ import annotations

from stepguard.deployment.values import Hole, Piece, Traced
from stepguard.readers.terraform.functions.arguments import Arguments, Function, takes, why_open
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.texts import FlatText, may_contain

_SECTIONS = ("partition", "service", "region", "account_id", "resource")
_ROLE = "role/"


def _sections(arguments: Arguments) -> list[list[Piece | Hole]]:
    """Return the parts of an ARN behind `arn:`. Raises `FunctionError`, `NotKnownError`."""
    text = FlatText(arguments.text(0))
    uncertain = [at for at, hole in text.holes() if may_contain(hole.value, ":")]
    bounds: list[int] = [-1]
    while len(bounds) <= len(_SECTIONS):
        colon = text.string.find(":", bounds[-1] + 1)
        if uncertain and (colon < 0 or uncertain[0] < colon):
            raise NotKnownError(why_open(Traced(text.text)))
        if colon < 0:
            raise FunctionError("it is no ARN")
        bounds.append(colon)
    if text.string[: bounds[1]] != "arn":
        raise FunctionError("it is no ARN")
    ends = [*bounds[2:], len(text)]
    return [text.cut(start + 1, end) for start, end in zip(bounds[1:], ends, strict=True)]


def _arn_parse(arguments: Arguments) -> Traced:
    sections = map(arguments.result_text, _sections(arguments))
    return arguments.result(dict(zip(_SECTIONS, sections, strict=True)))


def _arn_build(arguments: Arguments) -> Traced:
    parts: list[Piece | Hole] = [Piece("arn", arguments.span)]
    for position in range(len(_SECTIONS)):
        parts.append(Piece(":", arguments.span))
        parts.extend(arguments.text(position).parts)
    return arguments.result_text(parts)


def _trim_iam_role_path(arguments: Arguments) -> Traced:
    arn = arguments.string(0)
    sections = arn.split(":", len(_SECTIONS))
    if len(sections) <= len(_SECTIONS) or sections[0] != "arn":
        raise FunctionError("it is no ARN")
    if sections[2] != "iam" or sections[3] or not sections[5].startswith(_ROLE):
        raise FunctionError("it is no ARN of a role")
    name = sections[5].rpartition("/")[2]
    return arguments.result(":".join([*sections[:5], _ROLE + name]))


FUNCTIONS: dict[str, Function] = {
    "provider::aws::arn_build": takes(_arn_build, 5),
    "provider::aws::arn_parse": takes(_arn_parse, 1),
    "provider::aws::trim_iam_role_path": takes(_trim_iam_role_path, 1),
}
"""The functions of this module, by name."""
