"""SFN102: a resource pattern that is wider than the actions in a Step Functions role need."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Path
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.elements import Entry
from stepguard.deployment.iam.patterns import has_wildcard, literal, symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.actions import (
    Action,
    ResourceType,
    find_action,
    matching_actions,
    number_of_actions,
)
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.documented import (
    is_documented_wildcard,
    is_ever_wide,
    may_stand_on_everything,
)
from stepguard.permissions.targets import Decided
from stepguard.permissions.uses import Use, Uses, uses_of_role
from stepguard.rules.escalation import PASS_ROLE, TAKING_OVER, is_unconditional
from stepguard.rules.grants import Grant, grants_of, listed, name_of_role, shown, told_apart
from stepguard.rules.narrowing import (
    ACTIONS_IN_SUGGESTION,
    MAXIMUM_TYPES,
    is_taken_by_none,
    kind_of,
    main_type,
    what_to_write,
)
from stepguard.rules.role_users import who_else_may_assume
from stepguard.rules.rule import Context, RoleRule, Verdict
from stepguard.structs import Struct, field

_TAG_KEYS = (":resourcetag/", ":buckettag/", ":existingobjecttag/")
_NAMING_KEYS = frozenset(
    {
        "ecs:cluster",
        "events:managedby",
        "kms:requestalias",
        "kms:resourcealiases",
        "lambda:functionarn",
        "s3:dataaccesspointarn",
        "secretsmanager:secretid",
    }
)
_NAMING_PREFIX = "kms:encryptioncontext:"
MAXIMUM_COMPARISONS = 100_000
"""Comparisons of actions and resources that are made for one role; real ones take hundreds."""


class WildcardResource(RoleRule):
    """A policy of a Step Functions role that allows an action on every resource of a type.

    ## What it does
    Reports `*`, and patterns that cover every resource of a type (`table/*`), where an action of
    the statement could be allowed on named resources. A pattern below one name (`bucket/*`,
    `function:name:*`) is fine, and so is a wildcard in place of a region or an account. An action
    that IAM allows on no resource in particular may stand on `*`. So may, for a workflow that
    uses them, actions that AWS's documentation puts there, and those of a task whose target is
    chosen while the workflow runs. A condition on the resource's tags or name counts as a name.
    A wildcard of actions that the workflow takes none of is left to SFN101.
    `NotAction` and `NotResource` are not judged, `iam:PassRole` is by SFN106, and actions of IAM
    that hand out permissions are by SFN107.

    ## Why is this bad
    The definition of a workflow says which function, table or queue it uses. A role that may use
    every other one as well turns a mistake in the definition, or a value that an outsider can
    put into the input, into access to data that has nothing to do with the workflow.
    """

    id = "SFN102"
    name = "wildcard-resource"
    severity = Severity.MEDIUM
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    )

    def judge(self, subject: Role, context: Context) -> Verdict:
        """Judge the resources of every statement that allows something."""
        grants = grants_of(subject, context)
        if not grants.is_judged:
            return None
        found: list[Violation | NotEvaluated] = []
        role = _Judge(subject, context)
        for grant in grants.known:
            found.extend(role.judge(grant))
        return [*told_apart(found), *grants.unread]


class _Wide(Struct):
    """What is too wide in a statement: resources and actions, as written and as they are."""

    resources: dict[str, Entry] = field(default_factory=dict)
    actions: dict[str, tuple[Action, ...]] = field(default_factory=dict)
    open: dict[str, dict[Path, Entry]] = field(default_factory=dict)

    def leave_open(self, reason: str, entry: Entry) -> None:
        """Note why it cannot be told whether a resource or an action is too wide."""
        self.open.setdefault(reason, {})[entry.path] = entry


class _Judge:
    """Judges the statements of one role. What the role is used for is read when it is needed."""

    def __init__(self, role: Role, context: Context) -> None:
        self._role = role
        self._context = context
        self._uses: Uses | None = None
        self._called_for: dict[tuple[str, tuple[str, ...]], bool | str] = {}
        self._expanded: dict[str, tuple[Action, ...]] = {}
        self._comparisons = 0

    @property
    def uses(self) -> Uses:
        """What the state machines of the project use the role for."""
        if self._uses is None:
            self._uses = uses_of_role(self._role, self._context.deployment)
        return self._uses

    def judge(self, grant: Grant) -> Iterator[Violation | NotEvaluated]:
        """Yield what is wrong with a statement, and what could not be told."""
        statement = grant.statement
        if statement.actions is None or statement.resources is None:
            return
        wide = _Wide()
        for resource in statement.resources.entries:
            if resource.why_unread:
                wide.leave_open(resource.why_unread, resource)
            elif _has_wildcard(resource):
                for action in statement.actions.entries:
                    self._judge_pair(action, resource, statement, wide)
            if self._comparisons > MAXIMUM_COMPARISONS:
                wide.leave_open("the role has more wildcards than are compared", resource)
                break
        for reason in statement.resources.unread:
            yield grant.not_evaluated(f"its resources: {reason}", statement.resources.path)
        for reason, entries in wide.open.items():
            names = listed([shown(one.value) for one in entries.values()])
            yield grant.not_evaluated(f"{names}: {reason}", next(iter(entries)))
        if wide.resources:
            yield self._violation(grant, wide)

    def _judge_pair(
        self, action: Entry, resource: Entry, statement: Statement, wide: _Wide
    ) -> None:
        self._comparisons += 1
        if self._comparisons > MAXIMUM_COMPARISONS:
            return
        if not isinstance(action.value, str):
            wide.leave_open(why_unknown(action.value), action)
            return
        verdict, meant = self._breadth(action.value, resource, statement)
        if verdict is True:
            wide.resources.setdefault(shown(resource.value), resource)
            wide.actions.setdefault(action.value, meant)
        elif isinstance(verdict, str):
            wide.leave_open(verdict, action)

    def _breadth(
        self, pattern: str, resource: Entry, statement: Statement
    ) -> tuple[bool | str, tuple[Action, ...]]:
        """Tell whether an action is allowed on too much: yes, no, or why that is not known.

        Also returns the actions that it is about.
        """
        if not has_wildcard(pattern):
            action = find_action(pattern)
            if action is None:
                arn = split_arn(resource.value)
                is_open = arn is not None and "*" in arn.resource[:1]
                return "the action is not known" if is_open else False, ()
            return self._of_action(action, resource, statement), (action,)
        if ":" not in pattern or has_wildcard(pattern.partition(":")[0]):
            return resource.value == "*", ()
        return self._of_wildcard(pattern, resource, statement)

    def _of_wildcard(
        self, pattern: str, resource: Entry, statement: Statement
    ) -> tuple[bool | str, tuple[Action, ...]]:
        """Judge a wildcard by the actions in it that the workflow takes, or else by all."""
        if pattern not in self._expanded:
            self._comparisons += number_of_actions(pattern)
            self._expanded[pattern] = matching_actions(pattern)
        matched = self._expanded[pattern]
        self._comparisons += len(matched)
        used = [one for one in matched if self.uses.of(one)]
        if matched and not used and self._is_left_out(pattern, matched[0]):
            return False, ()
        verdicts = {one: self._of_action(one, resource, statement) for one in used or matched}
        wide = tuple(one for one in used if verdicts[one] is True)
        if any(one is True for one in verdicts.values()):
            return True, wide
        return next((one for one in verdicts.values() if isinstance(one, str)), False), wide

    def _is_left_out(self, pattern: str, one: Action) -> bool:
        """Tell whether SFN101 says that a wildcard should not be there at all."""
        known = self.uses.machines and self.uses.why_open(one) is None
        return bool(known) and not is_documented_wildcard(pattern)

    def _of_action(self, action: Action, resource: Entry, statement: Statement) -> bool | str:
        if _is_left_to_others(action, statement):
            return False
        wide = covered_types(resource.value, action)
        if not wide or may_stand_on_everything(action):
            return False
        key = (action.full_name, tuple(one.name for one in wide))
        if key not in self._called_for:
            self._called_for[key] = self._is_called_for(action, wide)
        verdict = self._called_for[key]
        if verdict is True:
            return False
        bound = _is_bound(statement, action)
        if bound is False:
            return True if verdict is False else verdict
        return False if bound is True else bound

    def _is_called_for(self, action: Action, wide: tuple[ResourceType, ...]) -> bool | str:
        """Tell whether the workflow needs an action on whole types; why not known, if so."""
        uses = self.uses.of(action)
        if any(one.target.decided is Decided.AT_RUN_TIME for one in uses):
            return True
        unknown = [one for one in uses if one.target.decided is Decided.UNKNOWN]
        known = [one for one in uses if one.target.decided is not Decided.UNKNOWN]
        if _are_documented(wide, known):
            return True
        if unknown:
            return f"what '{unknown[0].by}' uses it on is not known"
        if not self.uses.machines:
            if self.uses.unread:
                return self.uses.unread[0]
            return is_ever_wide(action) and "no state machine of the project uses the role"
        if uses and all(one.target.decided is Decided.NOT_NAMED for one in uses):
            if not any(one.required for one in action.types):
                return True
            return f"what state '{uses[0].by}' uses it on is not known"
        return self.uses.why_open(action) or False

    def _besides(self, statement: Statement, wide: _Wide) -> list[str]:
        """Return the actions of a statement that may well be allowed on what it names."""
        entries = () if statement.actions is None else statement.actions.entries
        besides = [
            shown(one.value)
            for one in entries
            if not (isinstance(one.value, str) and one.value in wide.actions)
            and not self._is_unused(one)
        ]
        besides += [
            one.full_name
            for pattern, meant in wide.actions.items()
            for one in self._expanded.get(pattern, ())
            if one not in meant and self.uses.of(one)
        ]
        return list(dict.fromkeys(besides))

    def _is_unused(self, entry: Entry) -> bool:
        """Tell whether SFN103 says of an action that it should not be there at all."""
        action = find_action(entry.value) if isinstance(entry.value, str) else None
        return (
            action is not None
            and is_taken_by_none(action, self._role, self._context.deployment)
            and not who_else_may_assume(self._role)
        )

    def _violation(self, grant: Grant, wide: _Wide) -> Violation:
        first, *others = wide.resources.values()
        patterns = [f'"{one}"' for one in wide.resources]
        known = [one for actions in wide.actions.values() for one in actions]
        suggestion = (
            what_to_write(known, grant, self._context.deployment)
            if known
            else "Name the resources that the workflow uses, action by action"
        )
        besides = self._besides(grant.statement, wide)
        if besides:
            is_short = len(besides) <= ACTIONS_IN_SUGGESTION
            names = listed(besides) if is_short else f"the other {len(besides)} actions"
            suggestion += f"; {names} as now, in another statement"
        return Violation(
            message=f"{grant.label} allows role '{name_of_role(grant.role)}' "
            f"{listed(list(wide.actions))} on {listed(patterns)}: on {_extent(known)} there is",
            resource=grant.policy.address,
            span=grant.place(first.path),
            path=first.path,
            related=tuple(
                RelatedPlace(f'"{shown(one.value)}" too', grant.place(one.path)) for one in others
            ),
            suggestion=suggestion,
            subject=" ".join((grant.statement.sid, *sorted(wide.actions), *sorted(wide.resources))),
        )


def _is_left_to_others(action: Action, statement: Statement) -> bool:
    """Tell whether SFN106 or SFN107 reports an action on everything."""
    name = action.full_name
    return name == PASS_ROLE or (name in TAKING_OVER and is_unconditional(statement))


def _are_documented(wide: tuple[ResourceType, ...], uses: list[Use]) -> bool:
    documented = {one.name for use in uses for one in use.wide_types}
    return all(one.name in documented for one in wide)


def _has_wildcard(resource: Entry) -> bool:
    return "*" in (symbols_of(resource.value) or ())


def _extent(actions: list[Action]) -> str:
    """Return which resources a pattern covers, for a message."""
    kinds = [
        kind_of(main_type(one)) if len(one.types) <= MAXIMUM_TYPES else "resource"
        for one in actions
    ]
    return f"every {listed(kinds or ['resource'])}"


def _is_bound(statement: Statement, action: Action) -> bool | str:
    """Tell whether a condition names the resources; why not known, if so."""
    open_reason = ""
    for one in statement.conditions.known:
        if not _names_resource(one, action) or one.if_exists or one.quantifier == "forallvalues":
            continue
        if not one.is_certain or one.values.reasons:
            open_reason = open_reason or f"its condition on {one.key} is not known"
        elif all(literal(symbols_of(value.value) or ()) != "*" for value in one.values.entries):
            return True
    for reason in statement.conditions.unread:
        open_reason = open_reason or reason
    return open_reason or False


def _names_resource(condition: Condition, action: Action) -> bool:
    key = condition.key
    if not condition.is_positive:
        return False
    if key.startswith(("aws:", f"{action.service}:")) and any(one in key for one in _TAG_KEYS):
        return True
    return key.startswith(f"{action.service}:") and (
        key in _NAMING_KEYS or key.startswith(_NAMING_PREFIX)
    )
