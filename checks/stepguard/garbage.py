"""Python's search for garbage, put off."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 500_000
"""New objects after which `collected_seldom` has the new ones searched; Python's own is 700."""


@contextmanager
def collected_later() -> Iterator[None]:
    """Keep Python from searching for garbage meanwhile.

    The hosts hold some hundred thousand objects, so that one search takes as long as reading and
    judging a template, and what is made for that is kept anyway.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_seldom() -> None:
    """Let Python search for garbage some hundred times less often from now on."""
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Let Python search for garbage some hundred times less often meanwhile.

    Nearly everything that is read is kept until the report is written, so that most searches find
    nothing. What does go in circles is still found, before it takes a hundred megabytes.
    """
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
