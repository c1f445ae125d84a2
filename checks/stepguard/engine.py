"""A scan: paths to deployments to a report. What every host and command calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stepguard.config import Config
from stepguard.garbage import collected_seldom
from stepguard.judging import join, judge
from stepguard.masked_reports import mask_report
from stepguard.reading import Progress, Reading, ReadOptions, find_inputs, read
from stepguard.report import Report
from stepguard.rules.registry import AnyRule, select
from stepguard.structs import field
from stepguard.suppression import Excusable, apply_suppressions, find_excusable


class ScanOptions(ReadOptions, frozen=True, kw_only=True):
    """What a user can choose for a scan, besides what concerns the inputs.

    `rules` names the only rules to run, `skip_rules` those not to run; either form of an id will
    do. `pedantic` adds the pedantic tier. `jobs` is the number of processes; with more than one,
    `is_detailed` says whether the permissions and graphs of state machines are to be asked of the
    report.
    """

    config: Config = field(default_factory=Config)
    rules: tuple[str, ...] = ()
    skip_rules: tuple[str, ...] = ()
    pedantic: bool = False
    jobs: int = 1
    is_detailed: bool = True


def scan(
    paths: Sequence[Path], options: ScanOptions | None = None, progress: Progress | None = None
) -> Report:
    """Read what is at some paths, judge it, and return the report.

    Raises `UnknownRuleError` for a rule id that no rule has. Nothing else is raised: what cannot
    be read is an error of the report.
    """
    options = options or ScanOptions()
    rules = _rules(options)
    with collected_seldom():
        if options.jobs > 1:
            return _by_processes(paths, rules, options, progress)
        return _judged(read(paths, options, progress), rules, options)


def judge_reading(reading: Reading, options: ScanOptions) -> Report:
    """Judge what a host has read itself, and return the report.

    Raises `UnknownRuleError` for a rule id that no rule has.
    """
    return _judged(reading, _rules(options), options)


def _rules(options: ScanOptions) -> list[AnyRule]:
    return select(options.rules, options.skip_rules, pedantic=options.pedantic)


def _judged(reading: Reading, rules: Sequence[AnyRule], options: ScanOptions) -> Report:
    report = _judge(reading, rules, options)
    return _finished(report, reading, find_excusable(reading.deployments), options)


def _by_processes(
    paths: Sequence[Path],
    rules: Sequence[AnyRule],
    options: ScanOptions,
    progress: Progress | None,
) -> Report:
    # Most scans have one process and need nothing of this.
    from stepguard.parallel import Work, judge_in_processes

    reading = Reading()
    inputs = find_inputs(paths, options, reading)
    work = Work(
        inputs=inputs,
        options=options,
        judge=partial(_judged_alone, options),
        is_detailed=options.is_detailed,
    )
    parts = judge_in_processes(work, options.jobs, reading, progress)
    excusable = Excusable()
    for part in parts:
        excusable.add(part.excusable)
    report = join((part.report for part in parts), rules)
    return _finished(report, reading, excusable, options)


def _judged_alone(options: ScanOptions, reading: Reading) -> Report:
    """Judge one input in a process of its own; what depends on others is left to the first one."""
    report = _judge(reading, _rules(options), options)
    report.errors += reading.errors
    return report


def _judge(reading: Reading, rules: Sequence[AnyRule], options: ScanOptions) -> Report:
    return judge(
        reading.deployments,
        rules,
        options.config,
        pedantic=options.pedantic,
        time_limit=options.time_limit,
    )


def _finished(
    report: Report, reading: Reading, excusable: Excusable, options: ScanOptions
) -> Report:
    apply_suppressions(report, excusable, forbidden=options.config.unsuppressible_rules)
    mask_report(report)
    report.passed_over = reading.passed_over
    report.errors = sorted({*report.errors, *reading.errors}, key=lambda one: one.place.order)
    return report
