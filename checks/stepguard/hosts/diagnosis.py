"""Whether checkov and cfn-lint load the packs: asked by running them on files that must be flagged.

A host that cannot load a pack mostly says nothing and exits with 0. So each is started as a
program, as a user would, on two projects of a few lines: one that must be flagged and one that
must not. This is the only module of the package that starts programs; the command `doctor` uses
it, and no scan does.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import stepguard
from stepguard.hosts.installation import CLASH
from stepguard.structs import Struct

_PACKAGE = Path(stepguard.__file__).parent
_CANARIES = {"SFN101": "E9101", "SFN402": "W9402"}
"""The rules whose examples are scanned, with their ids in cfn-lint; the first needs our data."""

_DEFECTS_IN_CFN_LINT = ("E0002", "E9000")
_FRAMEWORKS = ("terraform", "cloudformation")
_SECONDS = 180
_ERROR_LINE = re.compile(r"(\w+\.)*\w*(Error|Exception)\b")
_NO_STEPGUARD = re.compile(r"No module named 'stepguard'")
_TROUBLE_WITH_HCL2 = re.compile(r"\bhcl2\b")


class Diagnosis(Struct, frozen=True):
    """What was found about a host.

    `version` is empty when the host is not installed or does not start. `problem` says in one
    line why it does not load the pack; it is empty when all is well.
    """

    host: str
    version: str = ""
    problem: str = ""


class _Run(Struct, frozen=True):
    """How a program ended."""

    code: int
    output: str
    errors: str


class _BrokenError(Exception):
    """A host does not load the pack. The message says why, in one line."""


def program_of(host: str) -> Path | None:
    """Return the path of a host's program: beside this Python, or else on the search path."""
    beside = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = shutil.which(host, path=beside) or shutil.which(host)
    return None if found is None else Path(found)


def diagnose_checkov(program: Path, directory: Path | None = None) -> Diagnosis:
    """Say whether checkov loads the checks of a directory, by default those of the package."""
    checks = (directory or _PACKAGE / "hosts" / "checkov").absolute()
    return _diagnosis("checkov", program, lambda at, work: _try_checkov(at, checks, work))


def diagnose_cfn_lint(program: Path, rules: str | None = None) -> Diagnosis:
    """Say whether cfn-lint loads the rules of a directory or module, by default the package's."""
    given = rules or str(_PACKAGE / "hosts" / "cfn_lint")
    if Path(given).exists():
        given = str(Path(given).absolute())
    return _diagnosis("cfn-lint", program, lambda at, work: _try_cfn_lint(at, given, work))


def _diagnosis(host: str, program: Path, attempt: Callable[[str, Path], None]) -> Diagnosis:
    version = ""
    command = str(program.absolute())
    try:
        with tempfile.TemporaryDirectory(prefix="stepguard-") as name:
            work = Path(name)
            version = _version(command, work)
            for rule in _CANARIES:
                for kind in ("bad", "ok"):
                    example = _PACKAGE / "rules" / "examples" / rule / kind
                    shutil.copytree(example, work / kind / rule)
            attempt(command, work)
    except _BrokenError as error:
        return Diagnosis(host, version, str(error))
    except OSError as error:
        return Diagnosis(host, version, f"{error.filename or command}: {error.strerror or error}")
    return Diagnosis(host, version)


def _version(program: str, work: Path) -> str:
    run = _run([program, "--version"], work)
    if run.code != 0 or not run.output.strip():
        raise _BrokenError(f"{program} does not start: {_reason(run)}")
    return run.output.split()[-1]


