"""What a rule says about its own examples: a scan, as the command prints it."""

from __future__ import annotations

import os
from importlib.resources import as_file, files

from stepguard.engine import ScanOptions, scan
from stepguard.reports.text import render_findings
from stepguard.rules.example_files import BAD, Example, examples_of
from stepguard.rules.registry import AnyRule
from stepguard.structs import Struct


class ScannedExample(Struct, frozen=True):
    """An example, and what a scan of its file before the change finds.

    `output` are the findings as the command prints them in the file's directory, `is_on_machine`
    says whether one of them is about a state machine.
    """

    example: Example
    output: str
    is_on_machine: bool


def scanned_examples(rule: AnyRule) -> list[ScannedExample]:
    """Return the examples of a rule, scanned with that rule alone.

    Raises `OSError` where an example is missing.
    """
    return [_scanned(rule, example) for example in examples_of(rule.id)]


def _scanned(rule: AnyRule, example: Example) -> ScannedExample:
    with as_file(files("stepguard.rules") / "examples" / rule.id / BAD) as directory:
        report = scan([directory / example.file], ScanOptions(rules=(rule.id,)))
    output = render_findings(report.findings).replace(f"{directory}{os.sep}", "")
    machines = {machine.address for machine in report.state_machines}
    on_machine = any(one.violation.resource in machines for one in report.findings)
    return ScannedExample(example, output.rstrip(), on_machine)
