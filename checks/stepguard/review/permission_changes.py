"""What a change does to what roles may do, and to who may assume them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stepguard.change import Fate, PermissionChange, RoleChange, Used
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import has_wildcard, literal
from stepguard.deployment.resources import Role
from stepguard.guard import describe_defect
from stepguard.permissions.actions import Action, find_action
from stepguard.permissions.names import Names
from stepguard.place import Place
from stepguard.review.coverage import MAXIMUM_COMPARISONS, Coverage, Remainder, undecided
from stepguard.review.matched import Match, match
from stepguard.review.moves import Located
from stepguard.review.permits import Permit
from stepguard.review.renaming import renamed_by_root
from stepguard.review.role_snapshots import RoleSnapshot, is_compared, snapshot
from stepguard.review.trust_changes import trust_changes
from stepguard.review.usage import Usage

MAXIMUM_REASONS = 10
"""Reasons why more may have changed that are given of one role; the rest are counted."""

_MAXIMUM_NAMES = 5
_LEVELS = ("Permissions management", "Write", "Tagging", "Read", "List")
_NOTHING = RoleSnapshot((), (), (), "", frozenset(), (), ())


def role_changes(
    before: Sequence[Deployment],
    after: Sequence[Deployment],
    moved: Mapping[Located, Located],
) -> Iterator[RoleChange]:
    """Yield what became of each role that has to do with Step Functions and has changed.

    `moved` says where resources are now that are not where they were. Never raises.
    """
    addresses = renamed_by_root(moved)
    matches = list(match(Role, before, after, moved))
    old: dict[int, RoleSnapshot | str] = {}
    concerned: set[int] = set()
    # The side before as a whole first: what is remembered of a deployment is forgotten at the next.
    for one in sorted(matches, key=_root_before):
        if one.before is None:
            continue
        try:
            if is_compared(one.before):
                concerned.add(id(one))
            old[id(one)] = snapshot(one.before, addresses.get(one.before.deployment.root, {}))
        except Exception as error:
            old[id(one)] = describe_defect(error, "the comparison of roles")
    for one in matches:
        try:
            if id(one) in concerned or (one.after is not None and is_compared(one.after)):
                yield from _changed(one, old.get(id(one), _NOTHING))
        except Exception as error:
            message = describe_defect(error, "the comparison of roles")
            yield _change(one, unread=(message,))


def _root_before(one: Match[Role]) -> str:
    return "" if one.before is None else one.before.deployment.root


def _changed(one: Match[Role], old: RoleSnapshot | str) -> Iterator[RoleChange]:
    if isinstance(old, str):
        yield _change(one, unread=(old,))
        return
    new = _NOTHING if one.after is None else snapshot(one.after, {})
    if one.before is not None and one.after is not None and old.content == new.content:
        return
    comparison = _Comparison(old, new, one)
    gained, lost = comparison.permissions()
    trust_gained, trust_lost = trust_changes(old.trusts, new.trusts)
    noticed = comparison.unread()
    is_whole = one.before is None or one.after is None
    if not (gained or lost or trust_gained or trust_lost or noticed or is_whole):
        return
    yield _change(
        one,
        gained=gained,
        lost=lost,
        trust_gained=trust_gained,
        trust_lost=trust_lost,
        unread=_bounded((*noticed, *comparison.standing())),
    )


def _change(
    one: Match[Role],
    *,
    gained: tuple[PermissionChange, ...] = (),
    lost: tuple[PermissionChange, ...] = (),
    trust_gained: tuple[str, ...] = (),
    trust_lost: tuple[str, ...] = (),
    unread: tuple[str, ...] = (),
) -> RoleChange:
    role, deployment = one.present.resource, one.present.deployment
    fate: Fate = "changed"
    if one.before is None:
        fate = "added"
    elif one.after is None:
        fate = "removed"
    return RoleChange(
        address=role.address,
        root=deployment.root,
        fate=fate,
        place=Place.of(role.span, deployment.root),
        gained=gained,
        lost=lost,
        trust_gained=trust_gained,
        trust_lost=trust_lost,
        unread=unread,
    )


def _bounded(reasons: Iterable[str]) -> tuple[str, ...]:
    found = list(dict.fromkeys(reasons))
    more = len(found) - MAXIMUM_REASONS
    return (*found[:MAXIMUM_REASONS], *((f"{more} more reasons",) if more > 0 else ()))


class _Comparison:
    """A role before and after: what it has gained and lost."""

    def __init__(self, old: RoleSnapshot, new: RoleSnapshot, role: Match[Role]) -> None:
        self._old, self._new = old, new
        names = Names(role.present.deployment)
        before, after = self._sides = Coverage(old.permits, names), Coverage(new.permits, names)
        self._usage: Usage | None = None
        if role.after is not None:
            self._usage = Usage(role.after.resource, role.after.deployment, before)
        self._gone = [left for one in old.permits if (left := after.remainder(one)) is not None]
        self._added = [left for one in new.permits if (left := before.remainder(one)) is not None]
        gone, added = ([one.permit for one in side] for side in (self._gone, self._added))
        self._open = undecided(gone, added, names)

    def permissions(self) -> tuple[tuple[PermissionChange, ...], tuple[PermissionChange, ...]]:
        """Return what is gained and what is lost; a Deny that is new is a loss."""
        before, after = self._sides
        new = self._grouped(self._added, after, before, is_new=True)
        gone = self._grouped(self._gone, before, after, is_new=False)
        gained = [one for one in new if one.effect != "Deny"]
        gained += [one for one in gone if one.effect == "Deny"]
        lost = [one for one in gone if one.effect != "Deny"]
        lost += [one for one in new if one.effect == "Deny"]
        old_partial, new_partial = dict(self._old.partial), dict(self._new.partial)
        gained += _by_name(new_partial, old_partial)
        lost += _by_name(old_partial, new_partial)
        return tuple(gained), tuple(lost)

    def _grouped(
        self, remainders: Sequence[Remainder], own: Coverage, other: Coverage, *, is_new: bool
    ) -> list[PermissionChange]:
        groups: dict[tuple[object, ...], list[Remainder]] = {}
        conditions: dict[tuple[object, ...], str] = {}
        for left in remainders:
            permit = left.permit
            if id(permit) in self._open or own.forbids(permit):
                continue
            condition = _conditions(permit, other.on_condition(permit), is_new=is_new)
            # What a policy of AWS allows is told in one line.
            what = permit.managed or (permit.action, left.kept)
            key = (permit.effect, what, permit.source, condition)
            groups.setdefault(key, []).append(left)
            conditions[key] = condition
        return [
            self._permission(found, conditions[key], is_new=is_new) for key, found in groups.items()
        ]

    def _permission(
        self, found: Sequence[Remainder], condition: str, *, is_new: bool
    ) -> PermissionChange:
        first = found[0].permit
        states: tuple[str, ...] = ()
        used: Used = "unknown"
        if is_new and first.effect == "Allow" and self._usage is not None:
            states, used = self._usage.of(found)
        return PermissionChange(
            effect=first.effect,
            action=_named(list(dict.fromkeys(map(_action, found)))),
            resources=tuple(dict.fromkeys(str(one.permit.resource) for one in found)),
            access_levels=_access_levels(found),
            is_conditional=first.is_conditional,
            condition=condition,
            states=states,
            used=used,
            source=first.source,
            policy=first.managed,
        )

    def unread(self) -> tuple[str, ...]:
        """Return why more may have changed, where that itself is different on both sides."""
        old, new = self._old, self._new
        found = [one for one in new.unread if one not in old.unread]
        found += [f"before the change, {one}" for one in old.unread if one not in new.unread]
        if old.unreadable != new.unreadable and not found:
            found.extend(new.unread or old.unread)
        if old.boundary != new.boundary:
            found.append(_boundary(old.boundary, new.boundary))
        elif old.boundary_permits != new.boundary_permits:
            found.append(f"what its permissions boundary {new.boundary} lets through has changed")
        resources = [
            str(one.resource)
            for permits in (old.permits, new.permits)
            for one in permits
            if id(one) in self._open
        ]
        if resources:
            named = ", ".join(dict.fromkeys(resources[:_MAXIMUM_NAMES]))
            found.append(f"whether these are the same resources is not known: {named}")
        if any(one.is_exhausted for one in self._sides):
            found.append(f"only {MAXIMUM_COMPARISONS} pairs of its permissions are compared")
        return tuple(found)

    def standing(self) -> tuple[str, ...]:
        """Return why more may have changed, where that is the same on both sides."""
        return tuple(one for one in self._new.unread if one in self._old.unread)


def _boundary(old: str, new: str) -> str:
    if not new:
        return f"it has no permissions boundary any more, and was held back by {old}"
    if not old:
        return f"it has a permissions boundary now, which holds it back: {new}"
    return f"its permissions boundary is {new} now, and was {old}"


def _conditions(permit: Permit, others: Iterable[object], *, is_new: bool) -> str:
    """Return the conditions of a permit in words, and those that the other side has."""
    own = " and ".join(sorted(map(str, permit.requirements)))
    depends = " and ".join(sorted(f"depends on {one}" for one in permit.depends))
    other = " and ".join(sorted(map(str, others)))
    when = "before" if is_new else "now"
    parts = [f"if {own}" if own else "", depends, f"{when} only if {other}" if other else ""]
    return ", ".join(one for one in parts if one)


def _action(left: Remainder) -> str:
    if not left.kept:
        return str(left.permit.action)
    return f"{left.permit.action} other than {_named(left.kept)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MAXIMUM_NAMES
    return f"{', '.join(names[:_MAXIMUM_NAMES])}{f' and {more} more' if more > 0 else ''}"


def _actions(left: Remainder) -> tuple[Action, ...]:
    """Return the known actions that are left of a permit."""
    text = literal(left.permit.action.symbols)
    if left.actions or left.permit.action.left_out or text is None or has_wildcard(text):
        return left.actions
    found = find_action(text)
    return () if found is None else (found,)


def _access_levels(found: Sequence[Remainder]) -> tuple[tuple[str, int], ...]:
    actions = {one.full_name: one for left in found for one in _actions(left)}
    counted = Counter(_level(one.access_level) for one in actions.values())
    return tuple((level, counted[level]) for level in _LEVELS if counted[level])


def _level(written: str) -> str:
    """Return an access level; of several, that which can do most."""
    levels = written.split(", ")
    return next((one for one in _LEVELS if one in levels), "")


def _by_name(
    ones: Mapping[str, tuple[str, ...]], others: Mapping[str, tuple[str, ...]]
) -> Iterator[PermissionChange]:
    """Yield what policies of AWS allow in part, by the name of the policy."""
    for name, actions in ones.items():
        if name not in others:
            yield PermissionChange(
                effect="Allow",
                action=f"some of {', '.join(actions)}",
                resources=("*",),
                is_conditional=True,
                policy=name,
            )
