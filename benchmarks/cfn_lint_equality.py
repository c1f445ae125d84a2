"""Show that cfn-lint with the pack says what `stepguard scan` says, resource by resource.

    python benchmarks/cfn_lint_equality.py --cfn-lint PROGRAM DIRECTORY…

Every template below a directory that has to do with Step Functions is given to both, cfn-lint with
`-c I` and the engine, as if they were started in that directory. Compared are the sets of (rule,
resource) of what was found and of what could not be evaluated; a resource of a nested stack counts
as the stack, and a role that SAM makes as its state machine. Templates that differ are printed with
what cfn-lint itself says of them (E0000 to E0002: not parsed, not transformed, a rule failed; or
that it crashed). The exit code is 1 when a difference has no such cause.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stepguard.engine import ScanOptions, scan
from stepguard.inputs import Kind, discover
from stepguard.rules.registry import cfn_lint_id, load

PACK = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "hosts" / "cfn_lint"
AT_ONCE = 32
"""Templates that one run of cfn-lint is given."""
SECONDS = 900
"""How long one run of cfn-lint may take."""

Said = set[tuple[str, str]]


def templates(root: Path) -> list[Path]:
    """Return the templates below a directory that have to do with Step Functions."""
    return sorted({one.path for one in discover(root).found if one.kind is Kind.TEMPLATE})


def of_command(root: Path, template: Path) -> Said:
    """Return what the engine says of a template, by cfn-lint's id and logical id."""
    report = scan([template], ScanOptions(root=root))
    made_for = {address: machine for (_, address), machine in report.made_for.items()}

    def shown(address: str) -> str:
        """Return the logical id of what an address is written in."""
        return made_for.get(address, address).partition(".")[0]

    said = {(cfn_lint_id(load(one.rule)), shown(one.violation.resource)) for one in report.findings}
    said |= {(f"?{one.rule}", shown(one.resource)) for one in report.not_evaluated}
    return said | {("E9000", "") for _ in report.errors}


def of_cfn_lint(
    program: str, root: Path, group: Sequence[Path]
) -> tuple[dict[Path, Said], dict[Path, str]]:
    """Return what the pack says of each template, and what cfn-lint says that it could not do."""
    names = [str(path.relative_to(root)) for path in group]
    # Mandatory, so that an ignore in a template's metadata, which is cfn-lint's own, hides nothing.
    command = [program, "--format", "json", "-c", "I", "-m", "E9", "W9", "I9", "-t", *names]
    command += ["--append-rules", str(PACK)]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        return _read(json.loads(done.stdout), root)
    except subprocess.TimeoutExpired:
        failure = f"cfn-lint does not end within {SECONDS} seconds"
    except ValueError:
        failure = f"cfn-lint crashes: {(done.stderr.strip() or '?').splitlines()[-1]}"
    if len(group) == 1:
        return {}, {group[0]: failure}
    # One template that makes cfn-lint crash takes the others with it.
    middle = len(group) // 2
    said, trouble = of_cfn_lint(program, root, group[:middle])
    more_said, more_trouble = of_cfn_lint(program, root, group[middle:])
    return {**said, **more_said}, {**trouble, **more_trouble}


def _read(report: list[dict[str, Any]], root: Path) -> tuple[dict[Path, Said], dict[Path, str]]:
    said: dict[Path, Said] = {}
    trouble: dict[Path, str] = {}
    for match in report:
        path = root / match["Filename"]
        identifier, where = match["Rule"]["Id"], match["Location"]["Path"] or []
        if identifier in ("E0000", "E0001", "E0002"):
            trouble.setdefault(path, f"{identifier} {match['Message'].splitlines()[0]}")
        if identifier[1] != "9":
            continue
        logical_id = str(where[1]) if len(where) > 1 else ""
        if identifier == "I9000":
            rules, _, _ = match["Message"].partition(" not evaluated: ")
            said.setdefault(path, set()).update(
                (f"?{rule}", logical_id) for rule in re.findall(r"SFN\d{3}", rules)
            )
        else:
            logical_id = "" if identifier == "E9000" else logical_id
            said.setdefault(path, set()).add((identifier, logical_id))
    return said, trouble


def groups(roots: Sequence[Path]) -> Iterator[tuple[Path, list[Path]]]:
    """Yield directories and some of the templates below them, not too many at once."""
    for root in roots:
        found = templates(root)
        for start in range(0, len(found), AT_ONCE):
            yield root, found[start : start + AT_ONCE]


def main() -> int:
    """Compare both for each template."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cfn-lint", required=True)
    parser.add_argument("directories", nargs="+", type=Path)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for root, group in groups([one.resolve() for one in options.directories]):
        shown, trouble = of_cfn_lint(options.cfn_lint, root, group)
        for path in group:
            command, host = of_command(root, path), shown.get(path, set())
            counts["templates"] += 1
            counts["findings"] += sum(1 for rule, _ in command if rule[0] != "?")
            counts["not evaluated"] += sum(1 for rule, _ in command if rule[0] == "?")
            if command == host:
                continue
            cause = trouble.get(path, "")
            counts["different because of cfn-lint" if cause else "different"] += 1
            print(f"{path}: {cause or 'NO CAUSE'}", flush=True)
            if not cause:
                for name, said in (("scan", command - host), ("cfn-lint", host - command)):
                    print(f"    only {name}: {sorted(said)}")
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
