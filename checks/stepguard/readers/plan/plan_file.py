"""A plan as a file in which findings have their place."""

from __future__ import annotations

import re

from stepguard.deployment.source import SourceFile

_ONE_VALUE = re.compile(
    r'\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*)?(?:"(?:[^"\\]|\\.)*"|[^\s",{}\[\]]+|[{}\[\]]+)?\s*,?\s*'
)

_LONGEST = 2_000_000
"""Characters of a line that is looked at; a definition has at most half as many."""


class PlanFile(SourceFile):
    """A plan's text.

    A line that holds more than one value is not shown: a sensitive one may stand beside the one
    that is meant, and terraform prints a plan on one line.
    """

    __slots__ = ()

    def line(self, number: int) -> str:
        """Return a line that holds one value; empty for any other."""
        start = self.offset(number, 1)
        if self.text.find("\n", start, start + _LONGEST) < 0 and len(self.text) - start > _LONGEST:
            return ""
        text = SourceFile.line(self, number)
        return text if _ONE_VALUE.fullmatch(text) else ""
