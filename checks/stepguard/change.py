"""What a change does, beside its findings: to what roles may do, and to workflows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.structs import Struct, field

Fate: TypeAlias = Literal["added", "removed", "changed"]
"""What became of a role, a state machine or a state."""

Used: TypeAlias = Literal["yes", "no", "unknown"]


class PermissionChange(Struct, frozen=True, kw_only=True):
    """An action on some resources that a role has gained or lost.

    `action` and `resources` are the patterns as they are written, unknown parts as `${…}`; of an
    action that the role keeps in part, `other than` says what it keeps. `effect` is the
    statement's: a Deny that is new is a loss, and one that is gone a gain. `access_levels` counts
    the actions that the pattern covers by IAM's access level (`Read`, `List`, `Write`, `Tagging`,
    `Permissions management`); it is empty where the service is not known. `states` are the
    states, as `machine: state`, that need what is new; `used` tells whether the workflows with
    this role need any of it, and is `unknown` where that cannot be told. `condition` says on what
    it depends, and on what it did before. `policy` is the name of the policy of AWS that it comes
    from.
    """

    effect: Literal["Allow", "Deny", "unknown"]
    action: str
    resources: tuple[str, ...]
    access_levels: tuple[tuple[str, int], ...] = ()
    is_conditional: bool = False
    states: tuple[str, ...] = ()
    used: Used = "unknown"
    source: str = ""
    condition: str = ""
    policy: str = ""


class RoleChange(Struct, frozen=True, kw_only=True):
    """What a role may do now and could not before, and the other way round.

    `trust_gained` and `trust_lost` are who may assume it, one line each: the principal, and the
    condition keys where there are any. `unread` says why more may have changed than is listed.
    """

    address: str
    root: str
    fate: Fate
    place: Place
    gained: tuple[PermissionChange, ...] = ()
    lost: tuple[PermissionChange, ...] = ()
    trust_gained: tuple[str, ...] = ()
    trust_lost: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class StateChange(Struct, frozen=True, kw_only=True):
    """A state that is new, gone or different. `details` says what is different, a line each."""

    name: str
    fate: Fate
    place: Place | None
    details: tuple[str, ...] = ()


class MachineChange(Struct, frozen=True, kw_only=True):
    """What became of a state machine.

    `states` are the states that changed. `safeguards_lost` says, a line each, which timeouts,
    heartbeats, retries and catches are gone or weaker; `settings` what else of the machine changed
    (type, role, logging, tracing, encryption). `unread` says why more may have changed.
    """

    address: str
    root: str
    fate: Fate
    place: Place
    states: tuple[StateChange, ...] = ()
    safeguards_lost: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Change(Struct, frozen=True, kw_only=True):
    """A change, as a report carries it.

    `before` and `after` name the two sides as the user would. `fixed` are the findings that are
    gone; those of the report have their own `status`.
    """

    before: str
    after: str
    fixed: Sequence[Finding] = field(default_factory=tuple)
    roles: Sequence[RoleChange] = field(default_factory=tuple)
    machines: Sequence[MachineChange] = field(default_factory=tuple)
