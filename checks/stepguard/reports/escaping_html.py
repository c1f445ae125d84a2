"""Text as HTML and SVG: every element of the report is made here, and here alone it is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from stepguard.reports.display import harmless, harmless_lines

MAXIMUM_CHARACTERS = 5_000
"""Characters of one text that are shown, so that no name takes the place of all others."""

_VOID = {"br", "hr", "input", "link", "meta", "wbr"}
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?:/[!-;=?-~]*)?", re.ASCII)


class Html(str):
    """Text that is HTML. What methods of `str` make of it is not, and is escaped again."""

    __slots__ = ()


Content: TypeAlias = "str | None"
"""A child of an element: HTML as it is, other text escaped, `None` left out."""

Attribute: TypeAlias = "str | int | float | bool | None"
"""A value of an attribute: `True` is the bare name, `False` and `None` leave it out."""


def text(value: str) -> Html:
    r"""Return text as HTML; control characters and bidirectional marks are `\u{…}`.

    Of a text longer than `MAXIMUM_CHARACTERS` only the beginning is shown.
    """
    return value if isinstance(value, Html) else Html(escape(harmless(cut(value)), quote=True))


def cut(value: str) -> str:
    """Return a text, or the beginning of one that is too long and how much there is more."""
    left = len(value) - MAXIMUM_CHARACTERS
    return value if left <= 0 else f"{value[:MAXIMUM_CHARACTERS]}… ({left:,} more characters)"


def joined(parts: Iterable[Content], separator: str = "") -> Html:
    """Return parts one behind the other."""
    return Html(text(separator).join(text(one) for one in parts if one is not None))


def element(tag: str, /, *children: Content, **attributes: Attribute) -> Html:
    """Return an element. `tag` and the attributes' names are ours, never a template's.

    In the attributes' names `_` stands for `-`, and one at the end for nothing: `class_`.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}{_value(value)}"
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(children)}</{tag}>")


def _value(value: Attribute) -> str:
    if value is True:
        return ""
    if isinstance(value, float):
        return f'="{value:g}"'
    return f'="{escape(harmless(cut(str(value))), quote=True)}"'


def code(value: str, **attributes: Attribute) -> Html:
    """Return a name or a piece of source text, which the text around it cannot reorder.

    An empty one is shown as a word, since nobody can see or hear it otherwise.
    """
    if not value.strip():
        return element("i", "(empty)" if not value else "(blank)")
    return element("code", value, **attributes)


def paragraphs(value: str) -> Html:
    """Return a message: its lines, one below the other, without the empty ones."""
    lines = [line for line in harmless_lines(cut(value)) if line.strip()]
    return joined((Html(escape(line)) for line in lines), Html("<br>"))


def block(value: str, **attributes: Attribute) -> Html:
    """Return several lines as they are to be written."""
    lines = "\n".join(escape(line) for line in harmless_lines(cut(value)))
    # The box scrolls by itself, so that it must be reachable with the keyboard.
    return element("pre", element("code", Html(lines)), tabindex=0, **attributes)


def link(label: Content, address: str) -> Html:
    """Return a link to an address on the web, or the label where that is none."""
    if not _ADDRESS.fullmatch(address):
        return joined([label])
    return element("a", label, href=address, rel="noopener noreferrer")
