"""How often Python searches for garbage, and that it is as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from stepguard.garbage import collected_later, collected_seldom


def state() -> tuple[bool, int]:
    return gc.isenabled(), gc.get_threshold()[0]


@pytest.mark.parametrize(
    ("manager", "meanwhile"),
    [(collected_later, (False, 700)), (collected_seldom, (True, 500_000))],
)
def test_only_meanwhile(
    manager: Callable[[], AbstractContextManager[None]], meanwhile: tuple[bool, int]
) -> None:
    before = gc.get_threshold()
    gc.set_threshold(700, *before[1:])
    try:
        with manager():
            inside = state()
        assert inside == meanwhile
        assert state() == (True, 700)
        with pytest.raises(ZeroDivisionError), manager():
            _ = 1 // 0
        assert state() == (True, 700)
    finally:
        gc.set_threshold(*before)
