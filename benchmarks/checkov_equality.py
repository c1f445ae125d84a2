"""Show that checkov with the pack says what `stepguard scan` says, resource by resource.

    python benchmarks/checkov_equality.py [--source DIRECTORY] PATH…

Compares, for every path, rule and resource, what was found: violation, not evaluated or pass.
Addresses are compared as both write them: without `data.` and the keys of instances, which checkov
does not always know; by file and local name where checkov follows no modules (Terraform in JSON).
What is in a file that checkov cannot parse is counted apart. The exit code is 1 when anything else
differs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from checkov_runs import FRAMEWORKS, Record, records, reports

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.engine import ScanOptions
from stepguard.hosts.checkov_bridge.addresses import local_part, without_keys
from stepguard.hosts.lookup import Results
from stepguard.judging import judge
from stepguard.reading import read
from stepguard.rules.registry import select

Key = tuple[str, str, str]
"""File, rule and address."""

_WORST_FIRST = ("violation", "suppressed", "not_evaluated", "pass")
_RESULTS = {"FAILED": "violation", "SKIPPED": "not_evaluated", "PASSED": "pass"}


def of_checkov(path: Path, source: Path | None) -> tuple[dict[Key, str], set[str]]:
    """Return what checkov says, by file, rule and address, and the files that it cannot parse."""
    where = ["-d", str(path)] if path.is_dir() else ["-f", str(path)]
    if source is not None:
        where += ["--repo-root-for-plan-enrichment", str(source)]
    found: dict[Key, str] = {}
    unparsed: set[str] = set()
    for report in reports(*where, "-c", "SFN*", "--framework", *FRAMEWORKS, pack=True):
        unparsed.update(map(os.path.realpath, report["results"].get("parsing_errors", ())))
        for one in records(report):
            file, address = os.path.realpath(one["file_abs_path"]), _address(report, one)
            outcome = _RESULTS[one["check_result"]["result"]]
            _note(found, (file, one["check_id"], address), outcome)
    return found, unparsed


def _address(report: dict[str, Any], record: Record) -> str:
    framework = report["check_type"]
    address = str(record["resource"])
    if framework == "cloudformation":
        return address.partition(".")[2]
    # In JSON, checkov leaves out the type: `resource.name`.
    return address.partition(".")[2] if framework == "terraform_json" else _bare(address)


def _bare(address: str) -> str:
    return ".".join(one for one in without_keys(address).split(".") if one != "data")


def of_command(path: Path, source: Path | None) -> dict[Key, str]:
    """Return what the command says, by file, rule and address."""
    found: dict[Key, str] = {}
    rules = select()
    for deployment in read([path], ScanOptions(source=source)).deployments:
        if deployment.form is Form.ASL:
            continue
        results = Results(judge([deployment], rules, Config()))
        for rule in rules:
            for address, verdict in results.verdicts_of(rule.id).items():
                if verdict.outcome is not None:
                    key = _key(deployment, results, rule.id, address)
                    _note(found, key, verdict.outcome)
    return found


def _key(deployment: Deployment, results: Results, rule: str, address: str) -> Key:
    place = results.resources.get(address)
    file = deployment.root if place is None or deployment.form is Form.PLAN else place.file
    if deployment.form in (Form.CLOUDFORMATION, Form.SAM):
        shown = address
    elif file.endswith(".tf.json"):
        shown = local_part(address).rpartition(".")[2]
    else:
        shown = _bare(address)
    return os.path.realpath(file), rule, shown


def _note(found: dict[Key, str], key: Key, outcome: str) -> None:
    found[key] = min(outcome, found.get(key, "pass"), key=_WORST_FIRST.index)


def main() -> int:
    """Compare both for each path."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", type=Path, help="the directory that plans were made from")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    options = parser.parse_args()
    differing = 0
    for path in options.paths:
        command = of_command(path, options.source)
        checkov, unparsed = of_checkov(path, options.source)
        keys = sorted(command.keys() | checkov.keys())
        different = [key for key in keys if command.get(key) != checkov.get(key)]
        hidden = [key for key in different if key[0] in unparsed]
        different = [key for key in different if key[0] not in unparsed]
        files = len({file for file, _, _ in hidden})
        print(
            f"{path.name}: {Counter(command.values())['violation']} violations, "
            f"{len(keys)} verdicts, {len(hidden)} of them in {files} files that checkov cannot "
            f"parse; {len(different)} different"
        )
        for file, rule, address in different:
            both = command.get((file, rule, address)), checkov.get((file, rule, address))
            print(
                f"    {os.path.relpath(file, path)} {rule} {address}: {both[0]}, checkov {both[1]}"
            )
        differing += len(different)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
