"""Python's search for garbage, put off and made shorter."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def collected_later() -> Iterator[None]:
    """Keep Python from searching for garbage meanwhile.

    cfn-lint holds some hundred thousand objects, so that one search takes as long as reading and
    judging a template, and what is made for that is kept anyway.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def leave_out_what_stays() -> None:
    """Keep Python from ever searching what there is now; done once in a process.

    The engine's modules, like cfn-lint's, stay until the end. Without this, so many new objects
    make Python search all of them once more.
    """
    gc.freeze()
