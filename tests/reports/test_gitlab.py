from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stepguard.engine import scan
from stepguard.report import Report
from stepguard.reports.gitlab import render_gitlab
from stepguard.structs import replace

SCHEMA = Path(__file__).parent / "schemas" / "gitlab-code-quality.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def issues(report: Report) -> list[dict[str, Any]]:
    found = json.loads(render_gitlab(report))
    assert isinstance(found, list)
    return found


def test_the_code_quality_of_a_review(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.gitlab.json", render_gitlab(review))


def test_the_code_quality_of_a_scan(in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("bad.gitlab.json", render_gitlab(scan([Path("fixtures/bad/terraform")])))


def test_it_is_valid(
    report: Report, review: Report, hostile_review: Report, validator: Any
) -> None:
    for one in (report, review, hostile_review, Report()):
        validator.validate(issues(one))


@pytest.mark.parametrize(
    "key", ["description", "check_name", "fingerprint", "severity", "location"]
)
def test_the_schema_refuses_what_is_wrong(review: Report, validator: Any, key: str) -> None:
    found = issues(review)
    del found[0][key]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(found)


def test_fingerprints_are_unique(hostile_review: Report) -> None:
    hostile_review.findings = hostile_review.findings * 2
    found = [one["fingerprint"] for one in issues(hostile_review)]
    assert len(set(found)) == len(found)


def test_fingerprints_stay_when_files_are_renamed_and_lines_move(review: Report) -> None:
    before = [one["fingerprint"] for one in issues(review)]
    for finding in review.findings:
        span = finding.violation.span
        assert span is not None
        span.file.text = "\n\n" + span.file.text
        span.file.path = "elsewhere.tf"
    review.findings = [replace(one, root="other") for one in review.findings]
    after = issues(review)
    assert [one["fingerprint"] for one in after] == before
    assert after[0]["location"]["path"] == "elsewhere.tf"


def test_severities(review: Report) -> None:
    assert [one["severity"] for one in issues(review)] == ["blocker", "critical", "minor", "info"]


def test_an_error_blocks(report: Report) -> None:
    first = issues(report)[0]
    assert first["severity"] == "blocker"
    assert first["location"] == {"path": "x.yaml", "lines": {"begin": 3}}


def test_paths_are_relative_without_a_dot(review: Report) -> None:
    for finding in review.findings:
        assert finding.violation.span is not None
        finding.violation.span.file.path = "./a.tf"
    assert issues(review)[0]["location"]["path"] == "a.tf"
