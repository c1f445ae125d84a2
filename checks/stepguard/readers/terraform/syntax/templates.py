"""Templates as Terraform reads them: escapes, trimming, indentation and directives.

HCL's own order counts: `~` trims only the literal beside it, which in heredocs and template files
ends with its line; the indentation of `<<-` is taken off afterwards, and a line whose first
literal was trimmed away counts as not indented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from stepguard.readers.terraform.syntax.expressions import (
    Expression,
    Interpolation,
    Name,
    SyntaxProblem,
    Template,
    TemplateFor,
    TemplateIf,
    TemplateLiteral,
    TemplatePart,
)
from stepguard.readers.terraform.syntax.scanner import (
    MAXIMUM_NESTING,
    RawLiteral,
    RawSequence,
    RawTemplate,
    Region,
    TemplateKind,
)
from stepguard.structs import Struct, field

_QUOTED_ESCAPE = re.compile(
    r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\\|\$\$\{|%%\{",
    re.DOTALL,
)
_LINE_ESCAPE = re.compile(r"\$\$\{|%%\{")
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Terraform's implementation language takes for white space."""


class _Stretch(Struct):
    """The text between two sequences, or a line of it, as literals with their places."""

    literals: list[TemplateLiteral]

    @property
    def value(self) -> str:
        return "".join(literal.text for literal in self.literals)

    def trim_start(self) -> None:
        """Take white space off the start."""
        while self.literals:
            trimmed = self.literals[0].text.lstrip(_SPACES)
            self.take(len(self.literals[0].text) - len(trimmed))
            if trimmed:
                return

    def trim_end(self) -> None:
        """Take white space off the end."""
        while self.literals:
            last = self.literals.pop()
            trimmed = last.text.rstrip(_SPACES)
            if trimmed:
                end = last.start + len(trimmed) if last.exact else last.end
                self.literals.append(TemplateLiteral(trimmed, last.exact, last.start, end))
                return

    def take(self, count: int) -> None:
        """Take `count` characters off the first literal, or the literal itself."""
        first = self.literals[0]
        if count >= len(first.text):
            del self.literals[0]
        elif count:
            start = first.start + count if first.exact else first.start
            rest = TemplateLiteral(first.text[count:], first.exact, start, first.end)
            self.literals[0] = rest


class _Open(Struct):
    """An `if` or `for` directive whose end has not come yet, and the parts in it so far."""

    sequence: RawSequence | None
    expression: Expression
    parts: list[TemplatePart] = field(default_factory=list)
    then: list[TemplatePart] | None = None


def literal_text(template: Template) -> str | None:
    """Return the text of a template that has neither interpolations nor directives, or `None`."""
    if all(isinstance(part, TemplateLiteral) for part in template.parts):
        return "".join(part.text for part in template.parts if isinstance(part, TemplateLiteral))
    return None


