"""Comments in a printed policy: one line of text, wrapped, in languages that begin them by `#`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from stepguard.reports.display import harmless
from stepguard.reports.escaping_commands import without_brackets

_COLUMNS = 100


def comment(text: str, indent: str = "") -> Iterator[str]:
    """Yield the lines of a comment; a line break in the text does not end it."""
    begin = f"{indent}# "
    yield from textwrap.wrap(
        without_brackets(harmless(text)),
        _COLUMNS,
        initial_indent=begin,
        subsequent_indent=begin,
        break_long_words=False,
        break_on_hyphens=False,
    )
