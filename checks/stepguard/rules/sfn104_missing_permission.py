"""SFN104: a permission that the workflow needs and its role does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Form, Logging, Role, StateMachine
from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Traced, plain, render
from stepguard.deployment.workflow import State, Workflow, read_workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.decisions import Decider, Decision
from stepguard.permissions.grants import RoleGrants, grants_of_role
from stepguard.permissions.needs import MachineNeeds, Need, needs_of_machine
from stepguard.permissions.notation import write_policy, write_statement
from stepguard.permissions.policy_language import notation_of
from stepguard.permissions.references import by_reference
from stepguard.permissions.role_needs import role_of_task
from stepguard.rules.circles import place_outside_circle
from stepguard.rules.grants import listed, name_of_role, shown, told_apart
from stepguard.rules.machines import names_of, place_of, shared_places
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.structs import Struct, field


class MissingPermission(MachineRule):
    """A permission that the workflow needs and that no policy of its role grants.

    ## What it does
    Derives from the definition which actions the execution role needs, on which resources: for
    every integration and how it waits, for AWS SDK integrations, distributed maps, `Credentials`
    (then for the role that the task takes), logging, tracing and a customer's key. Reports those
    that no policy of the role allows, or that one forbids. Policies that AWS manages count by what
    AWS documents of them, and so do resource policies of the project that name the role. Where
    something else than the call itself fails, it is a lesser finding (medium), and where AWS only
    lists the permission, low.

    Nothing is reported where a policy could not be read, where a condition or an unknown name may
    decide, or where AWS documents nothing. An action on a target that is chosen at run time counts
    as allowed when it is on anything that this can be. Policies of an organisation are not seen.

    ## Why is this bad
    The deployment succeeds, and the execution fails at the state with access denied, perhaps at
    one that is seldom reached. Where only the permission to look at a job is missing, the
    execution waits for its end for as long as its timeout allows; where the one to stop it is
    missing, the job goes on, and costs, after the execution was stopped.
    """

    id = "SFN104"
    name = "missing-permission"
    severity = Severity.HIGH
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge what the machine needs against what its roles have."""
        if subject.form is Form.ASL:
            return None
        deployment = context.deployment
        needs = needs_of_machine(subject, deployment)
        roles = deployment.roles_of(subject)
        reasons = list(_not_checked(needs))
        found: list[Violation | NotEvaluated] = []
        of_roles = [(role, needs.needs) for role in roles]
        of_roles += [one for one in _of_tasks(needs, context) if one[0] not in roles]
        for role, own in of_roles:
            judged = _Judge(subject, role, context)
            found.extend(judged.judge(own))
            reasons.extend(judged.unknown)
        if needs.needs and not roles:
            reasons.append(_why_no_role(subject))
        if not found and not reasons and not needs.needs and not needs.task_roles:
            return None
        if reasons:
            found.append(_not_evaluated(subject, reasons))
        return told_apart(found)


class _Gap(Struct):
    """Needs of the same states on the same resources, that are not granted for one reason."""

    reason: str
    needs: list[Need] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        return list(dict.fromkeys(need.action for need in self.needs))

    @property
    def resources(self) -> tuple[Plain, ...]:
        return self.needs[0].resources

    @property
    def effect(self) -> str:
        return ", and ".join(dict.fromkeys(need.effect for need in self.needs))


class _Where(Struct, frozen=True):
    """Where a missing permission is to be written.

    `address` is the resource whose text has to change, `name` how a message names it.
    """

    address: str
    name: str
    document: Document | None


