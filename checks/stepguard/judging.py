"""From deployments to a report: every rule asked about every resource that it applies to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.finding import Finding, NotEvaluated, Severity, Violation
from stepguard.guard import describe_defect
from stepguard.hiding import hide_secrets
from stepguard.machine_readings import read_machines
from stepguard.place import Place
from stepguard.report import (
    Outcome,
    PermissionReading,
    Report,
    ScanError,
    Unevaluated,
    place_of,
)
from stepguard.rules.registry import AnyRule, describe_all
from stepguard.rules.rule import Context
from stepguard.structs import replace
from stepguard.time_limit import OutOfTimeError, limited
from stepguard.workflow_graph import WorkflowGraph

UNREADABLE = "SFN901"
"""The rule on definitions that cannot be read; of those in an unread module it is not evaluated."""

_ON_PERMISSIONS = "SFN1"
"""How the ids of the rules on roles and permissions begin: each may use what another compared."""

_TOO_MANY_COMPARISONS = "comparing its policies takes too much work"
_ROLE_MAKERS = frozenset({"AWS::Serverless::Function", "AWS::Serverless::StateMachine"})
_WORST_FIRST: tuple[Outcome, ...] = ("violation", "not_evaluated", "pass")


def judge(
    deployments: Iterable[Deployment],
    rules: Sequence[AnyRule],
    config: Config,
    *,
    pedantic: bool = False,
    time_limit: float | None = None,
) -> Report:
    """Return a report of what rules say about deployments. Never raises.

    Without `pedantic`, what a rule has to say in the pedantic tier alone is left out. `time_limit`
    are the seconds of a processor that a deployment may take (see `time_limit.limited`).
    """
    report = Report(rules=describe_all(rules))
    report.evaluated = {rule.id: Counter() for rule in rules}
    for deployment in deployments:
        report.read.update({file.path: file for file in deployment.files})
        size = sum(len(file.text) for file in deployment.files)
        pending = list(reversed(rules))
        try:
            with limited(time_limit, size):
                _judge(deployment, pending, config, report, pedantic=pedantic)
        except OutOfTimeError as error:
            message = f"judging is given up, and rules are missing: {error.reason}"
            report.errors.append(ScanError(place=Place(file=deployment.root), message=message))
            _give_up(deployment, report, message)
            _note_missing(pending, deployment, report, message)
    _give_severities(report, config)
    _arrange(report)
    return report


def _give_up(deployment: Deployment, report: Report, reason: str) -> None:
    """Leave out of a report what is still to be worked out of a deployment: it may take as long."""
    unknown = partial(PermissionReading, not_checked=(reason,))
    report.state_machines = [
        replace(one, permissions=unknown, graph=WorkflowGraph)
        if one.root == deployment.root
        else one
        for one in report.state_machines
    ]


def _note_missing(
    rules: Iterable[AnyRule], deployment: Deployment, report: Report, reason: str
) -> None:
    """Say of rules that they have judged nothing of a deployment, or not all of it."""
    for rule in rules:
        place = Place(file=deployment.root)
        report.not_evaluated.append(
            Unevaluated(rule=rule.id, resource="", place=place, reason=reason)
        )
        report.evaluated[rule.id]["not_evaluated"] += 1


def _judge(
    deployment: Deployment,
    pending: list[AnyRule],
    config: Config,
    report: Report,
    *,
    pedantic: bool,
) -> None:
    """Judge a deployment by rules, the last one first; each is taken away when it is done."""
    _hide(deployment, report)
    _note_resources(deployment, report)
    _count_machines(deployment, report)
    context = Context(deployment, config)
    left = context.comparisons_left
    while pending:
        rule = pending[-1]
        _apply(rule, context, report, pedantic=pedantic)
        before, left = left, context.comparisons_left
        if left <= 0 and (left < before or rule.id.startswith(_ON_PERMISSIONS)):
            _take_back_passes(rule, deployment, report)
        pending.pop()
    _note_unread_workflows(deployment, report)
    _note_comparisons(context, report)


def join(reports: Iterable[Report], rules: Sequence[AnyRule]) -> Report:
    """Return several judgements by the same rules as one judgement of all their deployments.

    Files of one path count as one file: what is hidden in one of them is hidden in all.
    """
    joined = judge((), rules, Config())
    for report in reports:
        for path, file in report.read.items():
            if path in joined.read:
                file.hide_alike(joined.read[path])
            joined.read[path] = file
        joined.state_machines += report.state_machines
        joined.findings += report.findings
        joined.not_evaluated += report.not_evaluated
        joined.errors += report.errors
        joined.outcomes.update(report.outcomes)
        joined.made_for.update(report.made_for)
        for rule, counts in report.evaluated.items():
            total = joined.evaluated[rule]
            # `Counter.update` takes many times as long for so few.
            for outcome, number in counts.items():
                total[outcome] += number
        for key, place in report.resources.items():
            joined.resources.setdefault(key, place)
    _arrange(joined)
    return joined


def _give_severities(report: Report, config: Config) -> None:
    """Give findings the severities that the options say."""
    given = {rule: Severity.parse(label) for rule, label in config.severities}
    if given:
        report.findings = [
            replace(one, severity=given.get(one.rule, one.severity)) for one in report.findings
        ]


def _note_resources(deployment: Deployment, report: Report) -> None:
    """Put the places of all resources into the report, and whom SAM's roles are made for."""
    root = deployment.root
    for resource in deployment.resources:
        report.resources.setdefault((root, resource.address), Place.of(resource.span, root))
    owners = {one.span: one.address for one in deployment.resources if one.type in _ROLE_MAKERS}
    for role in deployment.roles:
        if role.form is Form.SAM and role.span in owners:
            report.made_for[root, role.address] = owners[role.span]


