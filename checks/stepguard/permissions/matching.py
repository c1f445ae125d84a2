"""Whether a policy's pattern matches an action or a resource, with unknown parts in either.

The answers are yes, no, and `None` where it cannot be known. Sources: IAM User Guide, "JSON
policy elements: Action" (names without regard to case, `*` and `?`), "JSON policy elements:
Resource" (wildcards within the parts of an ARN; a `*` at the end of a part may go on beyond the
colon), "Amazon Resource Names" (no wildcard in the type of a resource), "IAM policy elements:
Variables".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from stepguard.deployment.iam.patterns import Symbol, Symbols, covers, has_wildcard, literal
from stepguard.deployment.values import UNREAD, Unknown
from stepguard.permissions.names import Names
from stepguard.permissions.overlap import may_overlap

EVERYTHING: Symbols = ("*",)
"""The resource that stands for all of them, in a policy and in a need."""

_FIELDS = 6
_PARTITION, _SERVICE, _REGION, _ACCOUNT, _RESOURCE = range(1, _FIELDS)
_PLACES = (_PARTITION, _REGION, _ACCOUNT)
_SERVICE_WITHOUT_TYPES = "s3"
_SEPARATORS = (":", "/")
_SYMBOLS_OF_A_STEP = 50
"""As many are looked at in the time that a step of a comparison takes."""

_LONGEST_KEPT = 300
"""Symbols of a comparison whose answer is kept."""


def matches(pattern: Symbols, text: Symbols, names: Names) -> bool | None:
    """Tell whether a pattern matches a text.

    A `*` in the text stands for every text there can be, of which the pattern must match all.
    """
    if len(pattern) + len(text) < _LONGEST_KEPT:
        known = _literally(pattern, text)
        if known is not None:
            return known
    if names.steps_left <= 0:
        return None
    if _certainly(pattern, text, names):
        return True
    if literal(pattern) is not None and "*" not in (literal(text) or "*"):
        return False
    return None if may_overlap(pattern, text, names) else False


def matches_action(pattern: Symbols, action: Symbols, names: Names) -> bool | None:
    """Tell whether an action's pattern matches an action; case makes no difference."""
    if len(pattern) + len(action) < _LONGEST_KEPT:
        known = _literally_action(pattern, action)
        if known is not None:
            return known
    return matches(_lower(pattern), _lower(action), names)


# The same actions, partitions, regions and accounts are compared by every statement of a policy.
@lru_cache(maxsize=16_384)
def _literally(pattern: Symbols, text: Symbols) -> bool | None:
    """Tell whether a pattern matches a text; `None` where that is more than their characters."""
    if "*" in text or literal(pattern) is None or literal(text) is None:
        return None
    return covers(pattern, text)


@lru_cache(maxsize=16_384)
def _literally_action(pattern: Symbols, action: Symbols) -> bool | None:
    return _literally(_lower(pattern), _lower(action))


