"""A permission that a workflow needs, and what of a workflow could not be checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from stepguard.deployment.values import Plain
from stepguard.structs import Struct, field, replace

Kind: TypeAlias = Literal["required", "conditional", "optional", "extra", "downstream"]
"""How much it is needed.

`required`: without it a state fails, hangs or cannot be stopped. `conditional`: the same when
`when` holds, which the definition does not tell. `optional`: AWS's own sources disagree about
it. `extra`: AWS's documented policy for the integration grants it, the call does not need it.
`downstream`: used by the called service, on resources that the definition does not name.
"""

_STOPS = ("BatchStop", "Cancel", "Delete", "Stop", "Terminate")
_SAMPLING = "GetSampling"
_SWITCH_OFF = "DeleteLogDelivery"
_WRITE = "PutObject"
RESULT = "result"
"""The part of what a map needs to write its results."""

_DENIED = "the state fails with access denied"

_LISTED = "AWS lists it among the permissions of a distributed Map"

_NOT_DEPLOYED = "the machine cannot be deployed"

_OF_FEATURES = {
    "logging": (_NOT_DEPLOYED, True),
    "tracing": ("no traces arrive", False),
}
"""What happens without what a feature of the machine needs, and whether that stops it."""

_OF_MAPS = {
    "DescribeExecution": (_LISTED, False),
    "StartExecution": ("the Map state fails with access denied", True),
}


class Need(Struct, frozen=True):
    """A permission that is needed.

    `action` is a full name, perhaps with the wildcard that AWS documents. `resources` are ARNs or
    patterns of ARNs (`str`, or a text with holes), alternatives that are all needed. With
    `is_dynamic` the target is chosen at run time and the resources are as wide as it can be.
    `states` are the names of the states that need it; a need without any is that of a `feature`.
    `part` is what it is for (`call`, `poll`, `pass-role`, …), `when` the condition of a
    conditional need, `condition` the IAM condition that AWS documents with it. `sources` name the
    documentation.
    """

    action: str
    resources: tuple[Plain, ...]
    kind: Kind
    part: str
    states: tuple[str, ...] = ()
    feature: str = ""
    is_dynamic: bool = False
    when: str = ""
    condition: tuple[tuple[str, str, tuple[Plain, ...]], ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def operation(self) -> str:
        """The action without its service."""
        return self.action.partition(":")[2]

    @property
    def is_vital(self) -> bool:
        """Whether the workflow, or its deployment, fails or hangs for certain without it."""
        return self._effect[1]

    @property
    def is_only_listed(self) -> bool:
        """Whether AWS lists it without saying what fails without it."""
        return self.effect == _LISTED

    @property
    def is_for_deployment(self) -> bool:
        """Whether Step Functions looks for it when the machine is deployed."""
        return self.effect.startswith(_NOT_DEPLOYED)

    @property
    def effect(self) -> str:
        """What happens without it, in a few words."""
        return self._effect[0]

    @property
    def _effect(self) -> tuple[str, bool]:
        if self.part.startswith("poll") or self.part == "cancel":
            if self.operation.startswith(_STOPS):
                return "when the execution is stopped, what it started goes on", False
            return "the execution may never see the end of what it waits for", True
        if self.part == "event-rule":
            return f"{_NOT_DEPLOYED}, or learns late of the end", True
        if self.part == "tags":
            return "AWS's own policy for the call has it: the state may fail", False
        if self.operation == _SWITCH_OFF:
            return "logging cannot be switched off again", False
        if self.feature == "tracing" and self.operation.startswith(_SAMPLING):
            return "X-Ray's sampling rules do not count", False
        if self.feature:
            return _OF_FEATURES.get(self.feature, ("the execution fails", True))
        if self.part == "feature":
            return _OF_MAPS.get(self.operation, (_DENIED, True))
        if self.part == RESULT and self.operation != _WRITE:
            return "a large result cannot be written, or leaves parts behind", False
        return _DENIED, True

    @property
    def by(self) -> str:
        """Who needs it, for a message."""
        if not self.states:
            return self.feature
        names = ", ".join(f"'{name}'" for name in self.states[:3])
        more = len(self.states) - 3
        return f"state {names}" + (f" and {more} more" if more > 0 else "")


class NotChecked(Struct, frozen=True):
    """A part of a workflow whose needs are not known: the state, and why.

    `service` is IAM's prefix when only needs of one service are missing, else empty.
    """

    state: str
    reason: str
    service: str = ""


class MachineNeeds(Struct):
    """The needs of a state machine.

    `needs` are those of the execution role. `task_roles` are those of the roles that tasks take
    by `Credentials`, as pairs of the role's value and the need. `not_checked` says what is
    missing from both.
    """

    needs: list[Need] = field(default_factory=list)
    task_roles: list[tuple[Plain, Need]] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)


def merged(needs: Iterable[Need]) -> list[Need]:
    """Return needs that differ only in the states that have them as one, in order."""
    alike: dict[tuple[object, ...], list[Need]] = {}
    for need in needs:
        key = (
            need.action,
            _key(need.resources),
            need.kind,
            need.part,
            need.feature,
            need.is_dynamic,
            need.when,
            _key(need.condition),
        )
        alike.setdefault(key, []).append(need)
    return [_as_one(same) for same in alike.values()]


def _as_one(same: list[Need]) -> Need:
    if len(same) == 1:
        return same[0]
    return replace(
        same[0], states=tuple(dict.fromkeys(name for one in same for name in one.states))
    )


def _key(value: Plain) -> object:
    if isinstance(value, (tuple, list)):
        return tuple(_key(one) for one in value)
    return value
