"""checkov's bill of materials, which is to be the same with our checks and without them.

checkov adds a resource that none of its checks has been asked about to a list of its own, so that
bills of materials have it. Of a type that only our checks are registered for, it would leave out
those resources of which none of our rules says anything.
"""

from __future__ import annotations

import threading
from typing import Any

from stepguard.hosts.checkov_bridge.visit import NotReadError, inventory


class _Noted(threading.local):
    """The resource that was noted last, and whether a rule has said anything of it."""

    configuration: object = None
    place: tuple[set[Any], Any] | None = None
    is_judged: bool = False


_noted = _Noted()


def note(configuration: object, *, is_judged: bool) -> None:
    """Keep a resource in the list as long as no rule says anything of it.

    `configuration` is checkov's own object of the resource, for its identity. To be called with
    the answer of each rule. Never raises.
    """
    if configuration is not _noted.configuration:
        _noted.configuration = configuration
        _noted.is_judged = False
        try:
            _noted.place = inventory()
        except (NotReadError, ImportError, KeyError, AttributeError, TypeError):
            _noted.place = None
    if _noted.place is None or _noted.is_judged:
        return
    listed, entry = _noted.place
    if is_judged:
        _noted.is_judged = True
        listed.discard(entry)
    else:
        listed.add(entry)
