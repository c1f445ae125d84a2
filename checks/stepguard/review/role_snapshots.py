"""Everything about a role that a review compares, as it is on one side of a change."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.memory import remembered_of_deployment
from stepguard.deployment.resources import Resource, Role
from stepguard.deployment.values import plain
from stepguard.permissions.grants import Grant, grants_of_role
from stepguard.permissions.needs import needs_of_machine
from stepguard.permissions.role_needs import role_of_task
from stepguard.review.matched import Present
from stepguard.review.permits import MAXIMUM_PERMITS, Permit, permits_of
from stepguard.review.renaming import Renamed, frozen, shown, within_root
from stepguard.review.trust_changes import Trust, trusts_of
from stepguard.structs import Struct

_POLICIES = ("inline_policy", "policy", "Policies", "PolicyDocument")
"""The attributes of roles and policies that hold documents."""


class RoleSnapshot(Struct, frozen=True):
    """A role on one side.

    `partial` says by the name of a policy of AWS what it allows in part. `boundary` is the
    permissions boundary, `boundary_permits` what it lets through. `unread` is why there may be
    more. `unreadable` is what is written in the place of documents that could not be read
    in full.
    """

    permits: tuple[Permit, ...]
    trusts: tuple[Trust, ...]
    partial: tuple[tuple[str, tuple[str, ...]], ...]
    boundary: str
    boundary_permits: frozenset[Hashable]
    unread: tuple[str, ...]
    unreadable: Hashable

    @property
    def content(self) -> Hashable:
        """What is equal when nothing has changed, in whatever order it is written."""
        return (
            frozenset(one.identity for one in self.permits),
            frozenset(self.trusts),
            frozenset(self.partial),
            *(self.boundary, self.boundary_permits),
            *(frozenset(self.unread), self.unreadable),
        )


def snapshot(role: Present[Role], renamed: Renamed) -> RoleSnapshot:
    """Return what is compared of a role, over all its alternatives."""
    deployment = role.deployment
    permits: dict[Permit, None] = {}
    trusts: dict[Trust, None] = {}
    partial: dict[str, tuple[str, ...]] = {}
    unread: dict[str, None] = {}
    limits: set[Hashable] = set()
    beyond: list[Hashable] = []
    boundaries: set[str] = set()
    for variant in role.variants:
        grants = grants_of_role(variant, deployment)
        found = permits_of(grants.statements, deployment, renamed)
        permits.update(dict.fromkeys(found))
        known, why = trusts_of(variant, renamed)
        trusts.update(dict.fromkeys(known))
        partial.update(_partial(grants.statements))
        limits.update(
            one.identity for one in permits_of(grants.boundary or (), deployment, renamed)
        )
        if variant.boundary is not None and variant.boundary.value is not None:
            boundaries.add(
                "(sensitive)"
                if variant.boundary.sensitive
                else shown(plain(variant.boundary), renamed)
            )
        unread.update(dict.fromkeys((*grants.unread, *_open(grants.statements), *why)))
        unread.update(dict.fromkeys(f"its boundary: {one}" for one in grants.boundary_unread))
        if len(found) == MAXIMUM_PERMITS:
            unread[f"only the first {MAXIMUM_PERMITS} permissions are compared"] = None
            beyond.append(_all_of(grants.statements, renamed))
    return RoleSnapshot(
        permits=tuple(permits),
        trusts=tuple(trusts),
        partial=tuple(sorted(partial.items())),
        boundary=" or ".join(sorted(boundaries)),
        boundary_permits=frozenset(limits),
        unread=tuple(dict.fromkeys(within_root(one, deployment.root) for one in unread)),
        unreadable=(_unreadable(role, renamed), *beyond),
    )


def is_compared(role: Present[Role]) -> bool:
    """Tell whether a role has to do with Step Functions: what machines or their tasks assume."""
    tasks = _task_roles(role.deployment)
    return any(
        id(one) in tasks or is_step_functions_role(one, role.deployment) for one in role.variants
    )


@remembered_of_deployment
def _task_roles(deployment: Deployment) -> frozenset[int]:
    """Return the ids of the roles that tasks take by their `Credentials`."""
    seen: set[str] = set()
    found: set[int] = set()
    for machine in deployment.state_machines:
        for value, _ in needs_of_machine(machine, deployment).task_roles:
            written = repr(value)
            if written not in seen:
                seen.add(written)
                role = role_of_task(value, deployment)
                found |= set() if role is None else {id(role)}
    return frozenset(found)


def _partial(grants: tuple[Grant, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the policies of AWS of which it is not known what exactly they allow."""
    for one in grants:
        actions = one.statement.actions
        if one.document is None and one.statement.conditions.unread and actions is not None:
            yield one.policy, tuple(sorted(str(entry.value) for entry in actions.entries))


def _open(grants: tuple[Grant, ...]) -> Iterator[str]:
    """Yield what is not known of the actions and resources of statements."""
    for grant in grants:
        if grant.document is None:
            continue
        statement = grant.statement
        for name, element in (
            ("actions", statement.actions),
            ("actions", statement.not_actions),
            ("resources", statement.resources),
            ("resources", statement.not_resources),
        ):
            for reason in () if element is None else element.unread:
                yield f"policy '{grant.policy}': not all {name} of a statement are known: {reason}"


def _all_of(grants: tuple[Grant, ...], renamed: Renamed) -> Hashable:
    """Return whole documents, where not all that is in them is compared."""
    documents = {id(one.document): one.document for one in grants if one.document is not None}
    return frozenset(frozen(one.value, renamed, in_order=False) for one in documents.values())


def _unreadable(role: Present[Role], renamed: Renamed) -> Hashable:
    """Return what is written where a document could not be read, so that it can be compared."""
    deployment = role.deployment
    owners: dict[str, Resource] = {}
    for variant in role.variants:
        for policy in deployment.policies_of(variant).documents:
            if not isinstance(policy.document, Document):
                for one in deployment.find(policy.address):
                    owners.setdefault(one.address, one)
    written = [
        (name, frozen(plain(value), renamed, in_order=False))
        for one in owners.values()
        for name in _POLICIES
        if (value := one.attributes.get(name)) is not None
    ]
    return tuple(sorted(written, key=repr))
