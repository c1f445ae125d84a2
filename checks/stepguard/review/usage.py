"""Which states need a permission that a role has gained, and whether any does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepguard.change import Used
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols, has_wildcard, literal, symbols_of
from stepguard.deployment.iam.trust import is_step_functions, lets_anyone_in, trust_of
from stepguard.deployment.resources import Role, StateMachine
from stepguard.permissions.actions import find_action, matching_actions
from stepguard.permissions.companions import Companions
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import EVERYTHING, matches_action, matches_resource
from stepguard.permissions.names import Names
from stepguard.permissions.needs import Need
from stepguard.permissions.role_needs import needs_of_role
from stepguard.review.coverage import Coverage, Remainder
from stepguard.review.permits import Pattern, Permit


class Usage:
    """What the state machines of a role need, held against what the role has gained.

    `before` is what it was allowed already.
    """

    def __init__(self, role: Role, deployment: Deployment, before: Coverage) -> None:
        self._needs = needs_of_role(role, deployment)
        self._names = Names(deployment)
        self._deployment = deployment
        self._before = before
        self._met: dict[int, bool] = {}
        self._companions = Companions(self._needs.actions)
        # What else has the role may use what its state machines do not.
        others = deployment.unread_modules or deployment.gap
        self._has_others = bool(others) or _lets_others_in(role)

    def of(self, gained: Sequence[Remainder]) -> tuple[tuple[str, ...], Used]:
        """Return the states that need any of some permissions of one action, and what that means.

        A state is given as `machine: state`. The answer is `no` only where every state machine
        with the role was read as far as the action goes, and nothing else may have the role.
        """
        needing: dict[str, None] = {}
        on_others = False
        for machine, need in self._needs.needs:
            for one in gained:
                answer = self._is_needed(one, need)
                if answer and (need.kind == "extra" or self._was_met(need)):
                    # AWS's documentation grants it where the state does not call for it, or the
                    # role had what the state calls for before.
                    on_others = True
                elif answer:
                    needing.update(dict.fromkeys(_users(machine, need)))
                on_others = on_others or answer is False
        if needing:
            return tuple(needing), "yes"
        return (), "unknown" if on_others or self._may_be_used(gained) else "no"

    def _is_needed(self, gained: Remainder, need: Need) -> bool | None:
        """Tell whether a need is about a permit; `False`: about its action, elsewhere."""
        if not self._is_about(gained, need.action):
            return None
        resource = gained.permit.resource
        if EVERYTHING in (resource.symbols, resource.left_out) or need.is_dynamic:
            return True
        wanted = [one for value in need.resources for one in expand(value, self._deployment)]
        return not wanted or any(self._touches(gained.permit, one) for one in wanted)

    def _was_met(self, need: Need) -> bool:
        """Tell whether the role was certainly allowed before what a state needs."""
        known = self._met.get(id(need))
        if known is None:
            action = symbols_of(need.action.lower()) or ()
            wanted = [one for value in need.resources for one in expand(value, self._deployment)]
            known = bool(wanted) and all(
                self._before.remainder(
                    Permit(
                        effect="Allow",
                        action=Pattern(action, need.action),
                        resource=Pattern(one, ""),
                        requirements=frozenset(),
                        depends=frozenset(),
                        source="",
                    )
                )
                is None
                for one in wanted
            )
            self._met[id(need)] = known
        return known

    def _is_about(self, gained: Remainder, action: str) -> bool:
        if gained.actions and not has_wildcard(action):
            return any(one.full_name.lower() == action.lower() for one in gained.actions)
        needed = symbols_of(action.lower()) or ()
        pattern = gained.permit.action
        if any(matches_action(one, needed, self._names) is True for one in pattern.left_out):
            return False
        return (
            matches_action(pattern.symbols, needed, self._names) is not False
            or matches_action(needed, pattern.symbols, self._names) is not False
        )

    def _touches(self, permit: Permit, wanted: Symbols) -> bool:
        if permit.resource.left_out or wanted == EVERYTHING:
            return True
        return any(
            matches_resource(one, other, self._names, same_place=True) is not False
            for one, other in (
                (permit.resource.symbols, wanted),
                (wanted, permit.resource.symbols),
            )
        )

    def _may_be_used(self, gained: Sequence[Remainder]) -> bool:
        if self._has_others or not self._needs.machines:
            return True
        return any(self._may_use(one) for one in gained)

    def _may_use(self, gained: Remainder) -> bool:
        action = literal(gained.permit.action.symbols)
        if action is None or gained.permit.effect != "Allow":
            return True
        service = action.partition(":")[0]
        if gained.permit.action.left_out or has_wildcard(service):
            return bool(self._needs.unread or self._needs.not_checked)
        is_known = matching_actions(action) if has_wildcard(action) else find_action(action)
        return (
            not is_known
            or self._needs.why_open(service) is not None
            or self._companions.may_include(action)
        )


def _users(machine: StateMachine, need: Need) -> Iterator[str]:
    for one in need.states or (need.feature,):
        yield f"{machine.address}: {one}" if one else machine.address


def _lets_others_in(role: Role) -> bool:
    """Tell whether anything but Step Functions may assume a role, or that is not known."""
    if role.generated:
        return False
    trust = trust_of(role)
    if trust is None or trust.unread:
        return True
    for statement in trust.known:
        if not lets_anyone_in(statement):
            continue
        principals = statement.principals
        if principals is None or principals.unread:
            return True
        if not all(is_step_functions(one) for one in principals.known):
            return True
    return False
