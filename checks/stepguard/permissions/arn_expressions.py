"""Which expressions of a source are whole ARNs, as far as their names say so.

`var.table_arn` and `one(aws_dynamodb_table.t[*].arn)` are; `split("/", var.table_arn)[1]` only has
an ARN in it. What is not known to be a whole one is taken for a name.
"""

from __future__ import annotations

import re

_LONGEST = 300
"""Characters of an expression that is looked into; readers cut what is longer."""

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|.', re.DOTALL)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_CALL = re.compile(r"\w+(?=\()")
_STEP = re.compile(r'\.?([\w*-]+)|\["([^"]*)"\]|\[[^"\[\]]*\]')
_PATH = re.compile(r'[\w*-]+(?:\.[\w*-]+|\["[^"]*"\]|\[[^"\[\]]*\])*')
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDS = ("arn", "arns")
_NO_NAME = re.compile(r'[()"=<>!&|?]')
_SEPARATOR = re.compile(r"[\s/:]+")

_CHOOSING = frozenset(
    {
        "coalesce",
        "coalescelist",
        "compact",
        "concat",
        "distinct",
        "flatten",
        "merge",
        "nonsensitive",
        "one",
        "sensitive",
        "sort",
        "tolist",
        "tomap",
        "toset",
        "tostring",
        "trimspace",
        "try",
        "values",
    }
)
"""Functions that give one of their arguments, or an element of one, as it is."""

_SUBJECTS = {"element": 0, "join": 1, "lookup": 0, "replace": 0, "trimsuffix": 0}
"""Which argument of a function its value begins with."""

_PATTERN = '"/'
"""How the second argument of `replace` begins where it is a regular expression."""


def is_arn_expression(expression: str) -> bool:
    """Tell whether an expression is a whole ARN, or a text that begins with one."""
    text = expression.strip()
    if not text or len(text) > _LONGEST:
        return False
    _, *branches = _split(text, "?")
    if branches:
        return any(map(is_arn_expression, _split("?".join(branches), ":")))
    call = _CALL.match(text)
    if call is None and text[0] not in _OPENING:
        return _is_arn_path(text) if _PATH.fullmatch(text) else _is_other_arn(text)
    name = call.group() if call is not None else ""
    taken_apart = _enclosed(text[len(name) :])
    if taken_apart is None:
        return False
    inside, steps = taken_apart
    if _names(steps):
        return _is_arn_path(steps)
    arguments = _split(inside, ",")
    if not name:
        return is_arn_expression(arguments[0])
    return any(map(is_arn_expression, _kept(name, arguments)))


def is_arn_name(name: str) -> bool:
    """Tell whether a name, such as that of a variable or an attribute, says that it is an ARN."""
    words = {word.lower() for word in _WORD.findall(name)}
    return not words.isdisjoint(_ENDS) or name.lower().endswith(_ENDS)


def _is_arn_path(path: str) -> bool:
    """Tell whether names one behind the other, with keys in brackets, lead to an ARN."""
    names = _names(path)
    attributes = [name for name, is_key in names if not is_key]
    ends = {names[-1][0], *attributes[-1:]} if names else set()
    return any(map(is_arn_name, ends)) or any(name.lower().endswith("arns") for name, _ in names)


def _names(path: str) -> list[tuple[str, bool]]:
    """Return the names in a path, and of each whether it is a key in brackets."""
    found = [(one or key, not one) for one, key in _STEP.findall(path)]
    return [(name, is_key) for name, is_key in found if name.strip("*")]


def _is_other_arn(text: str) -> bool:
    """Tell whether an import or a dynamic reference of CloudFormation is named as an ARN is."""
    if _NO_NAME.search(text):
        return False
    words = [one for one in _SEPARATOR.split(text) if one and not one.isdigit()]
    return bool(words) and is_arn_name(words[-1].rpartition(".")[2])


def _kept(name: str, arguments: list[str]) -> list[str]:
    """Return the arguments of a function one of which its value is, or begins with."""
    if name in _CHOOSING:
        return arguments
    if name not in _SUBJECTS:
        return []
    if name == "replace" and any(one.strip().startswith(_PATTERN) for one in arguments[1:2]):
        return []
    subject = _SUBJECTS[name]
    return arguments[subject : subject + 1]


def _split(text: str, mark: str) -> list[str]:
    """Return what stands between marks that are in no brackets and in no text."""
    parts = [""]
    depth = 0
    for token in _TOKEN.findall(text):
        depth += (token in _OPENING) - (token in _CLOSING)
        if token == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _enclosed(text: str) -> tuple[str, str] | None:
    """Return what is in the brackets that a text begins with, and what is behind them."""
    depth = 0
    end = 0
    for token in _TOKEN.findall(text):
        depth += (token in _OPENING) - (token in _CLOSING)
        end += len(token)
        if depth == 0:
            return text[1 : end - 1], text[end:]
    return None
