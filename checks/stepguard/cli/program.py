"""The program `stepguard`: its command, and a quick end."""

from __future__ import annotations

import os
import sys

from stepguard.cli.terminal import USAGE_ERROR, write_error
from stepguard.garbage import collect_seldom


def run() -> None:
    """Run the command with the arguments of the process, and end the process.

    Standard output that takes nothing, such as that to a full disk, is an error as any other.

    What Python does at its end, to free each object by itself, takes a fifth of a short scan and
    changes nothing: all files are closed by then. Where other processes or threads have taken
    part it is left to do that, since they are told of the end there.
    """
    collect_seldom()
    # What this imports makes thousands of objects that stay, so it comes after the line above.
    from stepguard.cli.main import main

    try:
        main(prog_name="stepguard")
    except SystemExit as ended:
        if isinstance(ended.code, int) and not _has_helpers() and _are_written():
            os._exit(ended.code)
        raise
    except OSError as error:
        write_error(f"{error.filename or 'standard output'}: {error.strerror or error}")
        # At its end, Python would try once more to write what could not be written.
        os._exit(USAGE_ERROR)


def _has_helpers() -> bool:
    threads = sys.modules.get("threading")
    return "multiprocessing" in sys.modules or bool(threads and threads.active_count() > 1)


def _are_written() -> bool:
    """Write what the streams still hold; tell whether that was possible."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True
