"""Verdicts by rule and address, from one run of the engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import stepguard.hosts.lookup
from stepguard.engine import ScanOptions, scan
from stepguard.hosts.lookup import DOES_NOT_APPLY, Results, results_of
from stepguard.inputs import Kind
from stepguard.reading import read_input

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BAD = FIXTURES / "bad" / "terraform"
SAM = Path(__file__).parent / "checkov" / "projects" / "cloudformation" / "sam.yaml"


def test_every_verdict_of_a_scan_is_found() -> None:
    report = scan([BAD], ScanOptions())
    results = Results(report)
    assert report.findings
    for finding in report.findings:
        verdict = results.verdict(finding.rule, finding.violation.resource)
        assert finding in verdict.findings
        assert verdict.outcome == "violation"
    passes = [key for key, outcome in report.outcomes.items() if outcome == "pass"]
    assert passes
    for _, rule, address in passes:
        assert results.verdict(rule, address).passed


def test_a_rule_that_does_not_apply_is_no_pass() -> None:
    results = results_of(Kind.TERRAFORM, BAD, ScanOptions())
    assert results.verdict("SFN401", "aws_iam_role.workflow") is DOES_NOT_APPLY
    assert results.verdict("SFN401", "aws_iam_role.workflow").outcome is None
    assert results.verdict("SFN401", "nothing.here").outcome is None


def test_the_gravest_outcome_counts() -> None:
    results = results_of(Kind.TERRAFORM, BAD, ScanOptions())
    violation = results.verdict("SFN401", "aws_sfn_state_machine.approve")
    assert violation.outcome == "violation"
    passed = next(
        results.verdict(rule, address)
        for (_, rule, address), outcome in results.report.outcomes.items()
        if outcome == "pass"
    )
    assert passed.outcome == "pass"
    assert passed.joined(violation).outcome == "violation"
    assert passed.joined(violation).passed


def test_what_is_said_of_a_generated_role_is_said_of_its_machine() -> None:
    results = results_of(Kind.TEMPLATE, SAM, ScanOptions())
    assert results.verdict("SFN112", "Made").outcome == "not_evaluated"
    assert results.verdict("SFN112", "MadeRole").outcome is None


def test_each_set_of_options_has_its_own_results(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    first = results_of(Kind.TERRAFORM, tmp_path, ScanOptions())
    assert results_of(Kind.TERRAFORM, tmp_path, ScanOptions()) is first
    assert results_of(Kind.TERRAFORM, tmp_path, ScanOptions(pedantic=True)) is not first


def test_threads_share_one_run_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[object] = []

    def counted(*arguments: object) -> object:
        runs.append(arguments)
        return read_input(*arguments)  # type: ignore[arg-type] - passed on as they came

    monkeypatch.setattr(stepguard.hosts.lookup, "read_input", counted)
    (tmp_path / "main.tf").write_text((BAD / "main.tf").read_text(encoding="utf-8"))
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(
                lambda _: results_of(Kind.TERRAFORM, tmp_path, ScanOptions()),
                range(32),
            )
        )
    assert len(runs) == 1
    assert len({id(one) for one in found}) == 1


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_bytes(b"# caf\xe9\n")
    results = results_of(Kind.TEMPLATE, tmp_path / "template.yaml", ScanOptions())
    assert [error.message for error in results.errors] == ["not UTF-8 text (line 1)"]
    assert results.resources == {}
