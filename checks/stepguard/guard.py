"""Catching our own defects: one line that says where, without a word of the scanned content."""

from __future__ import annotations

from pathlib import PurePath


def describe_defect(error: BaseException, within: str) -> str:
    """Return one line for an exception that should not have been: its kind and its place.

    `within` says what was running (`SFN402`, `the reader`). The exception's own message is left
    out, because it may quote a value that must not be printed.
    """
    import traceback

    if isinstance(error, ModuleNotFoundError):
        return f"stepguard is not installed completely: {within} needs {error.name}"
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        parts = PurePath(frame.filename).parts
        if "stepguard" in parts:
            start = len(parts) - 1 - parts[::-1].index("stepguard")
            where = f" at {'/'.join(parts[start:])}:{frame.lineno}"
            break
    kind = type(error).__name__
    return f"internal error in {within} ({kind}{where}); please report it with this line"
