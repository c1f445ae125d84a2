from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from stepguard.place import Place
from stepguard.report import Report, ScanError
from stepguard.reports import sarif
from stepguard.reports.sarif import render_code_scanning, render_sarif, report_as_sarif
from stepguard.structs import replace

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


def run_of(report: Report, base: Path | None = None) -> dict[str, Any]:
    run = report_as_sarif(report, base)["runs"][0]
    assert isinstance(run, dict)
    return run


def test_the_sarif(report: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("everything.sarif", render_sarif(report))


def test_it_is_valid(report: Report, validator: Any) -> None:
    report.suppressed = report.findings[:1]
    validator.validate(json.loads(render_sarif(report)))
    validator.validate(json.loads(render_sarif(Report())))


def test_the_schema_refuses_what_is_wrong(report: Report, validator: Any) -> None:
    log = report_as_sarif(report)
    log["runs"][0]["results"][0]["level"] = "medium"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(log)


def test_every_result_names_its_rule(report: Report) -> None:
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    severities = [float(rule["properties"]["security-severity"]) for rule in rules]
    assert severities == [5.5, 8.0]


def test_paths_are_relative_and_encoded(report: Report, tmp_path: Path) -> None:
    result = run_of(report, tmp_path)["results"][0]
    location = result["locations"][0]["physicalLocation"]
    uri = location["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not {" ", "#"} & set(uri)
    assert unquote(uri) == "in fra/größe #1.tf"
    assert location["region"] == {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 6}


def test_a_path_below_the_base_becomes_relative(tmp_path: Path) -> None:
    inside = ScanError(place=Place(file=str(tmp_path / "a" / "b.yaml")), message="x")
    outside = ScanError(place=Place(file=str(tmp_path.parent / "c.yaml")), message="x")
    run = run_of(Report(errors=[inside, outside]), tmp_path)
    uris = [
        notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for notification in run["invocations"][0]["toolExecutionNotifications"]
    ]
    assert uris[0] == "a/b.yaml"
    assert urlsplit(uris[1]).scheme == "file"


def test_a_file_name_that_is_no_text_is_encoded(tmp_path: Path) -> None:
    error = ScanError(place=Place(file="bad\udcff.yaml"), message="x")
    assert "bad%FF.yaml" in json.dumps(report_as_sarif(Report(errors=[error]), tmp_path))


def test_errors_and_what_was_not_evaluated_are_notifications(report: Report) -> None:
    invocation = run_of(report)["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notifications = invocation["toolExecutionNotifications"]
    assert [one["level"] for one in notifications] == ["error", "note"]
    assert notifications[1]["associatedRule"] == {"id": "SFN402", "index": 0}


def test_fingerprints_stay_when_lines_move(report: Report) -> None:
    before = [one["partialFingerprints"] for one in run_of(report)["results"]]
    for file in report.read.values():
        file.text = "\n\n" + file.text
    assert [one["partialFingerprints"] for one in run_of(report)["results"]] == before
    assert len({json.dumps(one) for one in before}) == 2


def test_the_sarif_of_a_review(
    review: Report, validator: Any, snapshot: Callable[[str, str], None]
) -> None:
    snapshot("review.sarif", render_sarif(review))
    validator.validate(json.loads(render_sarif(review)))


def test_hostile_names_are_valid(hostile_review: Report, validator: Any) -> None:
    text = render_sarif(hostile_review)
    validator.validate(json.loads(text))
    for result in json.loads(text)["runs"][0]["results"]:
        assert "](" not in result["message"]["text"]
        assert [one for one in result["message"]["text"] if ord(one) < 32 and one != "\n"] == []
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()


def test_a_review_tells_what_is_new_there_before_and_gone(review: Report) -> None:
    results = run_of(review)["results"]
    states = [one["baselineState"] for one in results]
    assert states == ["new", "unchanged", "new", "unchanged", "absent"]


def test_a_scan_compares_nothing(report: Report) -> None:
    assert not any("baselineState" in one for one in run_of(report)["results"])


def test_where_one_is_suppressed_all_say_whether_they_are(review: Report) -> None:
    review.suppressed = [replace(one, excuse="agreed") for one in review.suppressed]
    results = run_of(review)["results"]
    assert [len(one["suppressions"]) for one in results] == [0, 0, 0, 1, 0]
    assert results[3]["suppressions"][0]["justification"] == "agreed"


def test_code_scanning_gets_what_stands(review: Report, validator: Any) -> None:
    log = json.loads(render_code_scanning(review))
    validator.validate(log)
    results = log["runs"][0]["results"]
    assert len(results) == len(review.findings)
    assert not any("suppressions" in one for one in results)


def test_of_too_many_results_the_worst_stay(review: Report) -> None:
    review.findings = review.findings * 9_000
    log = report_as_sarif(review)["runs"][0]
    assert len(log["results"]) == 25_000
    critical = [one for one in log["results"] if one["properties"]["severity"] == "critical"]
    assert len(critical) == 9_000
    notes = log["invocations"][0]["toolExecutionNotifications"]
    assert "2,002 more results" in notes[0]["message"]["text"]


def test_a_log_that_is_too_long_is_cut(
    review: Report, validator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "MAXIMUM_BYTES", 4_000)
    noise = random.Random(1)
    review.findings = [
        replace(one, violation=replace(one.violation, message=noise.randbytes(200).hex()))
        for one in review.findings * 100
    ]
    text = render_sarif(review)
    assert len(zlib.compress(text.encode())) <= 4_000
    log = json.loads(text)
    validator.validate(log)
    assert 0 < len(log["runs"][0]["results"]) < 100


def test_rules_say_what_github_shows(report: Report) -> None:
    for rule in run_of(report)["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 20