def _hide(deployment: Deployment, report: Report) -> None:
    try:
        hide_secrets(deployment)
    except Exception as error:
        message = describe_defect(error, "the search for secrets")
        report.errors.append(ScanError(place=Place(file=deployment.root), message=message))


def _count_machines(deployment: Deployment, report: Report) -> None:
    try:
        report.state_machines.extend(read_machines(deployment))
    except Exception as error:
        message = describe_defect(error, "the reading of state machines")
        report.errors.append(ScanError(place=Place(file=deployment.root), message=message))


def _note_comparisons(context: Context, report: Report) -> None:
    """Say that not all permissions were compared: a rule may have passed what it did not see."""
    if context.comparisons_left <= 0:
        message = f"{_TOO_MANY_COMPARISONS}: rules on permissions are incomplete"
        root = context.deployment.root
        report.errors.append(ScanError(place=Place(file=root), message=message))


def _take_back_passes(rule: AnyRule, deployment: Deployment, report: Report) -> None:
    """Make of what a rule has passed what it could not judge, since it compared only a part."""
    for resource in deployment.resources:
        key = (deployment.root, rule.id, resource.address)
        if report.outcomes.get(key) != "pass":
            continue
        report.outcomes[key] = "not_evaluated"
        report.evaluated[rule.id].subtract(["pass"])
        report.evaluated[rule.id].update(["not_evaluated"])
        report.not_evaluated.append(
            Unevaluated(
                rule=rule.id,
                resource=resource.address,
                place=Place.of(resource.span, deployment.root),
                reason=_TOO_MANY_COMPARISONS,
            )
        )


def _note_unread_workflows(deployment: Deployment, report: Report) -> None:
    """Say that workflows were not read which a module or nested stack seems to declare."""
    if UNREADABLE not in report.evaluated:
        return
    for module in deployment.unread_modules:
        if module.declares_workflows:
            reason = f"{module.reason}: the state machines that it declares were not read"
            place = Place.of(module.span, deployment.root)
            report.not_evaluated.append(
                Unevaluated(rule=UNREADABLE, resource=module.address, place=place, reason=reason)
            )
            report.evaluated[UNREADABLE]["not_evaluated"] += 1


