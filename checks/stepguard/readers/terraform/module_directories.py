"""Directories with Terraform files, as the walk of a tree finds them."""

from __future__ import annotations

from pathlib import Path

from stepguard.structs import Struct


class ModuleDirectory(Struct, frozen=True):
    """A directory that is a module.

    `path` is how it was reached, `real` its absolute path with links followed, `may_call` tells
    whether its text has the word for a call of another module.
    """

    path: Path
    real: str
    may_call: bool
