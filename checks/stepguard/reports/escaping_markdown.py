"""Text of templates in Markdown: in code spans and fences, where no forge looks for more in it.

A backslash is not enough there. Forges look for mentions, references, emoji and links in the
rendered text, where a backslash is gone; what they all leave alone is code.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from stepguard.reports.display import harmless, harmless_lines
from stepguard.reports.escaping_commands import inert, without_brackets

MAXIMUM_CHARACTERS = 300
"""Characters of a name that are shown; the rest becomes an ellipsis."""

_PLAIN = re.compile(r"""[^\W_]?(?:[^\W_]|[-.,;:'"()/=+?!–—’“”…])*""")  # noqa: RUF001 - meant
"""A word in which no character means anything to Markdown."""

_REFERENCE = re.compile(
    r"""
      ://              # https://host
    | \w\.\w | \bwww\.  # www.host, host.com, file.tf
    | :[\w+-]+:        # :emoji:
    | [A-Z]-\d         # GH-1, and the keys of issue trackers that a forge knows
    | !\w              # !1, a merge request of GitLab
    | (?<!\w)[0-9a-fA-F]{7,}(?!\w)  # a commit
    """,
    re.VERBOSE,
)
"""What forges make links or pictures of although Markdown sees plain text."""

_FIRST = re.compile(r"""['"(“‘]*[^\W\d_]|['"(“‘]+\d""")  # noqa: RUF001 - meant
"""How a text may begin without becoming a list, a heading or a rule."""

_AROUND = re.compile(r"""(['"(]*)(.*?)(['"),;:.!?]*)""", re.DOTALL)
"""A word between the punctuation of the sentence that it stands in."""

_BACKTICKS = re.compile("`+")


def cut(text: str, maximum: int = MAXIMUM_CHARACTERS) -> str:
    """Return at most `maximum` characters of a text, with an ellipsis where it goes on."""
    return text if len(text) <= maximum else text[: maximum - 1] + "…"


def code(text: str, *, table: bool = False, maximum: int = MAXIMUM_CHARACTERS) -> str:
    """Return text as a code span. `table` tells that it stands in a table's cell."""
    shown = without_brackets(harmless(cut(text, maximum))) or "(empty)"
    if table:
        # A cell ends at a bar even in code; and a backslash before an escaped bar cannot be said.
        shown = shown.replace("\\|", "\\\\u{7c}").replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    # One blank at each end belongs to the span; a name's own backticks and blanks need it.
    pad = " " if shown.strip(" ") and {shown[0], shown[-1]} & {" ", "`"} else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, *, table: bool = False, maximum: int = 2_000) -> str:
    """Return a sentence on one line, its words as code where they are more than words.

    It may stand at the start of a line, of a list's item or of a cell.
    """
    words = cut(text, maximum).split()
    return " ".join(
        _word(word, table=table, is_first=number == 0) for number, word in enumerate(words)
    )


def _word(word: str, *, table: bool, is_first: bool) -> str:
    shown = harmless(word)
    begins_well = not is_first or _FIRST.match(shown) is not None
    if begins_well and _PLAIN.fullmatch(shown) and not _REFERENCE.search(shown):
        return shown
    parts = _AROUND.fullmatch(word)
    before, core, after = parts.groups() if parts else ("", word, "")
    if not core:
        return code(word, table=table)
    return f"{before}{code(core, table=table)}{after}"


def fenced(lines: Iterable[str], language: str = "text") -> str:
    """Return lines as a fenced block, with a line break at its end; `language` is ours."""
    shown = [inert(part) for line in lines for part in harmless_lines(line)]
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in shown), 0)
    return "\n".join((f"{fence}{language}", *shown, fence)) + "\n"


def html_code(text: str, maximum: int = MAXIMUM_CHARACTERS) -> str:
    """Return text as HTML's `code`, for places in which Markdown is not read."""
    return f"<code>{html.escape(without_brackets(harmless(cut(text, maximum))))}</code>"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
