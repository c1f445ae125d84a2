"""The sweep itself: work handed out, results kept, failures repeated."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress

from stepguard.engine import ScanOptions
from stepguard.sweep.executors import MakeExecutor
from stepguard.sweep.manifest import Project
from stepguard.sweep.store import Store
from stepguard.sweep.work import ProjectResult, scan_project

Progress = Callable[[str], None]


def sweep(
    projects: Iterable[Project],
    options: ScanOptions,
    store: Store,
    make_executor: MakeExecutor,
    *,
    workers: int,
    retries: int,
    progress: Progress = lambda _: None,
) -> None:
    """Scan projects, and put what is found into a store. Raises `StoreError`.

    A project whose scan ends with an exception, or takes its process with it, is tried `retries`
    times more; then its failure is what is stored. `progress` is called with the name of each
    project that is done.
    """
    run = _Run(options, store, make_executor(), retries, progress)
    run.waiting.extend(projects)
    is_done = False
    try:
        while run.waiting or run.alone or run.running:
            with suppress(BrokenExecutor):
                run.hand_out(2 * workers)
            if not run.collect():
                run.executor.shutdown(wait=False)
                run.executor = make_executor()
        is_done = True
    finally:
        for future in run.running:
            future.cancel()
        # Processes that are idle end at once. Where nobody waits for them, Python may end at the
        # same time, and then says that a pipe is closed (https://github.com/python/cpython/issues/83279).
        run.executor.shutdown(wait=is_done)


class _Run:
    """What is to be done, and what is being done.

    `alone` are projects of which one has ended a process: each runs with nothing beside it, so
    that it is known which one does.
    """

    def __init__(
        self,
        options: ScanOptions,
        store: Store,
        executor: Executor,
        retries: int,
        progress: Progress,
    ) -> None:
        self.options = options
        self.store = store
        self.executor = executor
        self.retries = retries
        self.progress = progress
        self.waiting: deque[Project] = deque()
        self.alone: deque[Project] = deque()
        self.running: dict[Future[ProjectResult], Project] = {}
        self.failures: Counter[str] = Counter()

    def hand_out(self, most: int) -> None:
        """Give the executor as much as it should have. Raises `BrokenExecutor`."""
        source, room = (self.alone, 1) if self.alone else (self.waiting, most)
        while source and len(self.running) < room:
            future = self.executor.submit(scan_project, source[0], self.options)
            self.running[future] = source.popleft()

    def collect(self) -> bool:
        """Wait for something to end, and keep it. Returns false when the executor is broken."""
        if not self.running:
            return False
        done, _ = wait(self.running, return_when=FIRST_COMPLETED)
        lost: list[Project] = []
        for future in done:
            project = self.running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                lost.append(project)
            elif error is not None:
                self._failed(project, type(error).__name__, self.waiting)
            else:
                self._keep(future.result())
        if not lost:
            return True
        lost += self.running.values()
        self.running.clear()
        if len(lost) == 1:
            self._failed(lost[0], "its process was ended", self.alone)
        else:
            self.alone.extend(lost)
        return False

    def _failed(self, project: Project, reason: str, again: deque[Project]) -> None:
        self.failures[project.name] += 1
        if self.failures[project.name] <= self.retries:
            again.append(project)
        else:
            self._keep(ProjectResult(project, failure=f"the scan failed: {reason}"))

    def _keep(self, result: ProjectResult) -> None:
        name = result.project.name
        failed = self.failures[name]
        self.store.write(result, failed if result.failure and failed else failed + 1)
        self.progress(name)
