"""Upper case, lower case and white space as Go has them: one code point for one."""

from __future__ import annotations

SPACES = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters that count as white space."""

_LARGE_DOTTED_I = "\u0130"


def upper(text: str) -> str:
    """Return a text in upper case."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Return a text in lower case."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def title(text: str, before: str) -> str:
    """Return a text in which each word starts with a capital; `before` stands before it."""
    written: list[str] = []
    previous = before
    for character in text:
        starts = _separates(previous)
        written.append(_title(character) if starts else character)
        previous = character
    return "".join(written)


def _upper(character: str) -> str:
    changed = character.upper()
    # Where the capital is several letters, the one that begins a word may be a single one.
    return changed if len(changed) == 1 else _title(character)


def _lower(character: str) -> str:
    return "i" if character == _LARGE_DOTTED_I else character.lower()


def _title(character: str) -> str:
    changed = character.title()
    return changed if len(changed) == 1 else character


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return character in SPACES
