"""Verdicts by rule and address, from one run of the engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import stepguard.hosts.lookup
from stepguard.engine import ScanOptions, scan
from stepguard.hosts.lookup import DOES_NOT_APPLY, Results, results_of

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BAD = FIXTURES / "bad" / "terraform" / "main.tf"
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
    results = results_of(BAD, ScanOptions())
    assert results.verdict("SFN401", "aws_iam_role.workflow") is DOES_NOT_APPLY
    assert results.verdict("SFN401", "aws_iam_role.workflow").outcome is None
    assert results.verdict("SFN401", "nothing.here").outcome is None


def test_the_gravest_outcome_counts() -> None:
    results = results_of(BAD, ScanOptions())
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
    results = results_of(SAM, ScanOptions())
    assert results.verdict("SFN112", "Made").outcome == "not_evaluated"
    assert results.verdict("SFN112", "MadeRole").outcome is None


def test_files_of_one_directory_are_one_root_module(tmp_path: Path) -> None:
    for name in ("a.tf", "b.tf"):
        (tmp_path / name).write_text('locals { x = "aws_sfn" }\n')
    first = results_of(tmp_path / "a.tf", ScanOptions())
    assert results_of(tmp_path / "b.tf", ScanOptions()) is first
    assert results_of(tmp_path / "a.tf", ScanOptions(pedantic=True)) is not first


def test_threads_share_one_run_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[object] = []

    def counted(*arguments: object) -> object:
        runs.append(arguments)
        return scan(*arguments)  # type: ignore[arg-type] - passed on as they came

    monkeypatch.setattr(stepguard.hosts.lookup, "scan", counted)
    (tmp_path / "main.tf").write_text(BAD.read_text(encoding="utf-8"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: results_of(tmp_path / "main.tf", ScanOptions()), range(32)))
    assert len(runs) == 1
    assert len({id(one) for one in found}) == 1


def test_what_is_pedantic_within_a_rule_can_be_left_out(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: "arn:aws:states:::sns:publish", End: true}
""",
        encoding="utf-8",
    )
    everything = results_of(template, ScanOptions(pedantic=True)).verdict("SFN502", "Machine")
    assert everything.outcome == "violation"
    assert everything.without_pedantic().outcome == "pass"
    assert results_of(template, ScanOptions()).verdict("SFN502", "Machine").outcome == "pass"
