"""The size of an HTML report: parts are taken while they fit, the rest is counted."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.reports.escaping_html import Html, element
from stepguard.reports.selection import count


class Budget:
    """The bytes that a report may still use."""

    def __init__(self, maximum_bytes: int) -> None:
        self.free = maximum_bytes
        self.taken = 0
        """How many parts the last `take` took."""

    def spend(self, part: Html) -> Html:
        """Take what every report has, however long it is."""
        self.free -= len(part.encode())
        return part

    def take(
        self, parts: Iterable[Html], total: int, noun: str, *, share: float, maximum: int
    ) -> list[Html]:
        """Return the first parts that fit, and a notice where some are left out.

        `parts` are made when they are taken, `total` is how many there are. At most `maximum`
        are taken, and so many as fit into a share of the bytes that are still free.
        """
        allowance = int(max(self.free, 0) * share)
        taken: list[Html] = []
        source = iter(parts)
        while len(taken) < min(total, maximum):
            part = next(source, None)
            if part is None:
                break
            size = len(part.encode())
            if size > allowance:
                break
            allowance -= size
            self.free -= size
            taken.append(part)
        self.taken = len(taken)
        left = total - len(taken)
        if left > 0:
            what = f"{count(left, f'more {noun}')}: not in this file. Write JSON to have all."
            taken.append(element("p", what, class_="cut"))
        return taken
