"""What a check tells checkov about a resource: the result, and the words that go with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from stepguard.hosts.checkov_bridge.relevance import is_concerned
from stepguard.hosts.checkov_bridge.rule_table import RuleRow
from stepguard.hosts.checkov_bridge.visit import (
    NotReadError,
    Visit,
    current_visit,
    drops_details,
)

if TYPE_CHECKING:
    from stepguard.finding import Finding
    from stepguard.hosts.checkov_bridge.scanning import Scanned
    from stepguard.hosts.checkov_bridge.wanted import Wanted
    from stepguard.hosts.lookup import Verdict

Result: TypeAlias = Literal["PASSED", "FAILED", "SKIPPED", "UNKNOWN"]

_MAXIMUM_HEADLINE = 240
_NOT_EVALUATED = "not evaluated: "
_MACHINES = frozenset(
    {"aws_sfn_state_machine", "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"}
)


class Answer(NamedTuple):
    """An answer to checkov.

    `details` has one line for each finding, `headline` the first of them where the check's name
    has to carry it, `comment` the reason of a `SKIPPED`.
    """

    result: Result
    details: tuple[str, ...] = ()
    headline: str = ""
    comment: str = ""


NOTHING = Answer("UNKNOWN")
"""The rule does not apply; checkov discards it."""


class _Resource(NamedTuple):
    """A resource that checkov is at: where that is, the rules to run, and what they have said."""

    visit: Visit
    wanted: Wanted
    scanned: Scanned


class _Last(threading.local):
    """The resource that was asked about last, or why there is none.

    Many rules ask about one resource in a row.
    """

    configuration: object = None
    resource: _Resource | str | None = None


_last = _Last()


def answer(rule: RuleRow, configuration: object, entity_type: str, entity_name: str) -> Answer:
    """Return what a rule says about the resource that checkov is at. Never raises.

    `configuration` is checkov's own object of the resource, for its identity. What could not be
    decided is `SKIPPED`, since that is what checkov shows without failing.
    """
    if configuration is not _last.configuration:
        _last.configuration = configuration
        _last.resource = _resource(entity_type, entity_name)
    resource = _last.resource
    if resource is None:
        return NOTHING
    if isinstance(resource, str):
        return _unread(resource, entity_type)
    try:
        return _answer(rule, resource, entity_type)
    except Exception as error:
        # checkov makes silence of an exception.
        return _unread(_defect(error), entity_type)


def _resource(entity_type: str, entity_name: str) -> _Resource | str | None:
    """Return the resource that checkov is at, or why nothing is known of it.

    `None` where there is nothing to be known: no rule is wanted, or it is of no concern.
    """
    try:
        visit = current_visit(entity_type, entity_name)
        if not is_concerned(visit):
            return None
        # The engine is imported with the first resource that it is needed for: most of checkov's
        # processes meet none.
        from stepguard.hosts.checkov_bridge.scanning import scanned
        from stepguard.hosts.checkov_bridge.wanted import wanted

        rules = wanted(visit.checks)
        return _Resource(visit, rules, scanned(visit, entity_type, rules)) if rules.rules else None
    except NotReadError as error:
        return str(error)
    except Exception as error:
        return _defect(error)


def _defect(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"stepguard is not installed completely: {error.name or error}"
    from stepguard.guard import describe_defect

    return describe_defect(error, "the checkov pack")


def _unread(reason: str, entity_type: str) -> Answer:
    """Say that nothing was read: for every rule on a machine, not on every role there is."""
    if entity_type not in _MACHINES:
        return NOTHING
    return Answer("SKIPPED", comment=_NOT_EVALUATED + reason)


def _answer(rule: RuleRow, resource: _Resource, entity_type: str) -> Answer:
    visit, wanted, scanned = resource
    if rule.id not in wanted.rules:
        return NOTHING
    verdict: Verdict | None = None
    for results, addresses in scanned:
        found = results.verdict_of_all(rule.id, addresses)
        verdict = found if verdict is None else verdict.joined(found)
    if verdict is not None and rule.id not in wanted.pedantic:
        verdict = verdict.without_pedantic()
    if verdict is not None and verdict.outcome is not None:
        return _of_verdict(verdict, visit)
    errors = [
        str(error) for results, addresses in scanned if not addresses for error in results.errors
    ]
    for results, addresses in scanned:
        reason = results.unjudged(rule.id)
        if reason and addresses:
            return Answer("SKIPPED", comment=_NOT_EVALUATED + _line(reason, visit))
    return _unread(_line(errors[0], visit), entity_type) if errors else NOTHING


def _of_verdict(verdict: Verdict, visit: Visit) -> Answer:
    if verdict.outcome == "pass":
        return Answer("PASSED")
    if verdict.outcome == "violation":
        return _failed(verdict.findings, visit)
    if verdict.outcome == "suppressed":
        return Answer(
            "SKIPPED", comment=_counted([one.excuse for one in verdict.suppressed], visit)
        )
    reasons = [one.reason for one in verdict.not_evaluated]
    return Answer("SKIPPED", comment=_NOT_EVALUATED + _counted(reasons, visit))


def _counted(reasons: Sequence[str], visit: Visit) -> str:
    """Return the first of some reasons, and how many others there are."""
    different = list(dict.fromkeys(reasons))
    more = f" (+{len(different) - 1})" if len(different) > 1 else ""
    return _line(different[0], visit) + more


def _failed(findings: Sequence[Finding], visit: Visit) -> Answer:
    from stepguard.report import place_of

    details = tuple(_detail(finding, visit) for finding in findings)
    if not drops_details(visit.framework):
        return Answer("FAILED", details)
    first = _line(f"{place_of(findings[0])}: {findings[0].violation.message}", visit)
    if len(first) > _MAXIMUM_HEADLINE:
        first = first[: _MAXIMUM_HEADLINE - 1] + "…"
    more = f" (+{len(details) - 1})" if len(details) > 1 else ""
    return Answer("FAILED", details, first + more)


def _detail(finding: Finding, visit: Visit) -> str:
    """Return a finding as one line: where, in which state, what is wrong, what to write."""
    from stepguard.report import place_of

    violation = finding.violation
    state = f" (state '{violation.state}')" if violation.state is not None else ""
    suggestion = f"; help: {violation.suggestion}" if violation.suggestion else ""
    return _line(f"{place_of(finding)}{state}: {violation.message}{suggestion}", visit)


def _line(text: str, visit: Visit) -> str:
    """Return text as one line without control characters, paths as checkov shows them."""
    from stepguard.reports.display import harmless

    text = " ".join(text.split())
    if visit.directory is not None:
        text = text.replace(f"{visit.directory}/", "").replace(visit.directory, ".")
    return harmless(text)
