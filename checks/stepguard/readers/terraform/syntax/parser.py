"""HCL text to expressions, by either of two parsers.

`tree-sitter` is the one to use; `python-hcl2` is in pure Python, for platforms for which the first
has no wheels, and as the reference that must see the same in every text.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import util

from stepguard.readers.terraform.syntax.assembly import Assembly, Grammar
from stepguard.readers.terraform.syntax.expressions import (
    Body,
    Expression,
    Name,
    SyntaxProblem,
    Template,
)
from stepguard.readers.terraform.syntax.scanner import (
    Region,
    scan_body,
    scan_expression,
    scan_template,
)
from stepguard.structs import Struct

TREE_SITTER = "tree-sitter"
PYTHON_HCL2 = "python-hcl2"

BUNDLED_GRAMMAR = "stepguard_hcl2"
"""The module of python-hcl2's grammar in the pack for checkov, where `hcl2` is checkov's own."""

_TOO_DEEP = "it is nested too deeply"


class ParserUnavailableError(Exception):
    """A parser that does not exist or is not installed; its text says what can be done."""


class ParsedBody(Struct, frozen=True):
    """A file's content, and what in it is no HCL."""

    body: Body
    problems: tuple[SyntaxProblem, ...]


def available_parsers() -> tuple[str, ...]:
    """Return the names of the parsers that are installed, the preferred one first."""
    return tuple(name for name in (TREE_SITTER, PYTHON_HCL2) if _is_available(name))


def parse_body(text: str, parser: str | None = None) -> ParsedBody:
    """Parse a `.tf` or `.tfvars` file. Offsets count the characters of `text`.

    `parser` is a name of `available_parsers()`; without one the first of them is taken. Raises
    `ParserUnavailableError`.
    """
    grammar = _grammar(parser)
    region, problems = scan_body(text)
    assembly = Assembly(text, grammar)
    try:
        body = assembly.body(region)
    except RecursionError:
        body = Body((), (), 0, len(text))
        assembly.problem(_TOO_DEEP, 0, len(text))
    return ParsedBody(body, _ordered(problems, assembly.problems))


def parse_template(
    text: str, parser: str | None = None
) -> tuple[Template, tuple[SyntaxProblem, ...]]:
    """Parse a text that is a template as a whole: a template file or the value of a JSON string.

    Returns it and what is wrong in it. Raises `ParserUnavailableError`.
    """
    grammar = _grammar(parser)
    raw, problems = scan_template(text)
    assembly = Assembly(text, grammar)
    try:
        template = assembly.template(raw)
    except RecursionError:
        template = Template((), 0, len(text))
        assembly.problem(_TOO_DEEP, 0, len(text))
    return template, _ordered(problems, assembly.problems)


def parse_expression(
    text: str, parser: str | None = None
) -> tuple[Expression | None, tuple[SyntaxProblem, ...]]:
    """Parse one expression.

    Returns it, or `None` when it is none, and what is wrong in it. Raises
    `ParserUnavailableError`.
    """
    grammar = _grammar(parser)
    region, problems = scan_expression(text)
    assembly = Assembly(text, grammar)
    expression = _expression(assembly, region)
    return expression, _ordered(problems, assembly.problems)


def _expression(assembly: Assembly, region: Region) -> Expression | None:
    try:
        expression = assembly.expression(region)
    except RecursionError:
        assembly.problem(_TOO_DEEP, region.start, region.end)
        return None
    if isinstance(expression, Name) and not expression.name:
        return None
    return expression


def _ordered(
    scanned: list[SyntaxProblem], parsed: list[SyntaxProblem]
) -> tuple[SyntaxProblem, ...]:
    return tuple(sorted(dict.fromkeys(scanned + parsed), key=lambda problem: problem.start))


@lru_cache(maxsize=8)
def _grammar(name: str | None) -> Grammar:
    if name is None:
        name = next((one for one in (TREE_SITTER, PYTHON_HCL2) if _is_available(one)), None)
    if name is None:
        raise ParserUnavailableError(
            "no HCL parser is installed: pip install tree-sitter tree-sitter-hcl"
        )
    if name not in (TREE_SITTER, PYTHON_HCL2):
        raise ParserUnavailableError(
            f"there is no HCL parser {name}: choose {TREE_SITTER} or {PYTHON_HCL2}"
        )
    if not _is_available(name):
        raise ParserUnavailableError(_missing(name))
    # Imported here: neither library need be there, and loading them takes time.
    if name == TREE_SITTER:
        from stepguard.readers.terraform.syntax.tree_sitter_parser import TreeSitterGrammar

        return TreeSitterGrammar()
    from stepguard.readers.terraform.syntax.python_hcl2_parser import PythonHcl2Grammar

    return PythonHcl2Grammar()


def _missing(name: str) -> str:
    if name == TREE_SITTER:
        return (
            "the HCL parser tree-sitter is not installed: pip install tree-sitter tree-sitter-hcl"
        )
    if util.find_spec("hcl2") is not None:
        return (
            "the HCL parser python-hcl2 is not installed: the module hcl2 here is that of"
            " bc-python-hcl2, which checkov brings; use an environment without checkov"
        )
    return "the HCL parser python-hcl2 is not installed: pip install 'stepguard[python-hcl2]'"


@lru_cache(maxsize=8)
def _is_available(name: str) -> bool:
    if name == TREE_SITTER:
        modules = ("tree_sitter", "tree_sitter_hcl")
        return all(util.find_spec(module) is not None for module in modules)
    if util.find_spec(BUNDLED_GRAMMAR) is not None:
        return True
    if util.find_spec("hcl2") is None:
        return False
    # It takes longer to import than all of this parser.
    from importlib import metadata

    # The module alone says nothing: a fork of another name installs `hcl2` as well.
    return set(metadata.packages_distributions().get("hcl2", ())) == {"python-hcl2"}
