"""Whether cfn-lint runs as a program, which ends soon, and what may be spared then.

cfn-lint is a library too: an editor, a server or a notebook calls it from a process that goes on.
What belongs to such a process is left alone.
"""

from __future__ import annotations

import gc
import sys
from functools import cache
from types import FrameType

_MODULE = "cfnlint.runner"
_FUNCTION = "main"


def is_program() -> bool:
    """Return whether this is called from cfn-lint's own program: its `main` is what was started."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if frame.f_code.co_name == _FUNCTION and f"{module}.".startswith(f"{_MODULE}."):
            caller = frame.f_back
            return (
                caller is not None
                and caller.f_code.co_name == "<module>"
                and caller.f_globals.get("__name__") == "__main__"
            )
        frame = frame.f_back
    return False


@cache
def leave_out_what_stays() -> None:
    """Keep the program from searching for garbage in what it has by now; done once.

    Its modules, schemas and rules, some hundred thousand objects, stay until it ends. Python would
    search all of them once more when so many of ours come to them, and at its end, which takes
    longer than reading and judging a template.
    """
    if is_program():
        gc.freeze()
