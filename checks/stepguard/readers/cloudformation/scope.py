"""What is taken for granted where a value is evaluated: conditions that hold, loops, defaults."""

from __future__ import annotations

from collections.abc import Mapping

from stepguard.deployment.values import Traced
from stepguard.structs import Struct, field, replace


class Scope(Struct, frozen=True, eq=False):
    """The assumptions under which a value is evaluated.

    `conditions` are those whose truth is given, because a branch or a resource depends on it;
    `parameters` are values that follow from that. Without `with_defaults`, parameters that were
    not passed are unknown. `in_include` says that the value comes from an included file.
    """

    conditions: Mapping[str, bool] = field(default_factory=dict)
    parameters: Mapping[str, Traced] = field(default_factory=dict)
    with_defaults: bool = True
    in_include: bool = False
    truths: dict[str, bool | None] = field(default_factory=dict)
    _certain: list[Scope] = field(default_factory=list)

    def certain(self) -> Scope:
        """Return the same scope without defaults."""
        if not self.with_defaults:
            return self
        if not self._certain:
            self._certain.append(replace(self, with_defaults=False, truths={}, _certain=[]))
        return self._certain[0]

    def included(self) -> Scope:
        """Return the same scope for what an included file contains."""
        return self if self.in_include else replace(self, in_include=True, truths={}, _certain=[])

    def given(self, conditions: Mapping[str, bool], parameters: Mapping[str, Traced]) -> Scope:
        """Return a scope in which more is taken for granted."""
        return replace(
            self,
            conditions={**self.conditions, **conditions},
            parameters={**self.parameters, **parameters},
            truths={},
            _certain=[],
        )
