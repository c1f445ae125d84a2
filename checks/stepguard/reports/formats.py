"""The forms that a report can be written in."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from stepguard.report import Report

FORMATS = (
    "text",
    "json",
    "sarif",
    "code-scanning",
    "junit",
    "github",
    "gitlab",
    "markdown",
    "html",
)
"""The names of all forms, the one for people first."""

SHOWING_PERMISSIONS = frozenset({"json", "html"})
"""The forms that show what state machines need and are granted, or draw them."""

_MODULES = {"json": "json_report", "code-scanning": "sarif"}


def render(
    report: Report,
    form: str,
    *,
    colour: bool = False,
    details: bool = False,
    everything: bool = False,
) -> str:
    """Return a report in one of `FORMATS`.

    The rest is for text alone: whether to colour it, to list what was not evaluated one by one,
    and to list of a change what it leaves unchanged. Raises `ValueError` for another form.
    """
    if form == "text":
        from stepguard.reports.text import render_text

        return render_text(report, colour=colour, details=details, everything=everything)
    if form not in FORMATS:
        raise ValueError(f"no form {form!r}")
    # Each is imported when it is wanted, to keep the start of commands short.
    module = importlib.import_module(f"stepguard.reports.{_MODULES.get(form, form)}")
    renderer = cast(Callable[[Report], str], getattr(module, f"render_{form.replace('-', '_')}"))
    return renderer(report)
