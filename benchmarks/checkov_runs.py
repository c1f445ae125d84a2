"""Running checkov as a program, with and without the pack, and reading its JSON reports.

Every script here runs in an environment that has stepguard and checkov.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PACK = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "hosts" / "checkov"
CHECKOV = Path(sys.executable).parent / ("checkov.exe" if os.name == "nt" else "checkov")
FRAMEWORKS = ("terraform", "terraform_json", "terraform_plan", "cloudformation")

Record = dict[str, Any]


def command(*arguments: str, pack: bool) -> list[str]:
    """Return the command line of a run that stays offline."""
    with_pack = ("--external-checks-dir", str(PACK)) if pack else ()
    return [str(CHECKOV), *arguments, *with_pack, "--skip-download"]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command line in such a way that checkov says the same each time."""
    # Some of checkov's graph checks name the first key of a set.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)


def reports(*arguments: str, pack: bool) -> list[dict[str, Any]]:
    """Run checkov and return its reports, one for each framework that had anything to say."""
    full = command(*arguments, "-o", "json", pack=pack)
    done = run(full)
    try:
        loaded = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(
            f"no report of {full}\n{done.stdout[-500:]}{done.stderr[-2000:]}"
        ) from None
    listed = loaded if isinstance(loaded, list) else [loaded]
    return [one for one in listed if "results" in one]


def records(report: dict[str, Any]) -> list[Record]:
    """Return all records of a report, each with its result."""
    found: list[Record] = []
    for kind in ("passed_checks", "failed_checks", "skipped_checks"):
        found.extend(report["results"].get(kind, ()))
    return found
