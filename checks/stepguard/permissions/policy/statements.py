"""From needs to statements: what has the same resources, conditions and states is one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stepguard.deployment.values import Plain
from stepguard.permissions.actions import matching_actions
from stepguard.permissions.breadth import covered_types
from stepguard.permissions.needs import Need
from stepguard.permissions.policy.model import Condition, PolicyStatement
from stepguard.permissions.policy.values import EVERYTHING, Writing
from stepguard.structs import Struct, field, replace

UNSAID = "the call needs that"
"""When something is needed of which nothing else is said."""

_STATES_IN_SID = 2
_LONGEST_SID = 60
_WORD = re.compile(r"[0-9A-Za-z]+")
_PARTS = {
    "call": "the call",
    "data": "its data",
    "event-rule": "the rule that tells of the end",
    "feature": "how it runs",
    "pass-role": "to hand a role on",
    "poll": "to see the end",
    "poll+cancel": "to see the end, and to stop it",
    "result": "its result",
    "tags": "the tags",
}


class _Granted(Struct):
    """An action on some resources: which states and features need it, and for what."""

    action: str
    resources: tuple[Plain, ...]
    conditions: tuple[Condition, ...]
    states: dict[str, None] = field(default_factory=dict)
    features: dict[str, None] = field(default_factory=dict)
    parts: dict[str, None] = field(default_factory=dict)
    when: dict[str, None] = field(default_factory=dict)
    is_required: bool = False

    def add(self, need: Need) -> None:
        """Note one more need for it."""
        self.states.update(dict.fromkeys(need.states))
        if need.feature:
            self.features[need.feature] = None
        if need.states or need.part != "feature":
            self.parts[need.part] = None
        if need.kind == "required":
            self.is_required = True
        else:
            self.when[need.when or UNSAID] = None

    @property
    def reason(self) -> str:
        """When it is needed, if that is not always."""
        return "" if self.is_required else " or ".join(self.when)


def statements_for(needs: Iterable[Need], writing: Writing) -> tuple[PolicyStatement, ...]:
    """Return the statements that allow the required and the conditional of some needs."""
    granted: dict[tuple[object, ...], _Granted] = {}
    for need in needs:
        if not is_written(need):
            continue
        resources = writing.values(need.resources)
        conditions = _conditions(need, writing)
        key = (need.action, frozenset(resources), conditions)
        granted.setdefault(key, _Granted(need.action, resources, conditions)).add(need)
    grouped: dict[tuple[object, ...], list[_Granted]] = {}
    for one in granted.values():
        group = (
            frozenset(one.resources),
            one.conditions,
            frozenset(one.states),
            frozenset(one.features),
            one.reason,
        )
        grouped.setdefault(group, []).append(one)
    # What the states need is what a reader looks for; features come after it.
    ordered = sorted(grouped.values(), key=lambda group: not group[0].states)
    return with_sids(map(_statement, ordered))


def is_written(need: Need) -> bool:
    """Tell whether a policy is made for a need.

    It is for those that are required, and for those that may be where it is known what they are
    about. To allow something everywhere because it may be needed somewhere is for people to decide.
    """
    if need.kind == "conditional":
        return not is_wide(need)
    return need.kind == "required"


def is_wide(need: Need) -> bool:
    """Tell whether a need is about every resource of a type."""
    found = matching_actions(need.action)
    return any(covered_types(one, action) for one in need.resources for action in found)


def with_sids(statements: Iterable[PolicyStatement]) -> tuple[PolicyStatement, ...]:
    """Return statements whose `Sid`s are different: a number is added to those that are not."""
    used: set[str] = set()
    found: list[PolicyStatement] = []
    for one in statements:
        sid, number = one.sid, 1
        while sid.lower() in used:
            number += 1
            sid = f"{one.sid}{number}"
        used.add(sid.lower())
        found.append(replace(one, sid=sid))
    return tuple(found)


def _conditions(need: Need, writing: Writing) -> tuple[Condition, ...]:
    """Return the conditions of a need, but for those whose value nothing is known of."""
    return tuple(
        (operator, key, values)
        for operator, key, given in need.condition
        if (values := writing.values(given)) and values != (EVERYTHING,)
    )


def _statement(group: list[_Granted]) -> PolicyStatement:
    first = group[0]
    parts = list(dict.fromkeys(part for one in group for part in one.parts))
    return PolicyStatement(
        sid=_sid(first, parts),
        actions=tuple(sorted({one.action for one in group})),
        resources=first.resources,
        conditions=first.conditions,
        comment=_comment(first, parts),
        when=first.reason,
    )


def _sid(granted: _Granted, parts: list[str]) -> str:
    """Return a name of letters and digits: the first states, or the feature, and the part."""
    names = list(granted.states) or list(granted.features)
    shown = [_camel(name) for name in names[:_STATES_IN_SID]]
    further = len(names) - _STATES_IN_SID
    sid = "".join(filter(None, shown))[:_LONGEST_SID] or "State"
    if further > 0:
        sid += f"And{further}More"
    if "call" in parts or not granted.states:
        return sid
    return sid + "".join(_camel(part) for part in parts[:1] if part != "feature")


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(name))


def _comment(granted: _Granted, parts: list[str]) -> str:
    who: list[str] = []
    names = [f"'{name}'" for name in granted.states]
    if names:
        who.append(f"state{'s' * (len(names) > 1)} {', '.join(names)}")
    who.extend(granted.features)
    what = ", ".join(_PARTS.get(part, part) for part in parts)
    return f"{' and '.join(who)}: {what}" if what else " and ".join(who)
