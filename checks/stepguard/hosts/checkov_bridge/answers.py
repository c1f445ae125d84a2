"""What a check tells checkov about a resource: the result, and the words that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from stepguard.hosts.checkov_bridge.rule_table import RuleRow
from stepguard.hosts.checkov_bridge.visit import (
    NotReadError,
    Visit,
    current_visit,
    drops_details,
)

if TYPE_CHECKING:
    from stepguard.finding import Finding
    from stepguard.hosts.lookup import Results, Verdict

Result: TypeAlias = Literal["PASSED", "FAILED", "SKIPPED", "UNKNOWN"]

_MAXIMUM_HEADLINE = 240
_NOT_EVALUATED = "not evaluated: "
_MACHINES = frozenset(
    {"aws_sfn_state_machine", "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to checkov.

    `details` has one line for each finding, `headline` the first of them where the check's name
    has to carry it, `comment` the reason of a `SKIPPED`.
    """

    result: Result
    details: list[str] = field(default_factory=list)
    headline: str = ""
    comment: str = ""


_NOTHING = Answer("UNKNOWN")


def answer(rule: RuleRow, entity_type: str, entity_name: str) -> Answer:
    """Return what a rule says about the resource that checkov is at. Never raises.

    `UNKNOWN`, which checkov discards, says that the rule does not apply. What could not be
    decided is `SKIPPED`, since that is what checkov shows without failing.
    """
    try:
        visit = current_visit(entity_type, entity_name)
        if rule.pedantic and rule.id not in visit.checks:
            return _NOTHING
        return _answer(rule, visit, entity_type)
    except NotReadError as error:
        return _undecided(str(error), entity_type)
    except Exception as error:
        # checkov makes silence of an exception.
        return _undecided(_defect(error), entity_type)


def _undecided(reason: str, entity_type: str) -> Answer:
    """Say that nothing was read; once for every rule on a machine, not on every role there is."""
    if entity_type not in _MACHINES:
        return _NOTHING
    return Answer("SKIPPED", comment=_NOT_EVALUATED + reason)


def _defect(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"stepguard is not installed completely: {error.name or error}"
    from stepguard.guard import describe_defect

    return describe_defect(error, "the checkov pack")


def _answer(rule: RuleRow, visit: Visit, entity_type: str) -> Answer:
    # The engine is imported with the first resource that is asked about: most of checkov's
    # processes meet none.
    from stepguard.hosts.checkov_bridge.scanning import scanned
    from stepguard.hosts.lookup import DOES_NOT_APPLY

    verdict = DOES_NOT_APPLY
    unread: list[Results] = []
    for results, addresses in scanned(visit, entity_type):
        verdict = verdict.joined(results.verdict_of_all(rule.id, addresses))
        if not addresses:
            unread.append(results)
    if rule.id not in visit.checks:
        verdict = verdict.without_pedantic()
    if verdict.outcome is None:
        errors = [str(error) for results in unread for error in results.errors]
        return _undecided(_line(errors[0], visit), entity_type) if errors else _NOTHING
    return _of_verdict(verdict, visit)


def _of_verdict(verdict: Verdict, visit: Visit) -> Answer:
    if verdict.outcome == "pass":
        return Answer("PASSED")
    if verdict.outcome == "violation":
        return _failed(verdict.findings, visit)
    if verdict.outcome == "suppressed":
        return Answer("SKIPPED", comment="suppressed in the source")
    reasons = list(dict.fromkeys(one.reason for one in verdict.not_evaluated))
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return Answer("SKIPPED", comment=_NOT_EVALUATED + _line(reasons[0], visit) + more)


def _failed(findings: Sequence[Finding], visit: Visit) -> Answer:
    details = [_detail(finding, visit) for finding in findings]
    headline = ""
    if drops_details(visit.framework):
        more = f" (+{len(details) - 1})" if len(details) > 1 else ""
        headline = _cut(_headline(findings[0], visit), _MAXIMUM_HEADLINE) + more
    return Answer("FAILED", details, headline)


def _detail(finding: Finding, visit: Visit) -> str:
    """Return a finding as one line: where, in which state, what is wrong, what to write."""
    from stepguard.report import place_of

    violation = finding.violation
    state = f" (state '{violation.state}')" if violation.state is not None else ""
    suggestion = f"; help: {violation.suggestion}" if violation.suggestion else ""
    return _line(f"{place_of(finding)}{state}: {violation.message}{suggestion}", visit)


def _headline(finding: Finding, visit: Visit) -> str:
    from stepguard.report import place_of

    return _line(f"{place_of(finding)}: {finding.violation.message}", visit)


def _line(text: str, visit: Visit) -> str:
    """Return text as one line without control characters, paths as checkov shows them."""
    from stepguard.reports.display import harmless

    text = " ".join(text.split())
    if visit.directory is not None:
        text = text.replace(f"{visit.directory}/", "").replace(visit.directory, ".")
    return harmless(text)


def _cut(text: str, maximum: int) -> str:
    return text if len(text) <= maximum else text[: maximum - 1] + "…"
