"""What a change does to findings: which it introduces, which it fixes, which stay."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias

from stepguard.finding import Finding
from stepguard.review.moves import Located
from stepguard.structs import Struct, replace

_MODULE = re.compile(r"\bmodule\.[\w-]+(?:\[[^\]]*\])?\.")

Identity: TypeAlias = "Callable[[Finding], Hashable]"


class Compared(Struct, frozen=True):
    """The findings of both sides, each with its status."""

    present: list[Finding]
    fixed: list[Finding]


def compare(
    before: Sequence[Finding],
    after: Sequence[Finding],
    excused: Sequence[Finding],
    moved: Mapping[Located, Located],
    roots: Mapping[str, str],
) -> Compared:
    """Return the findings after a change, and those that are gone with it.

    Findings are the same when rule, resource, state and subject are; of several that are, as many
    are unchanged as there were before. One that was there and concerns more places now is
    introduced all the same: something has been added to it. `excused` are the findings after the
    change that the source suppresses: one of them is not fixed. `moved` says which resource is
    where now, `roots` which deployment has another path.
    """
    renamed = _Renamed(moved, roots)
    counted: dict[Hashable, list[Finding]] = defaultdict(list)
    for one in before:
        counted[renamed.identity(one)].append(one)
    left: list[Finding] = []
    unchanged: set[int] = set()
    for one in after:
        alike = counted[_identity(one)]
        if not alike:
            left.append(one)
        elif _extent(alike.pop()) >= _extent(one):
            unchanged.add(id(one))
    old = [one for alike in counted.values() for one in alike]
    if moved:
        _take_alike(old, left, unchanged, renamed.old_loosely, renamed.new_loosely)
    _take_alike(old, left, unchanged, renamed.old_without_state, renamed.new_without_state)
    _take_excused(old, excused, renamed)
    return Compared(
        present=[
            replace(one, status="unchanged" if id(one) in unchanged else "introduced")
            for one in after
        ],
        fixed=[replace(one, status="fixed") for one in old],
    )


class _Renamed:
    """Findings before a change, as they would be called after it."""

    def __init__(self, moved: Mapping[Located, Located], roots: Mapping[str, str]) -> None:
        self._moved = moved
        self._roots = roots
        self._targets = frozenset(moved.values())
        self._addresses: dict[str, dict[str, str]] = defaultdict(dict)
        for (root, address), (_, target) in moved.items():
            if address != target:
                self._addresses[root][address] = target
        self._patterns: dict[str, re.Pattern[str]] = {}

    def identity(self, finding: Finding) -> Hashable:
        """Return what a finding after the change has to be to be this one."""
        subject = self._subject(finding)
        return (finding.rule, self._located(finding), finding.violation.state, subject)

    def old_loosely(self, finding: Finding) -> Hashable:
        """Return the identity without what a module around a resource adds to names in it."""
        subject = _MODULE.sub("", self._subject(finding))
        return (finding.rule, self._located(finding), finding.violation.state, subject)

    def new_loosely(self, finding: Finding) -> Hashable:
        """Return that of a finding after the change; `None` where its resource has not moved."""
        located = (finding.root, finding.violation.resource)
        if located not in self._targets:
            return None
        subject = _MODULE.sub("", finding.violation.subject)
        return (finding.rule, located, finding.violation.state, subject)

    def old_without_state(self, finding: Finding) -> Hashable:
        """Return the identity without the state, with whether there is one.

        A finding about several states names none: when one of two is mended, it is still there.
        """
        is_of_one = finding.violation.state is not None
        return (finding.rule, self._located(finding), self._subject(finding), is_of_one)

    def new_without_state(self, finding: Finding) -> Hashable:
        """Return that of the finding before the change that a finding after it may have been."""
        violation = finding.violation
        located = (finding.root, violation.resource)
        return (finding.rule, located, violation.subject, violation.state is None)

    def _located(self, finding: Finding) -> Located:
        """Return where the resource of a finding before the change is after it."""
        root, address = finding.root, finding.violation.resource
        return self._moved.get((root, address), (self._roots.get(root, root), address))

    def _subject(self, finding: Finding) -> str:
        """Return what a finding is about, with the addresses that its resources have now."""
        subject, addresses = finding.violation.subject, self._addresses.get(finding.root)
        if not addresses or not subject:
            return subject
        pattern = self._patterns.get(finding.root)
        if pattern is None:
            # The longest come first, so that no address is taken for the beginning of another.
            ordered = sorted(addresses, key=len, reverse=True)
            either = "|".join(map(re.escape, ordered))
            pattern = re.compile(rf"(?<![\w.-])(?:{either})(?![\w-])")
            self._patterns[finding.root] = pattern
        return pattern.sub(lambda match: addresses[match.group()], subject)


def _identity(finding: Finding) -> Hashable:
    violation = finding.violation
    return (finding.rule, (finding.root, violation.resource), violation.state, violation.subject)


def _extent(finding: Finding) -> int:
    """Return how many places a finding concerns."""
    return 1 + len(finding.violation.related)


def _take_alike(
    old: list[Finding],
    new: list[Finding],
    unchanged: set[int],
    old_identity: Identity,
    new_identity: Identity,
) -> None:
    """Take from both lists the findings that are alike by other identities.

    Those that concern no more places than before go to `unchanged`.
    """
    counted: dict[Hashable, list[Finding]] = defaultdict(list)
    for one in old:
        counted[old_identity(one)].append(one)
    taken: set[int] = set()
    for one in list(new):
        identity = new_identity(one)
        alike = counted[identity] if identity is not None else []
        if alike:
            before = alike.pop()
            taken.add(id(before))
            taken.add(id(one))
            if _extent(before) >= _extent(one):
                unchanged.add(id(one))
    old[:] = [one for one in old if id(one) not in taken]
    new[:] = [one for one in new if id(one) not in taken]


def _take_excused(old: list[Finding], excused: Iterable[Finding], renamed: _Renamed) -> None:
    """Take from `old` what is still there and suppressed."""
    counted: dict[Hashable, list[Finding]] = defaultdict(list)
    for one in old:
        counted[renamed.identity(one)].append(one)
    taken: set[int] = set()
    for one in excused:
        alike = counted[_identity(one)]
        if alike:
            taken.add(id(alike.pop()))
    old[:] = [one for one in old if id(one) not in taken]
