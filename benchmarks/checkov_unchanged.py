"""Show that loading the pack changes nothing that checkov's own checks say.

    python benchmarks/checkov_unchanged.py DIRECTORY…

Compares the full JSON reports with and without the pack, record by record and field by field,
and the components of the bill of materials. A component that only the pack brings is ours where
one of our records is on its resource: checkov lists what it has a record of, and leaves out what
its own checks were asked about and said nothing of. The exit code is 1 when anything differs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from checkov_runs import command, records, reports, run

_COUNTS = ("passed", "failed", "skipped")


def comparable(listed: list[dict[str, Any]]) -> Counter[str]:
    """Return everything that reports say, but for our records and for counts, as texts."""
    found: Counter[str] = Counter()
    for report in listed:
        own = [one for one in records(report) if not one["check_id"].startswith("SFN")]
        if not own and not report["results"].get("parsing_errors"):
            continue
        summary = {key: one for key, one in report["summary"].items() if key not in _COUNTS}
        found[f"{report['check_type']} {json.dumps(summary, sort_keys=True)}"] += 1
        for one in report["results"].get("parsing_errors", ()):
            found[f"{report['check_type']} cannot parse {one}"] += 1
        for one in own:
            found[f"{report['check_type']} {json.dumps(one, sort_keys=True)}"] += 1
    return found


Component = tuple[str, ...]


def components(directory: str, *, pack: bool) -> Counter[Component]:
    """Return name, type, version and address of the components of checkov's bill of materials."""
    done = run(command("-d", directory, "-o", "cyclonedx_json", pack=pack))
    start = done.stdout.find("{")
    listed = json.loads(done.stdout[start:]).get("components", ()) if start >= 0 else ()
    members = ("name", "type", "version", "purl")
    return Counter(tuple(str(one.get(member)) for member in members) for one in listed)


def main(directories: list[str]) -> int:
    """Compare both runs for each directory."""
    differing = 0
    for directory in directories:
        without = comparable(reports("-d", directory, pack=False))
        loaded = reports("-d", directory, pack=True)
        difference = (without - comparable(loaded)) + (comparable(loaded) - without)
        parts = components(directory, pack=False), components(directory, pack=True)
        ours = Counter(
            one["resource"]
            for report in loaded
            for one in records(report)
            if one["check_id"].startswith("SFN")
        )
        added = parts[1] - parts[0]
        by_ours = [one for one in added.elements() if one[0] in ours]
        unexplained = (parts[0] - parts[1]) + (added - Counter(by_ours))
        difference += Counter(" ".join(one) for one in unexplained.elements())
        print(
            f"{Path(directory).name}: {without.total()} of checkov's own, "
            f"{parts[0].total()} components, {ours.total()} of ours, "
            f"{len(by_ours)} components by ours, "
            f"{difference.total()} different"
        )
        for one in list(difference)[:5]:
            print("   ", one[:400])
        differing += bool(difference)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
