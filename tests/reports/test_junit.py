from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.engine import scan
from stepguard.finding import Finding
from stepguard.report import Report
from stepguard.reports.junit import render_junit
from stepguard.structs import replace

xmlschema = pytest.importorskip("xmlschema", reason="it is in the test extra")

SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"


@pytest.fixture(scope="module")
def schema() -> Any:
    return xmlschema.XMLSchema(str(SCHEMA))


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - it is our own report


def kinds(text: str) -> dict[tuple[str | None, str | None], list[str]]:
    """The elements in each test case, by class and name."""
    return {
        (case.get("classname"), case.get("name")): [one.tag for one in case]
        for case in parsed(text).iter("testcase")
    }


def test_the_junit_of_a_review(review: Report, snapshot: Callable[[str, str], None]) -> None:
    snapshot("review.junit.xml", render_junit(review))


def test_the_junit_of_a_scan(in_root: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("bad.junit.xml", render_junit(scan([Path("fixtures/bad/asl")])))


def test_it_is_valid(report: Report, review: Report, hostile_review: Report, schema: Any) -> None:
    for one in (report, review, hostile_review, Report()):
        schema.validate(render_junit(one))


def test_the_schema_refuses_what_is_wrong(review: Report, schema: Any) -> None:
    text = render_junit(review).replace("<failure", "<defeat").replace("</failure", "</defeat")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(text)


def test_each_rule_and_resource_is_a_case(review: Report) -> None:
    found = kinds(render_junit(review))
    assert found == {
        ("SFN402.task-without-timeout", "aws_sfn_state_machine.other"): ["skipped"],
        ("SFN402.task-without-timeout", "aws_sfn_state_machine.pay"): ["failure"],
        ("SFN902.definition-invalid", "aws_sfn_state_machine.pay"): ["skipped"],
    }


def test_what_passes_is_an_empty_case(review: Report) -> None:
    review.suppressed = []
    found = kinds(render_junit(review))
    assert found["SFN902.definition-invalid", "aws_sfn_state_machine.pay"] == []


def test_the_counts_are_those_of_the_cases(review: Report, report: Report) -> None:
    for one in (review, report):
        root = parsed(render_junit(one))
        for suite in root.iter("testsuite"):
            assert suite.get("tests") == str(len(suite.findall("testcase")))
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                assert suite.get(key) == str(len(suite.findall(f"testcase/{tag}")))
        assert root.get("tests") == str(len(list(root.iter("testcase"))))


def test_what_was_there_before_does_not_fail(review: Report) -> None:
    review.findings = [replace(one, status="unchanged") for one in review.findings]
    root = parsed(render_junit(review))
    assert list(root.iter("failure")) == []
    (skipped,) = (one for one in root.iter("skipped") if one.get("type") == "unchanged")
    assert "was there before" in str(skipped.get("message"))


def test_a_suppressed_finding_says_why(review: Report) -> None:
    review.suppressed = [replace(one, excuse="agreed with Ann") for one in review.suppressed]
    root = parsed(render_junit(review))
    messages = [one.get("message") for one in root.iter("skipped")]
    assert "suppressed: agreed with Ann" in messages


def test_an_error_is_an_error(report: Report) -> None:
    (error,) = parsed(render_junit(report)).iter("error")
    assert error.get("message") == "not YAML: tab"


def test_a_violation_of_another_resource_is_no_pass(review: Report) -> None:
    """A rule that judges the machine and finds fault with its role."""
    review.outcomes["infra", "SFN104", "aws_sfn_state_machine.pay"] = "violation"
    blamed = replace(review.findings[0].violation, resource="aws_iam_role.pay")
    review.findings.append(Finding(**{**fields(review.findings[0]), "violation": blamed}))
    found = kinds(render_junit(review))
    assert ("SFN104", "aws_sfn_state_machine.pay") not in found
    assert found["SFN104", "aws_iam_role.pay"] == ["failure"]


def fields(finding: Finding) -> dict[str, object]:
    return {
        "rule": "SFN104",
        "name": finding.name,
        "severity": finding.severity,
        "root": finding.root,
        "status": finding.status,
    }


def test_the_same_address_in_two_roots_is_not_evaluated_in_both(review: Report) -> None:
    for root in ("a", "b"):
        review.outcomes[root, "SFN402", "aws_sfn_state_machine.other"] = "not_evaluated"
    root = parsed(render_junit(review))
    messages = [one.get("message") for one in root.iter("skipped")]
    assert messages.count("not evaluated: var.x is not set") == 3


def test_no_control_character_is_left(hostile_review: Report) -> None:
    text = render_junit(hostile_review)
    assert [one for one in text if not one.isprintable() and one != "\n"] == []