class _Judge:
    """Judges the needs of one machine for one role. `unknown` says what could not be told."""

    def __init__(self, machine: StateMachine, role: Role, context: Context) -> None:
        self._machine = machine
        self._role = role
        self._deployment = context.deployment
        self._grants: RoleGrants = grants_of_role(role, context.deployment)
        self._decider = Decider(self._grants, context.deployment, lenient=True)
        self.unknown: list[str] = []
        self._workflow: Workflow | None = None
        if isinstance(machine.definition, Document):
            self._workflow = read_workflow(machine.definition, context.deployment)
        self._by_name: dict[str, State] = {}
        for state in () if self._workflow is None else self._workflow.states:
            self._by_name.setdefault(state.name, state)
        self._where = self._where_to_write()

    def judge(self, needs: Iterable[Need]) -> Iterator[Violation]:
        """Yield what is missing."""
        gaps: dict[tuple[object, ...], _Gap] = {}
        for need in needs:
            if need.kind != "required":
                continue
            decision = self._decider.decide(need)
            if decision.is_granted is None:
                self._note(need, decision)
            elif decision.is_granted is False:
                reason = decision.reason if decision.is_forbidden else ""
                key = (need.states, need.feature, need.resources, reason)
                gaps.setdefault(key, _Gap(reason)).needs.append(need)
        yield from map(self._violation, gaps.values())

    def _violation(self, gap: _Gap) -> Violation:
        need = gap.needs[0]
        states = self._states(need)
        names = names_of(states) if states else ""
        who = f"State{'s' * (len(states) > 1)} {names}" if states else f"The machine's {need.by}"
        verb = "need" if len(states) > 1 else "needs"
        no_policy = f"no policy of role '{name_of_role(self._role)}' allows it"
        resources = listed([_shown(one) for one in gap.resources])
        where = self._where
        return Violation(
            message=f"{who} {verb} {listed(gap.actions)} on {resources}, but "
            f"{gap.reason or no_policy}: {gap.effect}",
            resource=where.address,
            span=self._place(need, states),
            path=states[0].path if states else (),
            state=states[0].name if len(states) == 1 else None,
            related=(
                RelatedPlace(f"{where.name} does not allow it", self._role.span),
                *self._others(states, need),
            ),
            suggestion=self._suggestion(gap),
            subject=" ".join((self._machine.address, *sorted(gap.actions))),
            severity=_severity(gap.needs),
        )

    def _suggestion(self, gap: _Gap) -> str:
        if gap.reason:
            return f"Leave {listed(gap.actions)} out of what is forbidden, or do without the call"
        where = self._where
        notation = notation_of(where.document, where.address, self._role, self._deployment)
        resources = tuple(
            by_reference(one, where.address, self._deployment) for one in gap.resources
        )
        statement = write_statement(gap.actions, resources, notation)
        statement += notation.remark(statement)
        outside = place_outside_circle(resources, where.address, self._deployment)
        if outside:
            return f"Add {outside}: {statement}"
        better = (
            ', or better on the ARNs that it can be than on "*"'
            if gap.needs[0].is_dynamic and "*" in gap.resources
            else ""
        )
        if self._role.generated:
            machine = self._machine.label or self._machine.address
            return f"Add to Policies of '{machine}': {write_policy(statement, notation)}{better}"
        return f"Add to {where.name}: {statement}{better}"

    def _where_to_write(self) -> _Where:
        for grant in self._grants.statements:
            if grant.document is not None and grant.statement.allows:
                return _Where(grant.address, f"policy '{grant.policy}'", grant.document)
        return _Where(self._role.address, f"role '{name_of_role(self._role)}'", None)

    def _states(self, need: Need) -> list[State]:
        return [self._by_name[name] for name in need.states if name in self._by_name]

    def _place(self, need: Need, states: list[State]) -> Span | None:
        if states and self._workflow is not None:
            return place_of(self._workflow, states[0])
        return _place_of_feature(self._machine, need.feature) or self._machine.span

    def _others(self, states: list[State], need: Need) -> Iterator[RelatedPlace]:
        if self._workflow is not None:
            yield from shared_places(self._workflow, states, f"needs {need.action}")

    def _note(self, need: Need, decision: Decision) -> None:
        self.unknown.append(
            f"whether role '{name_of_role(self._role)}' has {need.action} for {need.by} is not "
            f"known: {decision.reason}"
        )


def _severity(needs: Iterable[Need]) -> Severity | None:
    """Return how grave it is that needs are not met, where that is not as the rule says."""
    if any(need.is_vital for need in needs):
        return None
    return Severity.LOW if all(need.is_only_listed for need in needs) else Severity.MEDIUM


def _shown(resource: Plain) -> str:
    text = shown(resource)
    return f'"{text}"' if text == "*" else text


def _place_of_feature(machine: StateMachine, feature: str) -> Span | None:
    setting: object = {"logging": machine.logging, "tracing": machine.tracing}.get(
        feature, machine.encryption
    )
    if isinstance(setting, Logging) and setting.level is not None:
        return setting.level.span or setting.span
    if isinstance(setting, Traced):
        return setting.span
    return getattr(setting, "span", None)


def _of_tasks(needs: MachineNeeds, context: Context) -> Iterator[tuple[Role, list[Need]]]:
    """Yield the roles of the project that tasks take, with what they need of them."""
    found: dict[str, tuple[Role, list[Need]]] = {}
    for value, need in needs.task_roles:
        role = role_of_task(value, context.deployment)
        if role is not None:
            found.setdefault(role.address, (role, []))[1].append(need)
    yield from found.values()


def _not_checked(needs: MachineNeeds) -> Iterator[str]:
    for one in needs.not_checked:
        yield f"state '{one.state}': {one.reason}" if one.state else one.reason


def _why_no_role(machine: StateMachine) -> str:
    if machine.role is None:
        return "the source does not say which role the machine has"
    given = "(sensitive)" if machine.role.sensitive else str(render(plain(machine.role)))
    return f"the role {given} is not part of the project"


def _not_evaluated(machine: StateMachine, reasons: Sequence[str]) -> NotEvaluated:
    """Say the first of several reasons, and how many there are besides."""
    more = len(set(reasons)) - 1
    reason = f"{reasons[0]} (and {more} more)" if more else reasons[0]
    return NotEvaluated(reason=reason, resource=machine.address, span=machine.span)
