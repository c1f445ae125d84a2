"""Workflow commands of GitHub Actions, which a runner reads from what a step prints.

Sources: `packages/core/src/command.ts` of actions/toolkit, whose escapes the runner undoes, and
`src/Runner.Common/ActionCommand.cs` of actions/runner: a line is a command that begins with `::`
behind any blanks, or has `##[` anywhere. Every report can be printed in a step, so no report may
hold such a line from a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stepguard.reports.display import harmless, harmless_lines
from stepguard.reports.indented_json import indented


def command(name: str, properties: Mapping[str, str | int | None], message: str) -> str:
    """Return a command on one line; properties that are `None` or empty are left out."""
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{name}{' ' if given else ''}{given}::{_message(message)}"


def inert(line: str) -> str:
    """Return a line of text with what a runner takes for a command written out."""
    line = without_brackets(line)
    before, colons, after = line.partition("::")
    return f"{before}\\u{{3a}}:{after}" if colons and not before.strip() else line


def without_brackets(text: str) -> str:
    """Return text with `##[` written out, for places that are not the start of a line."""
    return text.replace("##[", "#\\u{23}[")


def json_text(data: Any) -> str:
    """Return data as JSON with a line break at its end; a parser reads it as it would any other.

    No line of it begins with a string, so that only `##[` is to be written otherwise.
    """
    return indented(data).replace("##[", "#\\u0023[") + "\n"


def inert_xml(text: str) -> str:
    """Return XML with what a runner takes for a command as character references."""
    return _COLONS.sub(r"\1&#58;:", text.replace("##[", "#&#35;["))


_COLONS = re.compile(r"^(\s*)::", re.MULTILINE)


def _property(value: str) -> str:
    return _data(harmless(value)).replace(":", "%3A").replace(",", "%2C")


def _message(text: str) -> str:
    return "%0A".join(_data(line) for line in harmless_lines(text))


def _data(text: str) -> str:
    """Escape what the runner would undo; line breaks were written out or split at before."""
    return text.replace("%", "%25")
