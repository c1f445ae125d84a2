"""Letters that a text writes by their numbers, so that no search for a word finds it."""

from __future__ import annotations

import re
from functools import lru_cache

_ESCAPE = re.compile(rb"\\(?:x|u00|U000000)[0-7][0-9a-fA-F]")
_CONTINUED = re.compile(rb"\\\r?\n[ \t]*")
_KEPT = b'"\\'
"""What means something else when it is not escaped."""


def unescaped(content: bytes) -> bytes:
    r"""Return text with ASCII characters in the place of `\x41`, `\u0041` and `\U00000041`.

    A line of YAML that ends with a backslash goes on in the next. What is returned is to be
    searched, not to be read.
    """
    if b"\\" not in content:
        return content
    return _ESCAPE.sub(_character, _CONTINUED.sub(b"", content))


def _character(match: re.Match[bytes]) -> bytes:
    return _meaning(match.group())


# A file may have millions of escapes, of which only some hundreds differ.
@lru_cache(maxsize=1024)
def _meaning(escape: bytes) -> bytes:
    character = bytes([int(escape[-2:], 16)])
    return escape if character in _KEPT else character
