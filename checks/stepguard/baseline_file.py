"""The file of a baseline: JSON, sorted, so that a change of it shows well in a review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from stepguard.baseline import Known

VERSION = 1
"""The only version of the format that there is."""

MAXIMUM_BYTES = 64 * 1024 * 1024
"""The largest baseline that is read."""

_TEXTS = ("file", "rule", "resource", "state", "fingerprint", "reason", "date")


class BaselineError(Exception):
    """A file that is no baseline, or none of this version: one line for the user."""


def render_baseline(entries: Sequence[Known]) -> str:
    """Return the text of a baseline with a line break at its end."""
    listed = [
        {
            "rule": one.rule,
            "resource": one.resource,
            "state": one.state,
            "file": one.file,
            "fingerprint": one.fingerprint,
            "reason": one.reason,
            "date": one.date.isoformat(),
        }
        for one in sorted(entries)
    ]
    document = {"tool": "stepguard", "baseline": VERSION, "findings": listed}
    return json.dumps(document, indent=2) + "\n"


def read_baseline(path: Path) -> list[Known]:
    """Return the entries of a baseline. Raises `BaselineError`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror or 'cannot be read'}") from error
    if len(content) > MAXIMUM_BYTES:
        raise BaselineError(f"{path}: larger than {MAXIMUM_BYTES // (1024 * 1024)} MB")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: no baseline: it is not JSON") from error
    version = document.get("baseline") if isinstance(document, dict) else None
    if version != VERSION or isinstance(version, bool):
        raise BaselineError(f"{path}: no baseline of version {VERSION}")
    listed = document.get("findings")
    if not isinstance(listed, list):
        raise BaselineError(f"{path}: no baseline: it has no list of findings")
    return [_known(one, number, path) for number, one in enumerate(listed, 1)]


def _known(entry: Any, number: int, path: Path) -> Known:
    if not isinstance(entry, dict):
        raise BaselineError(f"{path}: finding {number} is no object")
    texts: dict[str, str] = {}
    for name in _TEXTS:
        value = entry.get(name)
        if not isinstance(value, str):
            raise BaselineError(f"{path}: finding {number} has no {name}")
        texts[name] = value
    try:
        day = date.fromisoformat(texts.pop("date"))
    except ValueError as error:
        raise BaselineError(f"{path}: finding {number} has no date like 2026-01-31") from error
    return Known(**texts, date=day)
