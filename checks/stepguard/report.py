"""What a scan has found: findings, what was not evaluated, errors, and the counts of all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from stepguard.change import Change
from stepguard.deployment.source import SourceFile
from stepguard.finding import Finding, Severity
from stepguard.place import Place
from stepguard.structs import Struct, field
from stepguard.workflow_graph import WorkflowGraph

DefinitionState: TypeAlias = Literal["resolved", "partial", "unresolved"]
Outcome: TypeAlias = Literal["pass", "violation", "not_evaluated"]

DEFINITION_STATES: tuple[DefinitionState, ...] = ("resolved", "partial", "unresolved")
"""How far a definition can be known, the best first."""

OUTCOMES: tuple[Outcome, ...] = ("pass", "violation", "not_evaluated")
"""What a rule can say about a resource that it applies to."""


class RuleDescription(Struct, frozen=True, kw_only=True):
    """A rule's identity and documentation, for reports that carry it.

    `sections` are the parts of its documentation by heading, as Markdown.
    """

    id: str
    name: str
    severity: Severity
    tier: Literal["default", "pedantic"]
    summary: str
    sections: Mapping[str, str]
    references: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Where the web says more: the first reference, since the page has no address there."""
        return self.references[0] if self.references else ""

    @property
    def page(self) -> str:
        """The path of the rule's page in the project; `stepguard explain` prints it."""
        return f"docs/rules/{self.id}.md"


class NeedReading(Struct, frozen=True, kw_only=True):
    """A permission that a state machine needs, rendered: unknown parts are `${…}`.

    `need` is how much it is needed, `feature` what of the machine needs it where no state does,
    `role` the role that it is needed of, `granted` whether that role has it.
    """

    action: str
    resources: tuple[str, ...]
    states: tuple[str, ...]
    feature: str
    need: Literal["required", "conditional", "optional", "downstream"]
    role: str
    granted: Literal["yes", "no", "unknown"]


class GrantReading(Struct, frozen=True, kw_only=True):
    """A statement's part about one action, rendered.

    `action` and `resources` are the patterns, less what stands in `other_than_actions` and
    `other_than_resources`. `source` is the address of the resource that has the policy, `policy`
    the policy's name.
    """

    effect: Literal["Allow", "Deny", "unknown"]
    action: str
    resources: tuple[str, ...]
    other_than_actions: tuple[str, ...]
    other_than_resources: tuple[str, ...]
    is_conditional: bool
    source: str
    policy: str


class PermissionReading(Struct, frozen=True, kw_only=True):
    """What a state machine needs and what its roles grant. `not_checked`: what is missing."""

    needs: tuple[NeedReading, ...] = ()
    grants: tuple[GrantReading, ...] = ()
    not_checked: tuple[str, ...] = ()


class MachineReading(Struct, frozen=True, kw_only=True):
    """A state machine, and how much of it and of its role was read.

    `kind` is `STANDARD`, `EXPRESS` or `unknown`. `reason` says why the definition is not
    resolved. `role` is the role's address, or what the machine names when that is not part of
    the project; `role_reason` says why the role is not read in full. `has_secrets` says that there
    are secrets in the definition. `permissions` compares needs and grants, `graph` is what can be
    drawn: both take their time, and only when they are called.
    """

    address: str
    label: str
    root: str
    place: Place
    kind: str
    definition: DefinitionState
    reason: str
    query_language: str | None
    states: int
    tasks: int
    role: str
    role_read: Literal["full", "partial", "none"]
    role_reason: str
    has_secrets: bool = False
    permissions: Callable[[], PermissionReading] = PermissionReading
    graph: Callable[[], WorkflowGraph] = WorkflowGraph


class Unevaluated(Struct, frozen=True, kw_only=True):
    """A rule that could not be decided for a resource, and why."""

    rule: str
    resource: str
    place: Place
    reason: str


class ScanError(Struct, frozen=True, kw_only=True):
    """An input that could not be read, or a defect of this program: one line, and the place."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Notice(Struct, frozen=True, kw_only=True):
    """Something that the user should know and that fails nothing: one line, and the place."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Report(Struct, kw_only=True):
    """The outcome of a scan.

    `rules` are the rules that ran. `read` are the files that were read, by the path that
    findings print. `passed_over` counts, by reason, the files and directories that were looked
    at and not scanned. `evaluated` counts outcomes by rule. `outcomes` are what those counts are
    made of, by root, rule and the address of the resource judged; `resources` is the place of every
    resource that was read, by root and address; `made_for` is the address of the state machine
    or function of each role that no text declares, because the tool makes it for that. `change`
    is there where two sides were compared: then every finding has a status.
    """

    rules: list[RuleDescription] = field(default_factory=list)
    read: dict[str, SourceFile] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    state_machines: list[MachineReading] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_evaluated: list[Unevaluated] = field(default_factory=list)
    evaluated: dict[str, Counter[Outcome]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], Outcome] = field(default_factory=dict)
    resources: dict[tuple[str, str], Place] = field(default_factory=dict)
    made_for: dict[tuple[str, str], str] = field(default_factory=dict)
    suppressed: list[Finding] = field(default_factory=list)
    errors: list[ScanError] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    change: Change | None = None

    @property
    def violations(self) -> dict[Severity, int]:
        """The number of findings of every severity, the worst first."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in sorted(Severity, reverse=True)}

    @property
    def definitions(self) -> dict[DefinitionState, int]:
        """The number of state machines by how far their definition is known."""
        counted = Counter(machine.definition for machine in self.state_machines)
        return {state: counted[state] for state in DEFINITION_STATES}

    def exit_code(
        self, fail_on: Severity | None, *, strict: bool = False, unchanged: bool = True
    ) -> int:
        """Return 0, 1 or 2 as the design defines them.

        `fail_on` is the least severity that fails; `None` lets no finding fail. With `strict`,
        what could not be evaluated fails too. Without `unchanged`, only introduced findings fail.
        """
        if self.errors:
            return 2
        failing = [one for one in self.findings if unchanged or one.status != "unchanged"]
        if fail_on is not None and any(one.severity >= fail_on for one in failing):
            return 1
        return 1 if strict and self.not_evaluated else 0


def place_of(finding: Finding) -> Place:
    """Return where a finding points."""
    return Place.of(finding.violation.span, finding.root)
