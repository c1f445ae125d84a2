"""Options of a scan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """What a user can choose; the defaults are what most projects want.

    `log_level` is the least verbose level that SFN202 accepts (`ALL`, `ERROR` or `FATAL`).
    `required_tags` are the tag keys that SFN701 asks for. `trusted_accounts` are twelve-digit
    account ids that a trust policy may name besides the project's own.
    """

    log_level: str = "ERROR"
    required_tags: tuple[str, ...] = ()
    trusted_accounts: tuple[str, ...] = ()
