"""Text of templates in Mermaid diagrams."""

from __future__ import annotations

from stepguard.reports.display import harmless

MAXIMUM_CHARACTERS = 60
"""Characters of a name in a label; the rest becomes an ellipsis."""

_PLAIN = frozenset(" _-")


def label(text: str) -> str:
    """Return text for between a label's quotation marks.

    Everything but letters, digits, blanks, hyphens and underscores becomes a numeric entity, as
    Mermaid writes them (`#34;`), so that neither its grammar nor the HTML of its labels sees it.
    """
    shown = harmless(text)
    if len(shown) > MAXIMUM_CHARACTERS:
        shown = shown[: MAXIMUM_CHARACTERS - 1] + "…"
    return "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in shown
    )
