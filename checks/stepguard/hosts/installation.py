"""What is installed: versions, the HCL parser in use, and who owns the module `hcl2`."""

from __future__ import annotations

import base64
import hashlib
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import stepguard

_FORK = "bc-python-hcl2"
_ORIGINAL = "python-hcl2"
_SHARED_FILES = ("hcl2/__init__.py", "hcl2/api.py", "hcl2/parser.py")

CLASH = (
    "python-hcl2 and checkov's bc-python-hcl2 both install the module hcl2, and only one of them "
    "works in an environment: pip uninstall -y python-hcl2 bc-python-hcl2, then pip install "
    "bc-python-hcl2 for checkov, or python-hcl2 in an environment without checkov"
)
"""What to do about two distributions that write the same files."""


def versions() -> list[tuple[str, str]]:
    """Return what runs here, as pairs of a name and its version."""
    return [
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        ("stepguard", f"{stepguard.__version__} ({Path(stepguard.__file__).parent})"),
        ("HCL parser", _parser_in_use()),
        ("hcl2", ", ".join(f"{name} {version}" for name, version in _owners()) or "none"),
    ]


def hcl2_problem() -> str | None:
    """Return what is wrong with the module `hcl2` of this environment; `None` when nothing is."""
    owners = dict(_owners())
    damaged = [(name, state) for name in owners if (state := _damage(name))]
    if not damaged:
        return None
    name, state = damaged[0]
    others = [other for other in owners if other != name]
    if others and state == "overwritten":
        return f"{others[0]} {owners[others[0]]} has overwritten {name} {owners[name]}: {CLASH}"
    return (
        f"the files of {name} {owners[name]} are {state}: "
        f"pip install --force-reinstall --no-deps {name}"
    )


def _owners() -> Iterator[tuple[str, str]]:
    """Yield the distributions that install a module `hcl2`, with their versions."""
    for name in (_FORK, _ORIGINAL):
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _damage(name: str) -> str | None:
    """Return `missing` or `overwritten` for a distribution whose files are not its own."""
    for file in metadata.files(name) or ():
        if file.as_posix() not in _SHARED_FILES or file.hash is None:
            continue
        try:
            content = Path(str(file.locate())).read_bytes()
        except OSError:
            return "missing"
        digest = hashlib.new(file.hash.mode, content).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            return "overwritten"
    return None


def _parser_in_use() -> str:
    """Return the HCL parser that a scan would use, after trying it."""
    from stepguard.readers.terraform.syntax.parser import (
        PYTHON_HCL2,
        TREE_SITTER,
        ParserUnavailableError,
        parse_expression,
    )

    distributions = {TREE_SITTER: "tree-sitter-hcl", PYTHON_HCL2: _ORIGINAL}
    reason = ""
    for parser, distribution in distributions.items():
        try:
            parse_expression("1", parser)
        except (ParserUnavailableError, ImportError) as error:
            reason = reason or str(error)
            continue
        return f"{parser} ({distribution} {metadata.version(distribution)})"
    return f"none: {reason}"
