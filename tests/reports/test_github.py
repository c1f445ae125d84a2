from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from stepguard.engine import scan
from stepguard.finding import Severity
from stepguard.place import Place
from stepguard.report import Report, ScanError
from stepguard.reports.github import render_github
from stepguard.structs import replace

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner reads: kind, properties and message of each line."""
    found = []
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        kind, given, message = match.groups()
        properties = dict(one.split("=", 1) for one in given.split(","))
        found.append((kind, properties, message))
    return found


def test_the_annotations_of_a_review(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.github.txt", render_github(review))


def test_the_annotations_of_a_scan(in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("bad.github.txt", render_github(scan([Path("fixtures/bad")])))


def test_only_what_is_introduced_is_annotated_the_worst_first(review: Report) -> None:
    titles = [properties["title"] for _, properties, _ in commands(render_github(review))]
    assert titles == [
        "SFN402 no-task-timeout (critical)",
        "SFN402 no-task-timeout (high)",
        "stepguard%3A not evaluated",
    ]


def test_an_annotation_points(review: Report) -> None:
    kind, properties, message = commands(render_github(review))[0]
    assert kind == "error"
    assert {key: properties[key] for key in ("file", "line", "endLine", "col")} == {
        "file": "infra/main.tf",
        "line": "2",
        "endLine": "2",
        "col": "2",
    }
    assert message.startswith("'Tell' waits for a job without a timeout%0Ain aws_sfn")


def test_of_each_kind_no_more_than_github_shows(review: Report) -> None:
    review.findings = [
        replace(review.findings[0], severity=severity)
        for severity in (Severity.LOW, Severity.HIGH, Severity.MEDIUM, Severity.CRITICAL)
        for _ in range(30)
    ]
    found = commands(render_github(review))
    kinds = [kind for kind, _, _ in found]
    assert {kind: kinds.count(kind) for kind in kinds} == {"error": 10, "warning": 10, "notice": 10}
    errors = [message for kind, _, message in found if kind == "error"]
    assert errors[-1].startswith("… and 21 critical, 30 high more")
    notices = [message for kind, _, message in found if kind == "notice"]
    assert notices[-2].startswith("… and 22 low more")


def test_ten_are_shown_all(review: Report) -> None:
    review.findings = [review.findings[0]] * 10
    assert "more" not in render_github(review)


def test_many_errors_leave_the_number_of_the_rest(review: Report) -> None:
    review.errors = [ScanError(place=Place(file="a.tf"), message="x")] * 12
    found = commands(render_github(review))
    errors = [message for kind, _, message in found if kind == "error"]
    assert len(errors) == 10
    assert errors[-1].startswith("… and 3 errors, 1 critical, 1 high more")


def test_a_file_or_a_message_ends_no_command(hostile_review: Report) -> None:
    hostile_review.errors = hostile_review.errors[:5]
    assert commands(render_github(hostile_review))
    for one in hostile_review.findings:
        hostile_review.findings = [one]
        text = render_github(hostile_review)
        assert all(line.startswith("::") for line in text.splitlines())
        assert commands(text)


def test_nothing_found_says_nothing() -> None:
    assert render_github(Report()) == ""