def matches_resource(
    pattern: Symbols, resource: Symbols, names: Names, *, same_place: bool = False
) -> bool | None:
    """Tell whether the pattern of a policy matches an ARN or a pattern of ARNs.

    With `same_place`, an account, region or partition that comes from elsewhere is taken to be
    the one that the other side spells out.
    """
    if not names.take(1 + (len(pattern) + len(resource)) // _SYMBOLS_OF_A_STEP):
        return None
    pattern = with_variables(pattern)
    if pattern and all(one == "*" for one in pattern):
        return True
    if resource == EVERYTHING:
        # Whether the part of everything that the pattern covers is the part that is meant.
        return None
    answer = _matches_fields(pattern, resource, names, same_place=same_place)
    if answer is True:
        return True
    otherwise = _name_or_arn(pattern, resource, names)
    return otherwise if answer is False else otherwise or None


def _matches_fields(
    pattern: Symbols, resource: Symbols, names: Names, *, same_place: bool
) -> bool | None:
    wanted, given = _fields(pattern, complete=True), _fields(resource)
    if wanted is None or given is None:
        return matches(pattern, resource, names)
    answers = [
        _field(wanted[number], given[number], number, names, same_place=same_place)
        for number in range(1, _FIELDS)
    ]
    if False in answers:
        return None if _goes_on(pattern, wanted, resource, names) else False
    if None in answers or _has_wildcard_type(wanted):
        return None
    return True


def service_in(pattern: Symbols) -> str | None:
    """Return the service in the pattern of an ARN; `None` when it is not known."""
    fields = _fields(pattern, complete=True)
    service = None if fields is None else literal(fields[_SERVICE])
    return None if service is None or "*" in service or "?" in service else service


def kind_in(pattern: Symbols) -> str | None:
    """Return the type of resource in the pattern of an ARN (`task` of `…:task/c/*`).

    `None` when it is not known, or when there is none.
    """
    fields = _fields(pattern, complete=True)
    return None if fields is None else kind_of(fields[_RESOURCE])


def kind_of(resource: Symbols) -> str | None:
    """Return the type of resource in what an ARN has behind the account, as `kind_in` does."""
    end = next((at for at, one in enumerate(resource) if one in _SEPARATORS), None)
    kind = None if end is None else literal(resource[:end])
    return None if kind is None or has_wildcard(kind) else kind


def is_cut_off(pattern: Symbols) -> bool:
    """Tell whether the pattern of an ARN has fewer parts than an ARN."""
    return _fields(pattern) is None and _fields(pattern, complete=True) is not None


def with_variables(pattern: Symbols) -> Symbols:
    """Return a pattern in which each policy variable (`${aws:username}`) is one unknown part."""
    if "$" not in pattern:
        return pattern
    found: list[Symbol] = []
    position = 0
    while position < len(pattern):
        end = _end_of_variable(pattern, position)
        if end:
            name = "".join(str(one) for one in pattern[position:end])
            found.append(Unknown(name, "a policy variable"))
            position = end
        else:
            found.append(pattern[position])
            position += 1
    return tuple(found)


def _end_of_variable(pattern: Symbols, start: int) -> int:
    """Return where the variable ends that begins at a place; 0 when none does."""
    if pattern[start : start + 2] != ("$", "{"):
        return 0
    for position in range(start + 2, len(pattern)):
        if pattern[position] == "}":
            return position + 1
        if not isinstance(pattern[position], str):
            break
    return 0


def _certainly(pattern: Sequence[Symbol], text: Sequence[Symbol], names: Names) -> bool:
    # The usual comparison with one wildcard to go back to: never worse than length by length.
    at, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        names.take(1)
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and _same(pattern[at], text[position], names):
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(one == "*" for one in pattern[at:])


def _same(one: Symbol, other: Symbol, names: Names) -> bool:
    if one == "?":
        return isinstance(other, str) and other != "*"
    return names.same(one, other) is True


def _lower(symbols: Symbols) -> Symbols:
    text = literal(symbols)
    if text is not None and text.isascii():
        return tuple(text.lower())
    return tuple(one.lower() if isinstance(one, str) else one for one in symbols)


def _fields(symbols: Symbols, *, complete: bool = False) -> list[Symbols] | None:
    """Take an ARN apart; `None` for what is none. `complete` puts `*` for what is missing."""
    if symbols[:4] != ("a", "r", "n", ":"):
        return None
    fields: list[Symbols] = []
    start = 0
    while len(fields) < _FIELDS - 1 and ":" in symbols[start:]:
        end = symbols.index(":", start)
        fields.append(symbols[start:end])
        start = end + 1
    fields.append(symbols[start:])
    missing = _FIELDS - len(fields)
    if missing and not complete:
        return None
    return fields + [EVERYTHING] * missing


def _field(
    pattern: Symbols, text: Symbols, number: int, names: Names, *, same_place: bool
) -> bool | None:
    answer = matches(pattern, text, names)
    if answer is True or number == _RESOURCE:
        return answer
    if same_place and answer is None and number in _PLACES and _is_given(pattern, text):
        return True
    if answer is False and matches(_lower(pattern), _lower(text), names) is not False:
        # No ARN has capital letters there; whether IAM minds them is not documented.
        return None
    return answer


def _name_or_arn(pattern: Symbols, resource: Symbols, names: Names) -> bool | None:
    """Tell whether two texts match that hold one value, which may be a name or a whole ARN.

    One of them then begins with it, and the other has it where an ARN has a name. A name with
    slashes may begin with one, which then does not stand before it.
    """
    unknown = (one for one in resource if not isinstance(one, str))
    shared = next((one for one in unknown if one in pattern and names.is_open(one)), None)
    if shared is None:
        return False
    at, position = pattern.index(shared), resource.index(shared)
    if at and position:
        slash: Symbols = ("/",)
        return None if slash in (pattern[at - 1 : at], resource[position - 1 : position]) else False
    if at == position or not names.may_be_anything(shared):
        return False
    before = (pattern[:at] or resource[:position])[-1]
    if before not in _SEPARATORS:
        return None
    return _certainly(pattern[at:], resource[position:], names) or None


def _is_given(*fields: Symbols) -> bool:
    """Tell whether one of two parts is nothing but a value from elsewhere."""
    return any(len(one) == 1 and isinstance(one[0], UNREAD) for one in fields)


def _goes_on(pattern: Symbols, fields: list[Symbols], resource: Symbols, names: Names) -> bool:
    """Tell whether it matches if a `*` at the end of a part goes on beyond the colon."""
    if not any(one[-1:] == EVERYTHING for one in fields[1:_RESOURCE]):
        return False
    return may_overlap(pattern, resource, names, within_parts=True)


def _has_wildcard_type(fields: list[Symbols]) -> bool:
    """Tell whether the resource's type has a wildcard, of which AWS says that it is not allowed."""
    resource = fields[_RESOURCE]
    end = next((at for at, one in enumerate(resource) if one in _SEPARATORS), None)
    if end is None or literal(fields[_SERVICE]) == _SERVICE_WITHOUT_TYPES:
        return False
    return any(one in ("*", "?") for one in resource[:end])