class TemplateReader:
    """Makes templates of what the scanner found.

    `read_expression` reads the expression of a region; what is wrong is added to `problems`.
    """

    def __init__(
        self,
        text: str,
        read_expression: Callable[[Region], Expression],
        problems: list[SyntaxProblem],
    ) -> None:
        self._text = text
        self._read_expression = read_expression
        self._problems = problems

    def read(self, raw: RawTemplate) -> Template:
        """Return a template with all its parts."""
        pieces: list[_Stretch | RawSequence] = [
            self._stretch(piece, raw.kind) if isinstance(piece, RawLiteral) else piece
            for piece in raw.pieces
        ]
        _trim(pieces)
        if raw.kind is TemplateKind.FLUSH_HEREDOC:
            _unindent(pieces)
        parts = self._parts(pieces)
        if len(parts) == 1 and isinstance(parts[0], Interpolation) and len(pieces) > 1:
            # All beside it was trimmed away, yet it is a string and not the value itself.
            end = pieces[-1].end if isinstance(pieces[-1], RawSequence) else raw.end
            parts.append(TemplateLiteral("", False, end, end))
        return Template(tuple(parts), raw.start, raw.end)

    def _stretch(self, raw: RawLiteral, kind: TemplateKind) -> _Stretch:
        text = self._text[raw.start : raw.end]
        pattern = _QUOTED_ESCAPE if kind is TemplateKind.QUOTED else _LINE_ESCAPE
        literals: list[TemplateLiteral] = []
        position = 0
        for match in pattern.finditer(text):
            start, end = match.span()
            if start > position:
                literals.append(self._exact(text, position, start, raw.start))
            value = self._escape(match.group(), raw.start + start, raw.start + end)
            literals.append(TemplateLiteral(value, False, raw.start + start, raw.start + end))
            position = end
        if position < len(text):
            literals.append(self._exact(text, position, len(text), raw.start))
        return _Stretch(literals)

    @staticmethod
    def _exact(text: str, start: int, end: int, base: int) -> TemplateLiteral:
        return TemplateLiteral(text[start:end], True, base + start, base + end)

    def _escape(self, written: str, start: int, end: int) -> str:
        if written[0] != "\\":
            return written[1:]
        selector = written[1:2]
        if selector in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[selector]
        if selector in ("u", "U") and len(written) > 2:
            code = int(written[2:], 16)
            if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
                return chr(code)
            self._problem(f"{written} is no character", start, end)
            return "\ufffd"
        self._problem(f"{written} is no escape sequence", start, end)
        return written[1:]

    def _problem(self, message: str, start: int, end: int) -> None:
        self._problems.append(SyntaxProblem(message, start, end))

    def _parts(self, pieces: Iterable[_Stretch | RawSequence]) -> list[TemplatePart]:
        stack = [_Open(None, _nothing(0, 0))]
        for piece in pieces:
            if isinstance(piece, _Stretch):
                for literal in piece.literals:
                    _append_literal(stack[-1].parts, literal)
            else:
                self._sequence(piece, stack)
        while len(stack) > 1:
            opened = stack.pop()
            if opened.sequence is not None:
                start, end = opened.sequence.start, opened.sequence.end
                self._problem(f"%{{{opened.sequence.keyword}}} is never ended", start, end)
                stack[-1].parts.append(Interpolation(_nothing(start, end), start, end))
        return stack[0].parts

    def _sequence(self, sequence: RawSequence, stack: list[_Open]) -> None:
        start, end = sequence.start, sequence.end
        keyword = sequence.keyword
        innermost = stack[-1]
        if keyword == "":
            innermost.parts.append(Interpolation(self._expression(sequence), start, end))
        elif keyword in ("if", "for"):
            if len(stack) > MAXIMUM_NESTING:
                self._misplaced(sequence, "it is nested too deeply", stack)
            else:
                stack.append(_Open(sequence, self._expression(sequence)))
        elif keyword is None:
            innermost.parts.append(Interpolation(_nothing(start, end), start, end))
        else:
            self._middle_or_end(sequence, stack)

    def _middle_or_end(self, sequence: RawSequence, stack: list[_Open]) -> None:
        keyword = sequence.keyword
        innermost = stack[-1]
        opening = innermost.sequence.keyword if innermost.sequence is not None else None
        if sequence.region is not None and sequence.region.masked.strip():
            message = f"there is more than {keyword} in the directive"
            self._problem(message, sequence.start, sequence.end)
        if keyword == "else" and opening == "if" and innermost.then is None:
            innermost.then = innermost.parts
            innermost.parts = []
        elif keyword == "endif" and opening == "if":
            stack.pop()
            stack[-1].parts.append(_conditional(innermost, sequence.end))
        elif keyword == "endfor" and opening == "for":
            stack.pop()
            stack[-1].parts.append(_loop(innermost, sequence.end))
        else:
            self._misplaced(sequence, f"%{{{keyword}}} has nothing to belong to", stack)

    def _misplaced(self, sequence: RawSequence, message: str, stack: list[_Open]) -> None:
        start, end = sequence.start, sequence.end
        self._problem(message, start, end)
        stack[-1].parts.append(Interpolation(_nothing(start, end), start, end))

    def _expression(self, sequence: RawSequence) -> Expression:
        if sequence.region is None:
            return _nothing(sequence.start, sequence.end)
        return self._read_expression(sequence.region)


def _nothing(start: int, end: int) -> Name:
    return Name("", start, end)


def _append_literal(parts: list[TemplatePart], literal: TemplateLiteral) -> None:
    """Add a literal, to the one before where both are written as they are, side by side."""
    before = parts[-1] if parts else None
    if (
        isinstance(before, TemplateLiteral)
        and before.exact
        and literal.exact
        and before.end == literal.start
    ):
        parts[-1] = TemplateLiteral(before.text + literal.text, True, before.start, literal.end)
    elif literal.text:
        parts.append(literal)


def _conditional(opened: _Open, end: int) -> TemplateIf:
    then = opened.parts if opened.then is None else opened.then
    otherwise = () if opened.then is None else tuple(opened.parts)
    start = end if opened.sequence is None else opened.sequence.start
    return TemplateIf(opened.expression, tuple(then), otherwise, start, end)


def _loop(opened: _Open, end: int) -> TemplateFor:
    start, key, value = end, None, ""
    if opened.sequence is not None:
        start, key, value = opened.sequence.start, opened.sequence.key, opened.sequence.value
    return TemplateFor(key, value, opened.expression, tuple(opened.parts), start, end)


def _trim(pieces: list[_Stretch | RawSequence]) -> None:
    for before, after in pairwise(pieces):
        if isinstance(before, RawSequence) and isinstance(after, _Stretch) and before.trims_after:
            after.trim_start()
        if isinstance(before, _Stretch) and isinstance(after, RawSequence) and after.trims_before:
            before.trim_end()


def _unindent(pieces: list[_Stretch | RawSequence]) -> None:
    """Take the smallest indentation of all lines off each line."""
    smallest: int | None = None
    lines: list[_Stretch] = []
    begins_line = True
    for piece in pieces:
        value = piece.value if isinstance(piece, _Stretch) else ""
        if begins_line:
            spaces = len(value) - len(value.lstrip(_SPACES))
            if spaces < len(value) or not value.endswith("\n"):
                smallest = spaces if smallest is None else min(smallest, spaces)
                if isinstance(piece, _Stretch):
                    lines.append(piece)
        begins_line = value.endswith("\n")
    for line in lines if smallest else ():
        count = smallest or 0
        while count > 0 and line.literals:
            length = len(line.literals[0].text)
            line.take(count)
            count -= length
