"""Letters that a text writes by their numbers, so that no search for a word finds it."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\(?:(?:x|u00|U000000)([0-7][0-9a-fA-F])|\r?\n[ \t]*)",
)
_KEPT = b'"\\'
"""What means something else when it is not escaped."""


def unescaped(content: bytes) -> bytes:
    r"""Return text with ASCII characters in the place of `\x41`, `\u0041` and `\U00000041`.

    A line of YAML that ends with a backslash goes on in the next. What is returned is to be
    searched, not to be read.
    """
    return _ESCAPE.sub(_character, content) if b"\\" in content else content


def _character(match: re.Match[bytes]) -> bytes:
    if match.group(1) is None:
        return b""
    character = bytes([int(match.group(1), 16)])
    return match.group() if character in _KEPT else character
