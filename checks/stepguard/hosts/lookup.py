"""What the rules say about each resource, for hosts that ask one rule and one resource at a time.

A host visits resources; for each and for each rule it asks `Results.verdict(rule, address)`, which
is a dictionary lookup. The engine runs at the first question, once for each input and set of
options in a process, however many threads ask:

    results = results_of(Kind.TEMPLATE, Path("template.yaml"), ScanOptions())
    verdict = results.verdict("SFN401", "OrderWorkflow")
    verdict.outcome    # "violation", "pass", "not_evaluated", "suppressed"; None: does not apply
    verdict.findings   # the findings about this very resource, in the order of their places

A host that has read its input itself judges it and wraps the report: `Results(report)`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal, TypeAlias

from stepguard.engine import ScanOptions, judge_reading
from stepguard.finding import Finding
from stepguard.inputs import Input, Kind
from stepguard.place import Place
from stepguard.readers.files import ProjectFiles
from stepguard.reading import read_input
from stepguard.report import Report, ScanError, Unevaluated, place_of
from stepguard.structs import Struct, field

HostOutcome: TypeAlias = Literal["violation", "suppressed", "not_evaluated", "pass"]

_Key: TypeAlias = "tuple[object, ...]"


class Verdict(Struct, frozen=True):
    """What one rule says about one resource.

    `findings` are the violations whose text to be changed is this resource's, `suppressed` those
    that the source excuses, `not_evaluated` why the rule could not be decided. `passed` says that
    the rule ran on the resource and found nothing; it is not set where the rule does not apply.
    """

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    not_evaluated: tuple[Unevaluated, ...] = ()
    passed: bool = False

    @property
    def outcome(self) -> HostOutcome | None:
        """The one thing that a host can show, the gravest; `None` where the rule does not apply."""
        if self.findings:
            return "violation"
        if self.not_evaluated:
            return "not_evaluated"
        if self.suppressed:
            return "suppressed"
        return "pass" if self.passed else None

    def without_pedantic(self) -> Verdict:
        """Return the verdict without what is said in the pedantic tier alone."""
        left = tuple(one for one in self.findings if one.violation.tier == "default")
        if len(left) == len(self.findings):
            return self
        return Verdict(left, self.suppressed, self.not_evaluated, passed=True)

    def joined(self, other: Verdict) -> Verdict:
        """Return the verdict about two resources that a host takes for one."""
        return Verdict(
            self.findings + other.findings,
            self.suppressed + other.suppressed,
            self.not_evaluated + other.not_evaluated,
            self.passed or other.passed,
        )


DOES_NOT_APPLY = Verdict()
"""The verdict of a rule on a resource that it does not judge."""


class _Answers(Struct):
    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    not_evaluated: list[Unevaluated] = field(default_factory=list)
    passed: bool = False

    def verdict(self) -> Verdict:
        findings = sorted(self.findings, key=lambda one: place_of(one).order)
        return Verdict(
            tuple(findings), tuple(self.suppressed), tuple(self.not_evaluated), self.passed
        )


class Results:
    """A report by rule and address.

    What is said of a role that the tool makes for a state machine, and that no host knows, is said
    of the machine. `resources` are the addresses of all resources that were read, with the place of
    each. Addresses are the report's own: Terraform's (`module.a.aws_iam_role.b["k"]`), or the
    logical id.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.resources: dict[str, Place] = {
            address: place for (_, address), place in report.resources.items()
        }
        self._verdicts = _by_rule_and_address(report)

    @property
    def errors(self) -> list[ScanError]:
        """What could not be read."""
        return self.report.errors

    def verdict(self, rule: str, address: str) -> Verdict:
        """Return what a rule (by its own id, `SFN401`) says about the resource at an address."""
        return self._verdicts.get((rule, address), DOES_NOT_APPLY)

    def unjudged(self, rule: str) -> str:
        """Return why a rule has judged nothing, or not all there is; empty when it has."""
        said = self.verdict(rule, "").not_evaluated
        return said[0].reason if said else ""

    def verdict_of_all(self, rule: str, addresses: Iterable[str]) -> Verdict:
        """Return what a rule says about several resources that a host takes for one."""
        found = DOES_NOT_APPLY
        for address in addresses:
            verdict = self.verdict(rule, address)
            if verdict is not DOES_NOT_APPLY:
                found = verdict if found is DOES_NOT_APPLY else found.joined(verdict)
        return found

    def verdicts_of(self, rule: str) -> dict[str, Verdict]:
        """Return what a rule says, by address, of every resource that it has anything to say of."""
        return {address: one for (own, address), one in self._verdicts.items() if own == rule}


def _by_rule_and_address(report: Report) -> dict[tuple[str, str], Verdict]:
    answers: defaultdict[tuple[str, str], _Answers] = defaultdict(_Answers)
    owners = {address: owner for (_, address), owner in report.made_for.items()}

    def about(rule: str, address: str) -> _Answers:
        return answers[rule, owners.get(address, address)]

    for finding in report.findings:
        about(finding.rule, finding.violation.resource).findings.append(finding)
    for finding in report.suppressed:
        about(finding.rule, finding.violation.resource).suppressed.append(finding)
    for one in report.not_evaluated:
        about(one.rule, one.resource).not_evaluated.append(one)
    for (_, rule, address), outcome in report.outcomes.items():
        if outcome == "pass":
            about(rule, address).passed = True
    return {key: answer.verdict() for key, answer in answers.items()}


class _Entry(Struct):
    lock: Lock = field(default_factory=Lock)
    results: Results | None = None


_entries: dict[_Key, _Entry] = {}
_entries_lock = Lock()


def results_of(kind: Kind, path: Path, options: ScanOptions) -> Results:
    """Return what the rules say about what is at a path: read once in a process, then kept.

    `path` is a template, a plan, or the directory of a root module. Raises `UnknownRuleError` for
    an option that names no rule; nothing else is raised: what cannot be read is in the result's
    `errors`.
    """
    key = _key(kind, path, options)
    with _entries_lock:
        entry = _entries.setdefault(key, _Entry())
    with entry.lock:
        if entry.results is None:
            directory = path if kind is Kind.TERRAFORM else path.parent
            files = _files(options.root or directory, options.also_readable)
            reading = read_input(Input(kind, path, files, explicit=True), options)
            entry.results = Results(judge_reading(reading, options))
        return entry.results


@cache
def _files(root: Path, also: tuple[Path, ...]) -> ProjectFiles:
    # Shared by all inputs below a root, so that a module that several call is read once.
    return ProjectFiles(root, root.as_posix(), also)


def _key(kind: Kind, path: Path, options: ScanOptions) -> _Key:
    return (
        kind,
        os.path.realpath(path),
        None if options.root is None else os.path.realpath(options.root),
        None if options.source is None else os.path.realpath(options.source),
        options.var_files,
        options.hcl_parser,
        tuple(sorted(options.parameters.items())),
        tuple(sorted(options.modules.items())),
        repr(options.config),
        options.rules,
        options.skip_rules,
        options.pedantic,
    )
