"""What a role is limited to already, where the target of a call is not known."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import symbols_of
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.resources import Role
from stepguard.deployment.values import Plain
from stepguard.permissions.actions import Action, find_action
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.grants import grants_of_role
from stepguard.permissions.matching import kind_in, kind_of, matches_action, service_in
from stepguard.permissions.names import Names
from stepguard.permissions.needs import Need
from stepguard.permissions.policy.values import EVERYTHING
from stepguard.structs import replace

MAXIMUM_STATEMENTS = 1_000
"""Statements of a role that are looked at; IAM's limits allow fewer."""


class Limits:
    """What one role is allowed now; nothing is known of one that is not part of the project."""

    def __init__(self, role: Role | None, deployment: Deployment) -> None:
        self._names = Names(deployment)
        grants = () if role is None else grants_of_role(role, deployment).statements
        self._statements = [one.statement for one in grants if one.statement.effect == "Allow"]
        self._known: dict[str, tuple[Plain, ...]] = {}

    def limited(self, need: Need) -> Need:
        """Return a need on no more than the role has for it now.

        That is another need only where its target is chosen at run time or could not be derived,
        so that it is on everything of a type, and where the role's policies name what it is
        limited to.
        """
        action = find_action(need.action)
        if action is None or len(self._statements) > MAXIMUM_STATEMENTS:
            return need
        if not need.is_dynamic and EVERYTHING not in need.resources:
            return need
        if not any(covered_types(one, action) for one in need.resources):
            return need
        if need.action not in self._known:
            self._known[need.action] = tuple(dict.fromkeys(self._resources_of(action)))
        given = self._known[need.action]
        if not given or any(one == EVERYTHING or covered_types(one, action) for one in given):
            return need
        return replace(need, resources=given, is_dynamic=True)

    def _resources_of(self, action: Action) -> Iterator[Plain]:
        """Yield what an action is allowed on, of the types that it is about."""
        services = {None, *(one.service for one in action.types)}
        kinds = {kind_of(one.resource) for one in action.types}
        for statement in self._statements:
            if not self._is_about(statement, action):
                continue
            if statement.resources is None or statement.resources.reasons:
                yield EVERYTHING
                continue
            for entry in statement.resources.entries:
                symbols = symbols_of(entry.value) or ()
                kind = kind_in(symbols)
                is_of_kind = kind is None or None in kinds or kind in kinds
                if is_of_kind and service_in(symbols) in services:
                    yield entry.value

    def _is_about(self, statement: Statement, action: Action) -> bool:
        if statement.actions is None:
            return False
        name = symbols_of(action.full_name) or ()
        patterns = (symbols_of(one.value) for one in statement.actions.entries)
        return any(one is not None and matches_action(one, name, self._names) for one in patterns)
