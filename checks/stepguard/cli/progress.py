"""A progress bar on a terminal, for scans that take longer than a moment."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from stepguard.reports.display import harmless

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 1.0
"""How long a scan may take before a bar is shown."""


class ProgressBar:
    """A callable for `stepguard.reading.read`; shows nothing when standard error is no terminal."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int, name: str) -> None:
        """Show how much of the work is done, and what is being read."""
        if not self._is_terminal or time.monotonic() - self._begun < PATIENCE_SECONDS:
            return
        if self._bar is None or self._task is None:
            self._bar, self._task = self._start(total)
        # Markup in a path would be styled, so what looks like it is taken apart.
        text = harmless(name).replace("[", "\\[")
        self._bar.update(self._task, completed=done, total=total, description=text)

    def _start(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        bar = Progress(
            TextColumn("scanning"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
        )
        bar.start()
        return bar, bar.add_task("", total=total)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