def _try_checkov(program: str, checks: Path, work: Path) -> None:
    if not checks.is_dir():
        raise _BrokenError(f"there is no directory {checks}; checkov passes over that in silence")
    if not (checks / "__init__.py").is_file():
        raise _BrokenError(f"{checks} has no __init__.py, so that checkov loads nothing from it")
    for kind, wanted in (("bad", "failed_checks"), ("ok", "passed_checks")):
        arguments = ["--directory", kind, "--framework", *_FRAMEWORKS]
        arguments += ["--check", ",".join(_CANARIES), "--external-checks-dir", str(checks)]
        run = _run([program, *arguments, "--output", "json", "--skip-download"], work)
        records = _checkov_records(run)
        for rule, framework in itertools.product(_CANARIES, _FRAMEWORKS):
            found = records.get((rule, framework), {})
            if set(found) != {wanted}:
                example = f"{rule}, {kind}, {framework}"
                raise _BrokenError(_not_loaded("checkov", example, found, run))


def _checkov_records(run: _Run) -> dict[tuple[str, str], dict[str, str]]:
    """Return what checkov says of each rule's own example, by framework.

    That is: the lists of its report that have an entry of the rule, with a comment on one of them.
    """
    parsed = _parsed(run)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for report in parsed if isinstance(parsed, list) else [parsed]:
        for kind, entries in report.get("results", {}).items():
            for entry in entries:
                rule = entry.get("check_id")
                if rule in Path(str(entry.get("file_path"))).parts:
                    comment = str(entry["check_result"].get("suppress_comment") or "")
                    found.setdefault((rule, str(report.get("check_type"))), {})[kind] = comment
    return found


def _try_cfn_lint(program: str, rules: str, work: Path) -> None:
    directory = Path(rules)
    if directory.is_dir() and not any(directory.rglob("[A-Za-z1-9]*.py")):
        raise _BrokenError(f"{rules} has no file that cfn-lint would load ([A-Za-z1-9]*.py)")
    for kind, (rule, identifier) in itertools.product(("bad", "ok"), _CANARIES.items()):
        template = str(Path(kind, rule, "template.yaml"))
        run = _run([program, template, "--format", "json", "--append-rules", rules], work)
        found = _cfn_lint_matches(run)
        for defect in _DEFECTS_IN_CFN_LINT:
            if defect in found:
                message = found[defect]
                raise _BrokenError(f"{defect} on the example of {rule} that is {kind}: {message}")
        if (identifier in found) != (kind == "bad"):
            raise _BrokenError(_not_loaded("cfn-lint", f"{rule}, {kind}", found, run))


def _cfn_lint_matches(run: _Run) -> dict[str, str]:
    """Return the message of one match by rule id."""
    report = _parsed(run)
    matches = report if isinstance(report, list) else []
    return {str(one["Rule"]["Id"]): str(one["Message"]) for one in matches}


def _not_loaded(host: str, example: str, found: Mapping[str, str], run: _Run) -> str:
    """Return a line on what a host has found and said instead of what it should have found."""
    outcome = " and ".join(sorted(found)) or "nothing"
    said = next((comment for comment in found.values() if comment), "") or _reason(run)
    message = f"{host} does not load the pack: for an example ({example}) it reports {outcome}"
    return f"{message}; it says: {said}" if said else message


def _parsed(run: _Run) -> Any:
    try:
        return json.loads(run.output)
    except json.JSONDecodeError:
        raise _BrokenError(f"it gives no report: {_reason(run)}") from None


def _run(command: list[str], directory: Path) -> _Run:
    try:
        ended = subprocess.run(  # noqa: S603 - the host's program, and arguments made here
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise _BrokenError(f"{command[0]} did not end within {_SECONDS} seconds") from None
    return _Run(ended.returncode, ended.stdout, ended.stderr)


def _reason(run: _Run) -> str:
    """Return the line in which a program says what went wrong; empty when it says nothing."""
    said = run.errors if run.errors.strip() or run.code == 0 else run.output
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if _ERROR_LINE.match(line)] or lines
    if not telling:
        return ""
    reason = telling[-1]
    if _TROUBLE_WITH_HCL2.search(reason):
        return f"{reason} ({CLASH})"
    if _NO_STEPGUARD.search(reason):
        return f"{reason} (it has to be installed in the environment of that program)"
    return reason
