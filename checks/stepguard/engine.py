"""A scan: paths to deployments to a report. What every host and command calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stepguard.config import Config
from stepguard.judging import judge
from stepguard.reading import Progress, Reading, ReadOptions, read
from stepguard.report import Report
from stepguard.rules.registry import AnyRule, select
from stepguard.suppression import apply_suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions(ReadOptions):
    """What a user can choose for a scan, besides what concerns the inputs.

    `rules` names the only rules to run, `skip_rules` those not to run; either form of an id will
    do. `pedantic` adds the pedantic tier.
    """

    config: Config = field(default_factory=Config)
    rules: tuple[str, ...] = ()
    skip_rules: tuple[str, ...] = ()
    pedantic: bool = False


def scan(
    paths: Sequence[Path], options: ScanOptions | None = None, progress: Progress | None = None
) -> Report:
    """Read what is at some paths, judge it, and return the report.

    Raises `UnknownRuleError` for a rule id that no rule has. Nothing else is raised: what cannot
    be read is an error of the report.
    """
    options = options or ScanOptions()
    rules = _rules(options)
    return _judged(read(paths, options, progress), rules, options)


def judge_reading(reading: Reading, options: ScanOptions) -> Report:
    """Judge what a host has read itself, and return the report.

    Raises `UnknownRuleError` for a rule id that no rule has.
    """
    return _judged(reading, _rules(options), options)


def _rules(options: ScanOptions) -> list[AnyRule]:
    return select(options.rules, options.skip_rules, pedantic=options.pedantic)


def _judged(reading: Reading, rules: Sequence[AnyRule], options: ScanOptions) -> Report:
    report = judge(reading.deployments, rules, options.config, pedantic=options.pedantic)
    apply_suppressions(report, reading.deployments, forbidden=options.config.unsuppressible_rules)
    report.passed_over = reading.passed_over
    report.errors = sorted({*report.errors, *reading.errors}, key=lambda one: one.place.order)
    return report
