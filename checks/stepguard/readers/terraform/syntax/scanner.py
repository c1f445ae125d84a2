"""One walk through HCL text that leaves only easy input to the grammars.

HCL's lexical level is what its grammars get wrong: heredocs found by regular expressions, blanks
trimmed from templates, newlines that end an expression here and mean nothing there. So the
lexical level is ours. The scanner finds comments, quoted templates and heredocs, however they are
nested, and gives every stretch of code (`Region`) a masked twin of exactly the same length, in
ASCII, in which

- comments, carriage returns and a byte-order mark are blanks;
- a template, a heredoc included, is one quoted string of harmless characters;
- a number is a plain integer, a word that is no keyword where it stands is none in any grammar,
  and letters beyond ASCII and the `::` of a function's name are `x`;
- a newline that means nothing (in parentheses, brackets, `for` expressions, interpolations) is a
  blank, and the one that ends an object's member before a parenthesis is a comma;
- the minus sign between two operands is `+`, and a run of signs before an operand is one `!`.

A grammar reads the masked text; names, numbers and operators are then read at the same offsets
of the original. This is why two grammars agree, and why neither can hang: every step below
consumes text, no expression backtracks over it, and nesting is bounded.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeAlias

from stepguard.readers.terraform.syntax.expressions import SyntaxProblem
from stepguard.structs import Struct, field

MAXIMUM_NESTING = 100
"""Brackets within brackets, templates included; deeper text is refused."""

MAXIMUM_TEMPLATES = 32
"""Templates within interpolations of templates; deeper text is refused."""

_KEYWORD = r"(?:for_each|for|in|if|else|endif|endfor)(?![\w-])"
_BORING = (
    rf"(?!{_KEYWORD})[A-Za-z_][A-Za-z0-9_-]*"
    r"|[0-9]+(?![0-9.eE])"
    r"|\.[ \t]*[0-9]+|\."
    r"|:(?!:)|/(?![/*])|!=|<(?!<)"
)
_SIGNS = r"=,?*%+&|>;^@'`$\\"
_FLAT_RUN = re.compile(rf"(?:[ \t{_SIGNS}]+|{_BORING})*")
_LINES_RUN = re.compile(rf"(?:[ \t\n{_SIGNS}]+|{_BORING})*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\W\d][\w-]*")
_FOREIGN = re.compile(r"(?=[^\x00-\x7f])[\w-]+")
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)\r?\n")
_QUOTED_RUN = re.compile(r'(?:[^"\\\n$%]+|\\[^\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*')
_LINE_RUN = re.compile(r"(?:[^$%\n]+|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*")
_DIRECTIVE = re.compile(r"\s*(if|else|endif|for|endfor)(?![\w-])")
_FOR_HEAD = re.compile(r"\s+([^\W\d][\w-]*)(?:\s*,\s*([^\W\d][\w-]*))?\s+in(?![\w-])")
_NOT_NEWLINE = re.compile(r"[^\n]*")


class TemplateKind(Enum):
    """How a template is written, which decides its escapes and its indentation."""

    QUOTED = "quoted"
    HEREDOC = "heredoc"
    FLUSH_HEREDOC = "flush heredoc"
    BARE = "bare"


class Region(Struct):
    """A stretch of code: a file's body, or the expression of an interpolation or directive.

    `masked` stands for the text from `start` to `end`. `templates` are the templates in it by
    their start. `signs` has, for each `!` of the masked text, the offsets of all the signs of its
    run, in order.
    """

    start: int
    end: int
    masked: str = ""
    templates: dict[int, RawTemplate] = field(default_factory=dict)
    signs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    is_sound: bool = True

    def begin(self, offset: int) -> int:
        """Return where a stretch begins that begins at `offset` in the masked text."""
        run = self.signs.get(offset)
        return offset if run is None else run[0]


class RawLiteral(Struct):
    """A stretch of a template outside its sequences; in heredocs and files at most one line."""

    start: int
    end: int


class RawSequence(Struct):
    """`${…}` (`keyword` is empty), `%{…}`, or a directive that is none (`keyword` is `None`)."""

    keyword: str | None
    start: int
    end: int
    trims_before: bool
    trims_after: bool
    region: Region | None
    key: str | None = None
    value: str = ""


RawPiece: TypeAlias = "RawLiteral | RawSequence"


class RawTemplate(Struct):
    """A template as the scanner found it; `start` and `end` include quotes or markers."""

    kind: TemplateKind
    start: int
    end: int
    pieces: list[RawPiece]


class _TooDeepError(Exception):
    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def scan_body(text: str) -> tuple[Region, list[SyntaxProblem]]:
    """Scan a file: newlines at its top level are kept."""
    return _scan_region(text, has_lines=True)


def scan_expression(text: str) -> tuple[Region, list[SyntaxProblem]]:
    """Scan one expression: newlines at its top level mean nothing."""
    return _scan_region(text, has_lines=False)


def scan_template(text: str) -> tuple[RawTemplate, list[SyntaxProblem]]:
    """Scan a text that is a template as a whole: a template file, or a JSON string's value."""
    scanner = _Scanner(text)
    try:
        template = scanner.lines(TemplateKind.BARE, 0, 0, None)
    except _TooDeepError as error:
        return RawTemplate(TemplateKind.BARE, 0, len(text), []), [_too_deep(error.offset)]
    return template, scanner.problems


