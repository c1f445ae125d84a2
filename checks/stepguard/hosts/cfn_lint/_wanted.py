"""Which rules are worth running: those that cfn-lint is going to show.

cfn-lint asks every rule and drops what the rules say that the user has not enabled, informational
ones mostly. It tells nobody which these are, so the answer is in the variables of its own function
that runs the rules. Where that is not found, all rules run, and cfn-lint drops what it will not
show: the outcome is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import FrameType

from stepguard.hosts.cfn_lint._table import rows

_MODULE = "cfnlint.rules._rules"
_FUNCTION = "run"
_VARIABLE = "enabled_rule_ids"


def enabled_in_cfn_lint() -> frozenset[str] | None:
    """Return the ids that cfn-lint shows in the run that this is called from; `None`: not known."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if (
            frame.f_code.co_name == _FUNCTION
            and frame.f_globals.get("__name__") == _MODULE
            and _VARIABLE in frame.f_locals
        ):
            found = frame.f_locals[_VARIABLE]
            return frozenset(found) if isinstance(found, (set, frozenset)) else None
        frame = frame.f_back
    return None


def wanted_rules(
    enabled: Collection[str] | None,
    only: Collection[str],
    unwanted: Collection[str],
    *,
    pedantic: bool,
) -> tuple[str, ...]:
    """Return the rules to run, by stepguard's own ids.

    `enabled` is what `enabled_in_cfn_lint` returns, the rest what `registry.select` takes.
    """
    return tuple(
        row["own_id"]
        for row in rows()
        if (enabled is None or row["id"] in enabled)
        and row["own_id"] not in unwanted
        and (row["own_id"] in only if only else pedantic or not row["pedantic"])
    )
