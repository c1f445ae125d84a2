"""Data that others maintain, made into files of our own by the programs in `generators/`."""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Return the content of a data file, read at the first call; not to be changed by callers.

    `name` is the file's name without `.json`. Raises `FileNotFoundError`.
    """
    # Unlike importlib.resources this costs no time to import, and it reads from a zip as well.
    content = pkgutil.get_data(__name__, f"{name}.json")
    if content is None:
        raise FileNotFoundError(name)
    document: dict[str, Any] = json.loads(content)
    return document
