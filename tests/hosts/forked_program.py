"""Run an installed Python program many times, without waiting for its imports each time.

checkov takes seconds to be imported, and most tests of its pack want a run of their own. A server
imports what the program's script imports, once; each run is a fork of it that executes the script
as `__main__`, with its own arguments, directory, and files for input and output.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path


class ForkedProgram:
    """A program that runs in forks of one process: `imported` is the module that takes its time.

    `environment` holds for all runs, since programs read some of it when they are imported. Where
    there is no fork (Windows), each run is a process of its own.
    """

    def __init__(
        self, program: str | Path, imported: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._program = Path(program)
        self._imported = imported
        self._environment = dict(os.environ if environment is None else environment)
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str | Path], cwd: Path, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the program in a directory, with a text as its standard input."""
        command = [str(self._program), *map(str, arguments)]
        if not hasattr(os, "fork"):
            return subprocess.run(
                command,
                cwd=cwd,
                env=self._environment,
                input=text,
                capture_output=True,
                text=True,
                check=False,
            )
        with tempfile.TemporaryDirectory() as directory:
            files = [str(Path(directory, name)) for name in ("input", "output", "errors")]
            Path(files[0]).write_text(text, encoding="utf-8")
            code = self._ask({"command": command, "directory": str(cwd), "files": files})
            output, errors = (Path(one).read_text(encoding="utf-8") for one in files[1:])
        return subprocess.CompletedProcess(command, code, output, errors)

    def _ask(self, wanted: Mapping[str, object]) -> int:
        if self._server is None:
            python = self._program.with_name("python")
            self._server = subprocess.Popen(
                [python, __file__, self._program, self._imported],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(wanted) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the process that the runs are forks of."""
        if self._server is not None:
            self._server.communicate()


def serve(program: str, imported: str) -> None:
    """Answer every line of standard input, a wanted run, with the exit code of that run."""
    # As if the program itself had been started: its directory is the first that modules come from.
    sys.path[0] = str(Path(program).parent)
    importlib.import_module(imported)
    # It is imported again in each run: checkov's looks at the arguments when it is.
    del sys.modules[imported]
    gc.freeze()
    for line in sys.stdin:
        wanted = json.loads(line)
        process = os.fork()
        if process == 0:
            os.chdir(wanted["directory"])
            for number, name in enumerate(wanted["files"]):
                os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
            sys.argv = wanted["command"]
            runpy.run_path(program, run_name="__main__")
            return
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    serve(*sys.argv[1:])
