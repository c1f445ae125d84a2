"""ARNs and patterns of ARNs, taken apart at their colons; a part may have holes."""

from __future__ import annotations

import re

from stepguard.deployment.iam.patterns import Symbol, Symbols, has_wildcard, literal, symbols_of
from stepguard.deployment.values import Plain
from stepguard.structs import Struct

ACCOUNT_ID = re.compile(r"\d{12}")
_FIELDS = 6
_ALL: Symbols = ("*",)


class Arn(Struct, frozen=True):
    """The parts of an ARN after `arn:`; `resource` is all that follows the account."""

    partition: Symbols
    service: Symbols
    region: Symbols
    account: Symbols
    resource: Symbols

    @property
    def is_account_bound(self) -> bool:
        """Whether it holds for one account: one that is written, or given by a value."""
        account = literal(self.account)
        if account is None:
            return not any(one in ("*", "?") for one in self.account)
        return bool(account) and not has_wildcard(account)


def split_arn(value: Plain) -> Arn | None:
    """Take an ARN or a pattern of one apart; `None` for what does not begin like an ARN.

    `*` alone is every ARN. Parts that are missing at the end are `*`, as IAM completes them.
    """
    symbols = symbols_of(value)
    if symbols is None:
        return None
    if symbols == _ALL:
        return Arn(_ALL, _ALL, _ALL, _ALL, _ALL)
    fields: list[list[Symbol]] = [[]]
    for symbol in symbols:
        if symbol == ":" and len(fields) < _FIELDS:
            fields.append([])
        else:
            fields[-1].append(symbol)
    if len(fields) == 1 or literal(fields[0]) != "arn":
        return None
    found = [tuple(field) for field in fields[1:]]
    found += [_ALL] * (_FIELDS - 1 - len(found))
    return Arn(*found)
