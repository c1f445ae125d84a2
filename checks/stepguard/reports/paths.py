"""Paths of files as parts of addresses."""

from __future__ import annotations

import os
from urllib.parse import quote

from stepguard.reports.display import harmless


def encodable(path: str) -> str:
    """Return a path that has bytes: itself, or what can be shown of one that no file can have."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return harmless(path)
    return path


def percent_encoded(path: str) -> str:
    """Return a path as part of an address: its bytes, percent-encoded but for letters and `/`."""
    return quote(os.fsencode(encodable(path)))
