"""Where the work of a sweep is done: any `concurrent.futures` executor.

Local processes are the standard library's; Dask's scheduler offers the same interface
(https://distributed.dask.org/en/stable/api.html#distributed.Client.get_executor).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Literal, TypeAlias

EngineName: TypeAlias = Literal["processes", "dask"]

MakeExecutor: TypeAlias = "Callable[[], Executor]"
"""Makes an executor; called again when the last one has broken."""


class ExecutorError(Exception):
    """An engine that is not installed or not reached: one line."""


@contextmanager
def executors(engine: EngineName, workers: int, scheduler: str = "") -> Iterator[MakeExecutor]:
    """Yield what makes executors of an engine, with so many workers.

    `scheduler` is the address of a Dask scheduler; without it a cluster of local processes is
    started. Raises `ExecutorError`.
    """
    if engine == "processes":
        yield lambda: ProcessPoolExecutor(max_workers=workers)
        return
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ExecutorError("Dask is not installed: pip install 'stepguard[dask]'") from error
    cluster = None
    try:
        if not scheduler:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        with Client(scheduler or cluster, timeout=30) as client:
            # The sweep repeats what fails itself; Dask repeats what a lost worker had.
            yield lambda: client.get_executor(pure=False)
    except OSError as error:
        raise ExecutorError(f"no Dask scheduler answers at {scheduler}") from error
    finally:
        if cluster is not None:
            cluster.close()
