"""What the names in an expression mean, and where the expression is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Reference, Text, Traced
from stepguard.readers.terraform.budget import Budget
from stepguard.readers.terraform.functions.environment import Environment
from stepguard.readers.terraform.syntax.expressions import Template
from stepguard.secrets import masked_code
from stepguard.structs import Struct, field, replace

_SHOWN_CHARACTERS = 120
_READ_CHARACTERS = 1_000


class Place(Struct, frozen=True):
    """The text that offsets of expressions count in: a file, or a text from an expression.

    A text from an expression (the template of `templatestring`) has its own places.
    """

    file: SourceFile
    text: Text | None = None

    def span(self, start: int, end: int) -> Span | None:
        """Return where a stretch is written."""
        if self.text is None:
            return Span(self.file, start, end)
        return self.text.locate(start, end)

    def is_exact(self, span: Span | None, text: str) -> bool:
        """Tell whether a span holds a text character by character."""
        return span is not None and span.text == text

    def shown(self, start: int, end: int) -> str:
        """Return a stretch on one line, cut when it is long."""
        flat = " ".join(self.file.text[start : min(end, start + _READ_CHARACTERS)].split())
        # What is cut later must be masked as a whole before.
        flat = masked_code(flat)
        return flat if len(flat) <= _SHOWN_CHARACTERS else flat[: _SHOWN_CHARACTERS - 1] + "…"


class Names(Protocol):
    """The named values of a module."""

    def named(self, root: str, name: str, span: Span | None) -> Traced | None:
        """Return `root.name` (`var.x`, `aws_iam_role.r`); `None` when there is no such thing."""

    def data(self, type_name: str, name: str, span: Span | None) -> Traced | None:
        """Return `data.type.name`; `None` when there is no such thing."""


class Session(Protocol):
    """What all expressions of one root module share."""

    budget: Budget

    @property
    def environment(self) -> Environment:
        """What functions may know of the surroundings."""

    def member(self, whole: Reference, name: str, span: Span | None) -> Traced | None:
        """Return an attribute of a whole resource or module; `None` when it knows none."""

    def materialised(self, whole: Reference) -> Traced | None:
        """Return a whole module as an object; `None` for anything else."""

    def template(self, path: str) -> SourceFile:
        """Return a template file. Raises `EvaluationError`."""

    def parsed_template(self, file: SourceFile) -> Template:
        """Return the template that a text is. Raises `EvaluationError`."""


class Scope(Struct, frozen=True):
    """Where an expression stands.

    `locals` are the names that the expression's surroundings bind (`each`, `count`, `for`
    variables, variables of a template). `module` knows the others; it is `None` in template
    files and variable files. `strict` expressions stand in `try` or `can`: their errors are
    raised, not turned into unknown parts. `further_locals` says that there may be more local names
    than these.
    """

    place: Place
    session: Session
    module: Names | None = None
    locals: Mapping[str, Traced] = field(default_factory=dict)
    strict: bool = False
    further_locals: bool = False
    template_depth: int = 0

    def binding(self, names: Mapping[str, Traced]) -> Scope:
        """Return this scope with further local names."""
        return replace(self, locals={**self.locals, **names})

    def at(self, place: Place) -> Scope:
        """Return this scope for expressions of another file."""
        return replace(self, place=place)

    def span(self, node: Located) -> Span | None:
        """Return where an expression is written."""
        return self.place.span(node.start, node.end)

    def shown(self, node: Located) -> str:
        """Return an expression's source on one line."""
        return self.place.shown(node.start, node.end)


class Located(Protocol):
    """Anything with offsets."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """The character after its last."""
