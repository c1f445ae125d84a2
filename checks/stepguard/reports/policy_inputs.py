"""What a printed policy refers to that its source has no name for: inputs to be filled in."""

from __future__ import annotations

import re

from stepguard.structs import Struct, field

_WORD = re.compile(r"[0-9A-Za-z]+")
_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


class Inputs(Struct):
    """The inputs of one printed text: names that are made up, and what each stands for.

    `snake` decides between `a_name` and `AName`.
    """

    snake: bool
    found: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def name_for(self, meaning: str, reason: str) -> str:
        """Return the name of the input for something, the same each time."""
        known = self._names.get(meaning)
        if known is not None:
            return known
        base = self._made(meaning)
        name, number = base, 1
        while name in self.found:
            number += 1
            name = f"{base}{number}"
        self._names[meaning] = name
        self.found[name] = f"{meaning}: {reason}" if reason else meaning
        return name

    def _made(self, meaning: str) -> str:
        words = _WORD.findall(meaning) or ["input"]
        if self.snake:
            name = "_".join(part for word in words for part in _PART.findall(word)).lower()
            return f"input_{name}" if name[0].isdigit() else name
        return "".join(word[:1].upper() + word[1:] for word in words)
