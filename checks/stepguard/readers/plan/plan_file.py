"""A plan as a file in which findings have their place."""

from __future__ import annotations

import re

from stepguard.deployment.source import SourceFile, Span

_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s",:{}\[\]]+|[{\[]')
_BETWEEN_VALUES = re.compile(r"\s*[:,\]}][\s:,\[\]{}\w.+-]*")


class PlanFile(SourceFile):
    """A plan's text.

    Terraform prints a plan on one line, and a sensitive value may stand beside the one that is
    meant: of a line, only the member that a span lies in is shown.
    """

    def line(self, number: int) -> str:  # noqa: ARG002 - what it overrides has it
        """Return nothing: what else stands in a line must not be seen."""
        return ""

    def excerpt(self, span: Span) -> tuple[str, int, int]:
        """Return the key and value that a span lies in, and from where to where it goes there.

        Of an object or a list, only its beginning is shown.
        """
        start = self._value_around(span.start)
        value = _VALUE.match(self.text, start)
        end = max(span.start, start) + 1 if value is None else value.end()
        begin = self._key_before(start)
        shown = re.sub(r"\s", " ", self.visible(begin, end))
        return shown, span.start - begin, max(min(span.end, end), span.start) - begin

    def _value_around(self, offset: int) -> int:
        """Return where the string begins that an offset lies in; the offset when in none."""
        quote = self._quote_before(offset)
        if quote < 0 or _BETWEEN_VALUES.fullmatch(self.text, quote + 1, offset):
            return offset
        return quote

    def _key_before(self, start: int) -> int:
        """Return where the key begins whose value stands at an offset; else that offset."""
        end = start
        for character in (":", '"'):
            while end > 0 and self.text[end - 1].isspace():
                end -= 1
            if end == 0 or self.text[end - 1] != character:
                return start
            end -= 1
        quote = self._quote_before(end)
        return start if quote < 0 else quote

    def _quote_before(self, offset: int) -> int:
        """Return the last quote before an offset that is not escaped; -1 where there is none."""
        quote = offset
        while (quote := self.text.rfind('"', 0, quote)) > 0:
            backslashes = quote
            while backslashes > 0 and self.text[backslashes - 1] == "\\":
                backslashes -= 1
            if (quote - backslashes) % 2 == 0:
                break
        return quote