def _scan_region(text: str, *, has_lines: bool) -> tuple[Region, list[SyntaxProblem]]:
    scanner = _Scanner(text)
    try:
        code = _Code(scanner, 0, has_lines=has_lines, is_sequence=False)
        return code.scan(), scanner.problems
    except _TooDeepError as error:
        region = Region(0, len(text), " " * len(text), is_sound=False)
        return region, [_too_deep(error.offset)]


def _too_deep(offset: int) -> SyntaxProblem:
    return SyntaxProblem("it is nested too deeply", offset, offset + 1)


class _Scanner:
    """The text, how deep the walk is in it, and what was wrong on the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[SyntaxProblem] = []
        self.nesting = 0
        self.templates = 0
        self._reported_unclosed = False

    def enter(self, offset: int) -> None:
        """Go one level deeper. Raises `_TooDeepError`."""
        self.nesting += 1
        if self.nesting > MAXIMUM_NESTING:
            raise _TooDeepError(offset)

    def problem(self, message: str, start: int, end: int) -> None:
        """Note what is wrong."""
        self.problems.append(SyntaxProblem(message, start, end))

    def unclosed(self, what: str, start: int, end: int) -> None:
        """Note what is open when the text ends; only the innermost is worth a message."""
        if not self._reported_unclosed:
            self._reported_unclosed = True
            self.problem(f"{what} is never closed", start, end)

    def quoted(self, start: int) -> RawTemplate:
        """Read a quoted template, from its opening quote on."""
        text = self.text
        self._enter_template(start)
        pieces: list[RawPiece] = []
        position = start + 1
        while True:
            match = _QUOTED_RUN.match(text, position)
            end = position if match is None else match.end()
            if text.startswith("\\", end):
                end += 1
                pieces.append(RawLiteral(position, end))
                position = end
                continue
            if end > position:
                pieces.append(RawLiteral(position, end))
            following = text[end : end + 1]
            if following in ("$", "%"):
                sequence = self._sequence(end)
                pieces.append(sequence)
                position = sequence.end
                continue
            if following == '"':
                end += 1
            elif following:
                self.problem("the string is not closed on its line", start, end)
            else:
                self.unclosed("the string", start, start + 1)
            self._leave_template()
            return RawTemplate(TemplateKind.QUOTED, start, end, pieces)

    def lines(
        self, kind: TemplateKind, start: int, position: int, marker: str | None
    ) -> RawTemplate:
        """Read a heredoc up to its closing marker, or a template file (no marker) to its end."""
        text = self.text
        self._enter_template(start)
        pieces: list[RawPiece] = []
        begins_line = True
        while True:
            match = _LINE_RUN.match(text, position)
            end = position if match is None else match.end()
            following = text[end : end + 1]
            if following in ("$", "%") and following:
                if end > position:
                    pieces.append(RawLiteral(position, end))
                sequence = self._sequence(end)
                pieces.append(sequence)
                position = sequence.end
                begins_line = False
                continue
            line = text[position:end]
            if marker is not None and begins_line and line.strip() == marker:
                end = position + len(line.rstrip())
                break
            if following:
                end += 1
            if end > position:
                pieces.append(RawLiteral(position, end))
            position = end
            begins_line = True
            if not following:
                if marker is not None:
                    self.unclosed(f"the heredoc {marker}", start, start + 2)
                break
        self._leave_template()
        return RawTemplate(kind, start, end, pieces)

    def _enter_template(self, start: int) -> None:
        self.enter(start)
        self.templates += 1
        if self.templates > MAXIMUM_TEMPLATES:
            raise _TooDeepError(start)

    def _leave_template(self) -> None:
        self.nesting -= 1
        self.templates -= 1

    def _sequence(self, start: int) -> RawSequence:
        text = self.text
        position = start + 2
        trims_before = text.startswith("~", position)
        if trims_before:
            position += 1
        keyword: str | None = ""
        key: str | None = None
        value = ""
        if text[start] == "%":
            match = _DIRECTIVE.match(text, position)
            keyword = None if match is None else match.group(1)
            if match is not None:
                position = match.end()
            if keyword == "for":
                head = _FOR_HEAD.match(text, position)
                if head is None:
                    keyword = None
                else:
                    position = head.end()
                    key, value = head.groups() if head.group(2) else (None, head.group(1))
            if keyword is None:
                self.problem("this is no template directive", start, start + 2)
        code = _Code(self, position, has_lines=False, is_sequence=True)
        region = code.scan()
        if not code.is_closed:
            self.unclosed(text[start : start + 2], start, start + 2)
        end = region.end + code.closing_length
        return RawSequence(
            keyword, start, end, trims_before, code.closing_length == 2, region, key, value
        )


class _Bracket(Struct):
    """An open bracket.

    `has_lines` says that it is a body's, `is_object` that newlines in it part members; these are
    in `newlines`. `stage` follows a `for` expression: 0 none, 1 before its `in`, 2 behind.
    """

    character: str
    offset: int
    has_lines: bool = False
    is_object: bool = False
    stage: int = 0
    newlines: list[int] = field(default_factory=list)


class _Code:
    """The walk through one region."""

    def __init__(
        self, scanner: _Scanner, start: int, *, has_lines: bool, is_sequence: bool
    ) -> None:
        self._scanner = scanner
        self._text = scanner.text
        self._is_sequence = is_sequence
        self._region = Region(start, start)
        self._edits: list[tuple[int, int, str]] = []
        self._brackets = [_Bracket("", start, has_lines=has_lines)]
        self._run = (start, start)
        self._keyword_end = -1
        self._operator = -1
        self._signs: list[list[int]] = []
        self.is_closed = not is_sequence
        self.closing_length = 0

    def scan(self) -> Region:
        """Walk to the region's end and return it."""
        text = self._text
        position = self._region.start
        if not self._is_sequence and text.startswith("\ufeff"):
            self._edits.append((0, 1, " "))
            position = 1
        length = len(text)
        problems_before = len(self._scanner.problems)
        while True:
            pattern = _LINES_RUN if self._brackets[-1].has_lines else _FLAT_RUN
            match = pattern.match(text, position)
            end = position if match is None else match.end()
            if end > position and not text[position:end].isspace():
                self._run = (position, end)
            if end >= length:
                break
            following = self._token(text[end], end)
            if following < 0:
                break
            position = following
        self._region.end = end
        self._close_all(problems_before)
        self._mask()
        return self._region

    def _token(self, character: str, start: int) -> int:
        """Read what is not boring; return where it ends, or -1 at the region's end."""
        if character == "\n":
            bracket = self._brackets[-1]
            if bracket.is_object:
                bracket.newlines.append(start)
            else:
                self._edits.append((start, start + 1, " "))
            return start + 1
        if character == '"':
            return self._template(self._scanner.quoted(start))
        if character in "{[(":
            return self._open(character, start)
        if character in "}])":
            return self._close(character, start)
        if character in "#/":
            return self._comment(character, start)
        if character in "-!":
            return self._minus_or_not(character, start)
        if character == "<":
            return self._heredoc(start)
        if character == "~" and self._ends_with_trim(start):
            self.closing_length = 2
            self.is_closed = True
            return -1
        return self._other(character, start)

    def _template(self, template: RawTemplate) -> int:
        start, end = template.start, template.end
        self._region.templates[start] = template
        inside = end - start - 2
        self._edits.append((start, end, f'"{"x" * inside}"' if inside >= 0 else "^"))
        self._run = (start, end)
        return end

    def _heredoc(self, start: int) -> int:
        match = _HEREDOC.match(self._text, start)
        if match is None:
            return self._plain(start, start + 2)
        flush, marker = match.groups()
        kind = TemplateKind.FLUSH_HEREDOC if flush else TemplateKind.HEREDOC
        return self._template(self._scanner.lines(kind, start, match.end(), marker))

    def _comment(self, character: str, start: int) -> int:
        text = self._text
        if character == "/" and text[start + 1] == "*":
            end = text.find("*/", start + 2) + 2
            if end < 2:
                end = len(text)
                self._scanner.unclosed("the comment", start, start + 2)
        else:
            match = _NOT_NEWLINE.match(text, start)
            end = start if match is None else match.end()
        self._edits.append((start, end, " " * (end - start)))
        return end

    def _open(self, character: str, start: int) -> int:
        self._scanner.enter(start)
        around = self._brackets[-1]
        if character == "(" and around.is_object:
            self._part_members(around)
        is_block = (
            character == "{" and around.has_lines and (self._follows_word() or self._follows('"'))
        )
        is_object = character == "{" and not is_block
        self._brackets.append(_Bracket(character, start, is_block, is_object))
        return self._plain(start, start + 1)

    def _part_members(self, bracket: _Bracket) -> None:
        """Put a comma for a newline between two members; without it, `a (b)` were a call."""
        last = self._last()
        if not bracket.newlines or self._text[last] in "{,":
            return
        newline = bracket.newlines[-1]
        if newline > last:
            self._edits.append((newline, newline + 1, ","))

    def _close(self, character: str, start: int) -> int:
        brackets = self._brackets
        if character == "}":
            if not self._has_brace():
                if self._is_sequence:
                    self.closing_length = 1
                    self.is_closed = True
                    return -1
                return self._plain(start, start + 1)
            while brackets[-1].character != "{":
                self._drop()
            self._drop()
        elif brackets[-1].character == ("[" if character == "]" else "("):
            self._drop()
        return self._plain(start, start + 1)

    def _drop(self) -> None:
        self._brackets.pop()
        self._scanner.nesting -= 1

    def _has_brace(self) -> bool:
        return any(bracket.character == "{" for bracket in self._brackets)

    def _ends_with_trim(self, start: int) -> bool:
        return self._is_sequence and self._text.startswith("}", start + 1) and not self._has_brace()

    def _minus_or_not(self, character: str, start: int) -> int:
        last = self._last()
        if self._signs and last == self._signs[-1][-1]:
            self._signs[-1].append(start)
        elif character == "-" and self._follows_operand():
            self._edits.append((start, start + 1, "+"))
        else:
            self._signs.append([start])
        self._operator = start
        return self._plain(start, start + 1)

    def _other(self, character: str, start: int) -> int:
        text = self._text
        if character == ":":
            self._edits.append((start, start + 2, "xx"))
            return self._plain(start, start + 2)
        if "0" <= character <= "9":
            match = _NUMBER.match(text, start)
            end = start + 1 if match is None else match.end()
            self._edits.append((start, end, "1" * (end - start)))
            return self._plain(start, end)
        if character.isascii() and character.isalpha():
            match = _WORD.match(text, start)
            return self._keyword(start, start + 1 if match is None else match.end())
        if (match := _FOREIGN.match(text, start)) is not None:
            end = match.end()
            self._edits.append((start, end, "x" * (end - start)))
            return self._plain(start, end)
        if character == "\r":
            self._edits.append((start, start + 1, " "))
            return start + 1
        self._edits.append((start, start + 1, "^"))
        return self._plain(start, start + 1)

    def _keyword(self, start: int, end: int) -> int:
        bracket = self._brackets[-1]
        word = self._text[start:end]
        last = self._last()
        if word == "for":
            is_keyword = last == bracket.offset and (bracket.is_object or bracket.character == "[")
            if is_keyword:
                self._begin_for(bracket)
        elif word == "in":
            is_keyword = bracket.stage == 1 and self._follows_word()
            if is_keyword:
                bracket.stage = 2
        else:
            is_keyword = word == "if" and bracket.stage == 2 and self._follows_result()
        if is_keyword:
            self._keyword_end = end
        else:
            self._edits.append((start, end, "x" * (end - start)))
        return self._plain(start, end)

    def _begin_for(self, bracket: _Bracket) -> None:
        bracket.stage = 1
        bracket.is_object = False
        self._edits.extend((newline, newline + 1, " ") for newline in bracket.newlines)

    def _plain(self, start: int, end: int) -> int:
        self._run = (start, end)
        return end

    def _last(self) -> int:
        """Return the offset of the last character before this one that is neither blank nor
        comment; -1 at the region's start.
        """
        start, end = self._run
        return start + len(self._text[start:end].rstrip()) - 1

    def _follows_word(self) -> bool:
        last = self._last()
        if last < self._region.start or last + 1 == self._keyword_end:
            return False
        character = self._text[last]
        return character.isalnum() or (character in "_-" and last != self._operator)

    def _follows(self, characters: str) -> bool:
        last = self._last()
        return last >= self._region.start and self._text[last] in characters

    def _follows_operand(self) -> bool:
        return self._follows('")]}') or self._follows_word()

    def _follows_result(self) -> bool:
        last = self._last()
        return self._follows_operand() or self._text[last - 2 : last + 1] == "..."

    def _close_all(self, problems_before: int) -> None:
        for bracket in reversed(self._brackets[1:]):
            if self.is_closed and self._is_sequence:
                break
            self._scanner.unclosed(f"the {bracket.character}", bracket.offset, bracket.offset + 1)
        self._scanner.nesting -= len(self._brackets) - 1
        self._region.is_sound = len(self._scanner.problems) == problems_before

    def _mask(self) -> None:
        text = self._text
        region = self._region
        for run in self._signs:
            region.signs[run[-1]] = tuple(run)
            self._edits.extend((offset, offset + 1, " ") for offset in run[:-1])
            self._edits.append((run[-1], run[-1] + 1, "!"))
        pieces: list[str] = []
        position = region.start
        for start, end, replacement in sorted(self._edits):
            pieces.append(text[position:start])
            pieces.append(replacement)
            position = end
        pieces.append(text[position : region.end])
        region.masked = "".join(pieces)
