"""The parts of a Markdown report, put together within a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stepguard.reports.selection import count
from stepguard.structs import Struct

_NOTICE_BYTES = 120
"""Kept free for each section's line about what it leaves out."""


class Section(Struct, kw_only=True):
    """A list of items under a heading; not shown where it is empty.

    `items` are made when they are taken, `total` is how many there are, `share` the part of the
    bytes still free that the section may use, `maximum` the most items that it shows.
    """

    head: str
    items: Iterator[str]
    total: int
    noun: str
    share: float
    maximum: int | None = None
    tail: str = ""

    def render(self, allowance: int) -> str:
        """Return the section with as many items as fit into some bytes, the first ones."""
        if not self.total:
            return ""
        free = allowance - _size(self.head) - _size(self.tail) - _NOTICE_BYTES
        taken: list[str] = []
        for item in self.items:
            free -= _size(item)
            if free < 0 or len(taken) == self.maximum:
                break
            taken.append(item)
        left = self.total - len(taken)
        notice = f"\n… {count(left, f'more {self.noun}')}: see the artifact\n" if left else ""
        head = self.head if taken or self.tail else ""
        return "".join((head, *taken, notice, self.tail))


def within(parts: Iterable[str], maximum_bytes: int) -> tuple[list[str], int]:
    """Return the first parts that fit into so many bytes, and how many are left."""
    taken: list[str] = []
    free = maximum_bytes
    rest = iter(parts)
    for part in rest:
        free -= _size(part) + 1
        if free < 0:
            return taken, 1 + sum(1 for _ in rest)
        taken.append(part)
    return taken, 0


def assembled(head: str, sections: Sequence[Section], foot: str, maximum_bytes: int) -> str:
    """Return a text of at most so many bytes: head, sections and foot.

    Sections come in the order of their weight: what one does not use is free for those behind it.
    Raises `ValueError` where not even head and foot fit.
    """
    free = maximum_bytes - _size(head) - _size(foot)
    needed = [_least(one) for one in sections]
    if free < sum(needed):
        raise ValueError(f"a report does not fit into {maximum_bytes} bytes")
    parts: list[str] = []
    for number, section in enumerate(sections):
        spare = free - sum(needed[number:])
        part = section.render(needed[number] + int(spare * section.share))
        free -= _size(part)
        parts.append(part)
    return "".join((head, *parts, foot))


def _least(section: Section) -> int:
    return _size(section.head) + _size(section.tail) + _NOTICE_BYTES if section.total else 0


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
