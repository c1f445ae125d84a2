"""The exceptions of this package."""

from __future__ import annotations


class FunctionError(Exception):
    """A call or conversion that Terraform would refuse. `reason` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotKnownError(Exception):
    """A call whose result cannot be told before deployment, or not here. `reason` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
