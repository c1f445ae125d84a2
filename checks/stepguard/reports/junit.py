"""The report as JUnit's XML: a test case for every rule and resource that it was asked about.

The form is that of `junit-10.xsd` of Jenkins' xUnit plugin, which the other readers accept, too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Sequence

from stepguard.finding import Finding
from stepguard.report import Outcome, Report, ScanError, Unevaluated, place_of
from stepguard.reports.display import harmless, harmless_lines
from stepguard.reports.escaping_commands import inert_xml
from stepguard.reports.selection import worst_first
from stepguard.structs import Struct, field


class _Case(Struct):
    """What was said about one resource by one rule."""

    outcome: Outcome = "pass"
    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    unevaluated: list[Unevaluated] = field(default_factory=list)

    @property
    def is_told_elsewhere(self) -> bool:
        """Whether the violation is one of another resource, which has a case of its own."""
        return self.outcome == "violation" and not (
            self.findings or self.suppressed or self.unevaluated
        )


_Key = tuple[str, str, str]
"""The root, the rule and the address of the resource."""


def render_junit(report: Report) -> str:
    """Return the report as XML text with a line break at its end, a test suite for each root.

    A violation is a failure; of a review, only an introduced one: what was there before is
    skipped. What was not evaluated or is suppressed is skipped with its reason, an input that
    could not be read is an error.
    """
    names = {rule.id: rule.name for rule in report.rules}
    suites = ElementTree.Element("testsuites", name="stepguard")
    by_root: dict[str, list[tuple[_Key, _Case]]] = defaultdict(list)
    for key, case in sorted(_cases(report).items()):
        by_root[key[0]].append((key, case))
    if report.errors:
        suites.append(_suite("stepguard", [_error(one) for one in report.errors]))
    for root, cases in by_root.items():
        elements = [_element(key, case, names) for key, case in cases]
        suites.append(_suite(harmless(root) or "stepguard", elements))
    for counted in ("tests", "failures", "errors"):
        suites.set(counted, str(sum(int(suite.get(counted, "0")) for suite in suites)))
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{inert_xml(text)}\n'


def _cases(report: Report) -> dict[_Key, _Case]:
    cases: dict[_Key, _Case] = defaultdict(_Case)
    for key, outcome in report.outcomes.items():
        cases[key].outcome = outcome
    for finding in report.findings:
        cases[_key(finding)].findings.append(finding)
    for finding in report.suppressed:
        cases[_key(finding)].suppressed.append(finding)
    roots: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (root, rule, address), outcome in report.outcomes.items():
        if outcome != "pass":
            roots[rule, address].append(root)
    for one in report.not_evaluated:
        # What was not evaluated does not name its root; an address may be in several.
        for root in roots.get((one.rule, one.resource), ("",)):
            cases[root, one.rule, one.resource].unevaluated.append(one)
    return {key: case for key, case in cases.items() if not case.is_told_elsewhere}


def _key(finding: Finding) -> _Key:
    return finding.root, finding.rule, finding.violation.resource


def _suite(name: str, cases: Sequence[ElementTree.Element]) -> ElementTree.Element:
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
    )
    suite.extend(cases)
    return suite


def _element(key: _Key, case: _Case, names: dict[str, str]) -> ElementTree.Element:
    _, rule, address = key
    name = harmless(address) or "(the whole of it)"
    named = f"{rule}.{names[rule]}" if rule in names else rule
    element = ElementTree.Element("testcase", classname=named, name=name)
    failing = worst_first(one for one in case.findings if one.status != "unchanged")
    if failing:
        message = harmless_lines(failing[0].violation.message)[0]
        failure = ElementTree.SubElement(
            element, "failure", type=failing[0].severity.label, message=message
        )
        failure.text = "\n\n".join(_description(one) for one in failing)
    elif case.findings:
        _skip(element, "unchanged", [f"was there before: {_description(case.findings[0])}"])
    elif case.unevaluated or case.outcome == "not_evaluated":
        reasons = [one.reason for one in case.unevaluated] or [
            "the reason stands at another resource"
        ]
        _skip(element, "not evaluated", [f"not evaluated: {reason}" for reason in reasons])
    elif case.suppressed:
        excuses = [one.excuse or "no reason given" for one in case.suppressed]
        _skip(element, "suppressed", [f"suppressed: {excuse}" for excuse in excuses])
    return element


def _skip(element: ElementTree.Element, kind: str, reasons: Sequence[str]) -> None:
    lines = [line for reason in dict.fromkeys(reasons) for line in harmless_lines(reason)]
    skipped = ElementTree.SubElement(element, "skipped", type=kind, message=lines[0])
    if len(lines) > 1:
        skipped.text = "\n".join(lines)


def _description(finding: Finding) -> str:
    violation = finding.violation
    lines = [
        f"{place_of(finding)}: {finding.severity.label}: {violation.message}",
        *([f"state: {violation.state}"] if violation.state is not None else []),
        *([violation.suggestion] if violation.suggestion else []),
    ]
    return "\n".join(line for part in lines for line in harmless_lines(part))


def _error(error: ScanError) -> ElementTree.Element:
    element = ElementTree.Element(
        "testcase", classname="stepguard.inputs", name=harmless(str(error.place))
    )
    message = " ".join(harmless_lines(error.message))
    ElementTree.SubElement(element, "error", type="not read", message=message)
    return element
