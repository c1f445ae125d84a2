"""The work of functions that the size of their arguments and results does not tell."""

from __future__ import annotations


class Work:
    """Counts work in steps of about a microsecond, over all calls of a process."""

    def __init__(self) -> None:
        self.done = 0

    def add(self, steps: int) -> None:
        """Note that work was done."""
        self.done += steps


WORK = Work()
"""What functions note their work in; their caller takes what it grows by from its budget."""