def _apply(rule: AnyRule, context: Context, report: Report, *, pedantic: bool) -> None:
    """Ask a rule about all its subjects; the outcome counts once for each resource."""
    root = context.deployment.root
    outcomes: dict[str, Outcome] = {}
    try:
        subjects = list(rule.subjects(context))
    except Exception as error:
        _defect(error, rule, None, root, report)
        report.evaluated[rule.id]["not_evaluated"] += 1
        return
    for subject in subjects:
        try:
            verdict = rule.judge(subject, context)
            if verdict is None:
                continue
            verdict = _as_far_as_read(verdict, rule, subject, context.deployment)
            said = [one for one in verdict if pedantic or not _is_pedantic(one)]
            outcome = _record(rule, subject, said, root, report)
        except Exception as error:
            _defect(error, rule, subject, root, report)
            outcome = "not_evaluated"
        known = outcomes.get(subject.address, "pass")
        outcomes[subject.address] = min(outcome, known, key=_WORST_FIRST.index)
    report.evaluated[rule.id].update(outcomes.values())
    for address, outcome in outcomes.items():
        report.outcomes[root, rule.id, address] = outcome


def _as_far_as_read(
    verdict: Sequence[Violation | NotEvaluated],
    rule: AnyRule,
    subject: Resource,
    deployment: Deployment,
) -> Sequence[Violation | NotEvaluated]:
    """Return a verdict without what could be otherwise if all of the project had been read."""
    reason = subject.gap
    if not reason and rule.claims_absence and any(isinstance(one, Violation) for one in verdict):
        reason = deployment.gap
    if not reason:
        return verdict
    return [NotEvaluated(reason=reason, resource=subject.address, span=subject.span)]


def _is_pedantic(one: Violation | NotEvaluated) -> bool:
    return isinstance(one, Violation) and one.tier == "pedantic"


def _record(
    rule: AnyRule,
    subject: Resource,
    verdict: Sequence[Violation | NotEvaluated],
    root: str,
    report: Report,
) -> Outcome:
    """Put what a rule says about a resource into the report."""
    outcome: Outcome = "pass"
    for one in verdict:
        span = one.span or subject.span
        if isinstance(one, Violation):
            outcome = "violation"
            finding = Finding(
                rule=rule.id,
                name=rule.name,
                severity=rule.severity if one.severity is None else one.severity,
                violation=replace(one, span=span),
                root=root,
            )
            report.findings.append(finding)
        else:
            outcome = "violation" if outcome == "violation" else "not_evaluated"
            place = Place.of(span, root)
            report.not_evaluated.append(
                Unevaluated(rule=rule.id, resource=one.resource, place=place, reason=one.reason)
            )
    return outcome


def _defect(
    error: Exception, rule: AnyRule, subject: Resource | None, root: str, report: Report
) -> None:
    place = Place.of(None if subject is None else subject.span, root)
    message = describe_defect(error, rule.id)
    report.errors.append(ScanError(place=place, message=message))
    report.not_evaluated.append(
        Unevaluated(
            rule=rule.id,
            resource="" if subject is None else subject.address,
            place=place,
            reason=message,
        )
    )


def _arrange(report: Report) -> None:
    """Sort everything by place, and leave one of what was said twice about the same place."""
    findings: dict[object, Finding] = {}
    for finding in report.findings:
        place = place_of(finding)
        findings.setdefault((finding.identity, place), finding)
    report.findings = sorted(
        findings.values(),
        key=lambda one: (*place_of(one).order, one.rule, one.violation.resource),
    )
    report.not_evaluated = sorted(
        dict.fromkeys(report.not_evaluated),
        key=lambda one: (*one.place.order, one.rule, one.resource),
    )
    report.state_machines.sort(key=lambda one: (*one.place.order, one.address))
    report.errors = sorted(dict.fromkeys(report.errors), key=lambda one: one.place.order)
