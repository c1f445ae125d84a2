"""A bound on the processor time of one input: the last defence against one that nobody foresaw.

Readers and rules have bounds of their own, which end what is too much in the same place on every
machine. This one depends on the machine, so that it is far above what an honest input takes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

SECONDS: Final = 60.0
"""Seconds of a processor that the reading of one input may take, and the judging of it."""

SECONDS_FOR_A_MEGABYTE: Final = 10.0
"""Seconds more for each million bytes of it; honest ones take one to three on a slow machine."""

_AGAIN: Final = 0.5
"""Seconds until it is said again, where an exception was lost, as it is in a destructor."""


class OutOfTimeError(BaseException):
    """The time is spent. No `Exception`, so that nothing on the way takes it for its own."""

    def __init__(self, seconds: float) -> None:
        self.reason = f"it takes more than {seconds:.3g} s of a processor (see --time-limit)"
        super().__init__(self.reason)


@contextmanager
def limited(seconds: float | None, size: int = 0) -> Iterator[None]:
    """Raise `OutOfTimeError` where what runs within takes too many seconds of a processor.

    `seconds` are given to an input without a size, `size` is its bytes. There is no bound for
    `None`, on systems without timers for processor time, and outside the main thread, which alone
    hears of signals.
    """
    is_possible = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    if seconds is None or not is_possible:
        yield
        return
    allowed = seconds + SECONDS_FOR_A_MEGABYTE * size / 1_000_000

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise OutOfTimeError(allowed)

    before = signal.signal(signal.SIGPROF, end)
    try:
        try:
            signal.setitimer(signal.ITIMER_PROF, allowed, _AGAIN)
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        # The time may be spent just when the timer is to be stopped.
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
