"""Terraform's built-in functions, with values of which not everything is known.

`try`, `can`, `templatefile` and `templatestring` are not among them: they evaluate expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

from stepguard.deployment.source import Span
from stepguard.deployment.values import Text, Traced, Unknown
from stepguard.readers.terraform.functions.arguments import Arguments, Function
from stepguard.readers.terraform.functions.environment import Environment
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError

__all__ = ["call", "find_function", "function_names"]

_CHARACTERS_OF_A_STEP = 500
_SLOW_CHARACTERS_OF_A_STEP = 20
_SLOW = frozenset(
    {"csvdecode", "length", "lower", "strrev", "substr", "title", "upper", "urlencode"}
)
"""Functions that look at each character by itself."""

_UNMARKED = frozenset({"issensitive", "nonsensitive"})

_MODULES: dict[str, str] = {
    "addresses": ("cidrhost cidrnetmask cidrsubnet cidrsubnets"),
    "arithmetic": ("abs ceil floor log max min parseint pow range signum sum"),
    "concatenation": ("concat flatten"),
    "dates": ("formatdate plantimestamp timeadd timecmp timestamp"),
    "encoding": (
        "base64decode base64encode base64gzip csvdecode jsondecode jsonencode "
        "textdecodebase64 textencodebase64 urlencode"
    ),
    "files": ("abspath basename dirname file filebase64 fileexists fileset pathexpand"),
    "formatting": ("format formatlist"),
    "hashes": (
        "base64sha256 base64sha512 bcrypt filebase64sha256 filebase64sha512 filemd5 "
        "filesha1 filesha256 filesha512 md5 rsadecrypt sha1 sha256 sha512 uuid uuidv5"
    ),
    "mappings": ("keys lookup map merge transpose values zipmap"),
    "providers": (
        "provider::aws::arn_build provider::aws::arn_parse provider::aws::trim_iam_role_path"
    ),
    "regexes": ("regex regexall replace"),
    "selection": ("alltrue anytrue coalesce coalescelist contains element index length one"),
    "sequences": ("chunklist compact distinct list matchkeys reverse slice sort"),
    "sets": (
        "ephemeralasnull issensitive nonsensitive sensitive setintersection setproduct "
        "setsubtract setunion tobool tolist tomap tonumber toset tostring"
    ),
    "strings": (
        "chomp endswith indent join lower split startswith strcontains strrev substr "
        "title trim trimprefix trimspace trimsuffix upper"
    ),
    "yaml_decoding": ("yamldecode"),
    "yaml_encoding": ("yamlencode"),
}
"""The functions of each module of this package, which is loaded when one of them is called."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def function_names() -> tuple[str, ...]:
    """Return the names of all functions."""
    return tuple(_MODULE_OF)


def find_function(name: str) -> Function | None:
    """Return a function; `None` when there is none of that name."""
    module = _MODULE_OF.get(name)
    if module is None:
        return None
    functions: dict[str, Function] = import_module(f"{__name__}.{module}").FUNCTIONS
    return functions[name]


def call(
    name: str,
    arguments: Sequence[Traced],
    span: Span | None,
    environment: Environment,
    shown: str,
) -> Traced:
    """Return the result of a function; `Unknown` with the reason where it cannot be told.

    No argument is a choice (`OneOf`) as a whole. `span` is where the call is written, `shown` its
    source on one line. Raises `FunctionError` for what Terraform would refuse.
    """
    function = find_function(name)
    if function is None:
        return Traced(Unknown(shown, f"the function {name} is not known"), span)
    count = len(arguments)
    if count < function.minimum or (function.maximum is not None and count > function.maximum):
        raise FunctionError(f"{name} does not take {count} arguments")
    at_once = _SLOW_CHARACTERS_OF_A_STEP if name in _SLOW else _CHARACTERS_OF_A_STEP
    if not environment.spend(sum(map(_length, arguments)) // at_once):
        return Traced(Unknown(shown, "evaluating it takes too much work"), span)
    try:
        result = function.run(Arguments(arguments, span, environment, shown))
    except NotKnownError as error:
        result = Traced(Unknown(shown, error.reason), span)
    if name not in _UNMARKED and any(argument.sensitive for argument in arguments):
        return replace(result, sensitive=True)
    return result


def _length(argument: Traced) -> int:
    value = argument.value
    if isinstance(value, Text):
        return sum(len(getattr(part, "text", "")) for part in value.parts)
    return len(value) if isinstance(value, str) else 0
