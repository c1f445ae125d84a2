"""Who may assume a role after a change and could not before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stepguard.deployment.iam.elements import Element
from stepguard.deployment.iam.principals import Principal, Principals
from stepguard.deployment.iam.statements import Statement
from stepguard.deployment.iam.trust import lets_anyone_in, trust_of
from stepguard.deployment.resources import Role, Unread
from stepguard.review.permits import Requirement, requirements_of
from stepguard.review.renaming import Renamed, shown
from stepguard.structs import Struct, replace

_MAXIMUM_CHARACTERS = 300
_ASSUME = "sts:assumerole"
_SESSION = ("sts:tagsession", "sts:setsourceidentity")
_EVERYONE = "everyone"


class Trust(Struct, frozen=True):
    """That somebody may assume a role, or with `is_denied` may not, under some requirements."""

    who: str
    action: str
    requirements: frozenset[Requirement]
    is_denied: bool = False

    def covers(self, other: Trust) -> bool:
        """Tell whether it holds for the same principal wherever the other one does."""
        return (
            self.is_denied == other.is_denied
            and self.who in (other.who, _EVERYONE)
            and self.action == other.action
            and all(
                any(mine.follows_from(theirs) for theirs in other.requirements)
                for mine in self.requirements
            )
        )

    @property
    def conditions(self) -> str:
        """The conditions under which it holds, in words; empty where there are none."""
        conditions = " and ".join(sorted(map(str, self.requirements)))
        return f" if {conditions}" if conditions else ""

    def line(self, others: Iterable[Trust], *, is_new: bool) -> str:
        """Return it as one line: the principal, and the conditions under which it may.

        `others` is the other side, which may have the same on a condition.
        """
        line = f"{self.who}{self.action}{self.conditions}"
        for other in others:
            if other.requirements and replace(other, requirements=self.requirements) == self:
                line = f"{line} ({'before' if is_new else 'now'} only{other.conditions})"
                break
        if self.is_denied:
            line = f"{line} ({'denied now' if is_new else 'no longer denied'})"
        if len(line) > _MAXIMUM_CHARACTERS:
            line = f"{line[: _MAXIMUM_CHARACTERS - 1]}…"
        return line


def trusts_of(role: Role, renamed: Renamed) -> tuple[tuple[Trust, ...], tuple[str, ...]]:
    """Return who may assume a role, and why there may be more."""
    if isinstance(role.trust, Unread):
        return (), (f"the trust policy could not be read: {role.trust.reason}",)
    trust = trust_of(role)
    if trust is None:
        return (), ()
    found: dict[Trust, None] = {}
    unread = [f"the trust policy: {reason}" for reason in trust.unread]
    for statement in trust.known:
        for one in (statement.principals, statement.not_principals):
            unread.extend(f"the trust policy: {reason}" for reason in (one.unread if one else ()))
        unread.extend(f"the trust policy: {reason}" for reason in statement.unread)
        if statement.effect == "Deny" or lets_anyone_in(statement):
            found.update(dict.fromkeys(_trusts(statement, renamed)))
    return tuple(found), tuple(dict.fromkeys(unread))


def trust_changes(
    before: Sequence[Trust], after: Sequence[Trust]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return who may assume a role now and could not before, and the other way round.

    A Deny that is new takes away, and one that is gone gives back.
    """
    new, gone = list(_beyond(after, before)), list(_beyond(before, after))
    gained = [one.line(before, is_new=True) for one in new if not one.is_denied]
    gained += [one.line(after, is_new=False) for one in gone if one.is_denied]
    lost = [one.line(after, is_new=False) for one in gone if not one.is_denied]
    lost += [one.line(before, is_new=True) for one in new if one.is_denied]
    return tuple(gained), tuple(lost)


def _beyond(ones: Iterable[Trust], others: Sequence[Trust]) -> Iterator[Trust]:
    """Yield what the other side does not cover."""
    known = set(others)
    for one in ones:
        if one not in known and not any(other.covers(one) for other in others):
            yield one


def _trusts(statement: Statement, renamed: Renamed) -> Iterator[Trust]:
    requirements = requirements_of(statement.conditions, renamed)
    action = _actions(statement, renamed)
    is_denied = statement.effect == "Deny"
    for who in _principals(statement.principals, renamed):
        yield Trust(who, action, requirements, is_denied)
    others = sorted(_principals(statement.not_principals, renamed))
    if others:
        who = f"everyone but {', '.join(others)}"
        yield Trust(who, action, requirements, is_denied)


def _principals(principals: Principals | None, renamed: Renamed) -> Iterator[str]:
    for one in () if principals is None else principals.known:
        yield _principal(one, renamed)


def _principal(principal: Principal, renamed: Renamed) -> str:
    if principal.kind == "Everyone":
        return _EVERYONE
    text = f"{principal.kind} {shown(principal.entry.value, renamed)}"
    condition = principal.entry.condition
    return f"{text} (depends on {condition})" if condition else text


def _actions(statement: Statement, renamed: Renamed) -> str:
    """Return what a principal may do, unless it is only to assume the role."""
    if statement.not_actions is not None:
        return f" by all but {', '.join(_written(statement.not_actions, renamed))}"
    written = _written(statement.actions, renamed)
    others = [one for one in written if one.lower() not in (_ASSUME, *_SESSION)]
    return f" by {', '.join(others)}" if others else ""


def _written(element: Element | None, renamed: Renamed) -> list[str]:
    entries = () if element is None else element.entries
    return sorted(shown(one.value, renamed) for one in entries)
