"""Scans paths while every dangerous thing that the interpreter does is watched.

Run apart: `python audited.py PATH…`. First every module and rule is loaded by scanning a small
example of every form, then the hook is set, then the paths are scanned. What the hook objects to
is printed, one event a line, and the exit code is 3; the scan goes on, so that all is seen. The
last line counts what was scanned.
"""

from __future__ import annotations

import mmap
import os
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepguard.engine import ScanOptions

FORBIDDEN_PREFIXES = (
    "socket.", "subprocess.", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.system",
    "os.startfile", "ctypes.", "marshal.", "pickle.", "urllib.", "http.", "ftplib.", "smtplib.",
    "webbrowser.", "pty.", "signal.", "shutil.", "tempfile.", "sqlite3.", "mmap.",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.putenv", "os.unsetenv", "os.setxattr", "os.kill",
)  # fmt: skip
"""Audit events of which not one may occur; `exec`, `compile` and `open` are judged one by one."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """What may be read, and what was objected to."""

    def __init__(self, roots: list[str]) -> None:
        libraries = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib")}
        package = str(Path(__file__).resolve().parents[2] / "checks")
        self.roots = tuple(os.path.realpath(root) for root in roots)
        self.readable = (*self.roots, *map(os.path.realpath, libraries), package)
        self.objections: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.active = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Judge an event of the interpreter."""
        if not self.active:
            return
        self.active = False
        try:
            self.seen[event] += 1
            objection = self._judge(event, arguments)
            if objection:
                self.objections[objection] += 1
        finally:
            self.active = True

    def _judge(self, event: str, arguments: tuple[object, ...]) -> str:
        if event == "marshal.loads" and _is_import(sys._getframe(2)):
            # Modules that are imported later come out of the interpreter's own cache, whose
            # files lie beside them and are judged when they are opened.
            return ""
        if event == "mmap.__new__" and arguments[2] == mmap.ACCESS_READ:
            # A pack of git is read in this way; its file was judged when it was opened.
            return ""
        if event.startswith(FORBIDDEN_PREFIXES):
            return f"{event} {arguments[:1]!r:.200}"
        if event == "compile" and not self._is_library(arguments[-1]):
            return f"compile {arguments[-1]!r:.200}"
        if event == "exec":
            name = getattr(arguments[0], "co_filename", "")
            return "" if self._is_library(name) else f"exec {name!r:.200}"
        if event in ("open", "os.listdir", "os.scandir"):
            return self._file(event, arguments)
        return ""

    def _file(self, event: str, arguments: tuple[object, ...]) -> str:
        path = arguments[0]
        if not isinstance(path, (str, bytes)):
            return ""
        real = os.path.realpath(os.fsdecode(path))
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 else 0
            mode = str(arguments[1] or "")
            if (isinstance(flags, int) and flags & WRITING) or set(mode) & set("wax+"):
                return f"write {real}"
        if any(real == root or real.startswith(root + os.sep) for root in self.readable):
            return ""
        return f"{event} outside the root: {real}"

    def _is_library(self, name: object) -> bool:
        # Generated methods of data classes and named tuples have no file.
        text = os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
        if text.startswith("<") or not text:
            return True
        real = os.path.realpath(text)
        libraries = self.readable[len(self.roots) :]
        return any(real.startswith(library + os.sep) for library in libraries)


def _is_import(caller: FrameType) -> bool:
    return caller.f_code.co_filename == "<frozen importlib._bootstrap_external>"


def review_below(top: Path, options: ScanOptions) -> int:
    """Review a repository against its branch `main` under watch, having done so once before."""
    from stepguard.reports.json_report import render_json
    from stepguard.review.reviewing import review
    from stepguard.review.sides import sides_of_commit

    # Libraries are loaded at the first use: what they do then is not what is watched.
    review(sides_of_commit("main", [top], options), options)
    watch = Watch([str(top)])
    sys.addaudithook(watch)
    watch.active = True
    report = review(sides_of_commit("main", [top], options), options)
    render_json(report)
    watch.active = False
    for objection, count in sorted(watch.objections.items()):
        print(f"{count} {objection}")  # noqa: T201 - the program's output
    print(f"reviewed: {len(report.findings)} findings, {len(report.notices)} notices")  # noqa: T201 - the program's output
    return 3 if watch.objections else 0


def main() -> int:
    """Scan the paths of the command line under watch."""
    from stepguard.engine import ScanOptions, scan
    from stepguard.reports.json_report import render_json
    from stepguard.reports.sarif import render_sarif
    from stepguard.reports.text import render_text

    fixtures = Path(__file__).resolve().parents[2] / "fixtures"
    options = ScanOptions(pedantic=True)
    warm = scan([fixtures], options)
    for render in (render_json, render_sarif, render_text):
        render(warm)
    if sys.argv[1] == "--review":
        return review_below(Path(sys.argv[2]), options)
    watch = Watch(sys.argv[1:])
    sys.addaudithook(watch)
    machines = findings = errors = 0
    for path in sys.argv[1:]:
        watch.active = True
        report = scan([Path(path)], options)
        for render in (render_json, render_sarif, render_text):
            render(report)
        watch.active = False
        machines += len(report.state_machines)
        findings += len(report.findings)
        errors += len(report.errors)
    for objection, count in sorted(watch.objections.items()):
        print(f"{count} {objection}")  # noqa: T201 - the program's output
    print(f"scanned: {machines} machines, {findings} findings, {errors} errors")  # noqa: T201 - the program's output
    return 3 if watch.objections else 0


if __name__ == "__main__":
    sys.exit(main())
