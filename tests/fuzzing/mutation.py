"""New inputs out of old ones: words put in, stretches repeated, moved, cut out or exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

MAXIMUM_BYTES = 20_000


def mutated(content: bytes, tokens: Sequence[str], seeds: Sequence[bytes], chance: Random) -> bytes:
    """Return a neighbour of an input, of at most `MAXIMUM_BYTES` bytes."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        content = _step(content, tokens, seeds, chance)[:MAXIMUM_BYTES]
    return content


def _step(content: bytes, tokens: Sequence[str], seeds: Sequence[bytes], chance: Random) -> bytes:
    low, high = _stretch(content, chance)
    before, inside, after = content[:low], content[low:high], content[high:]
    kind = chance.randrange(8)
    if kind == 0:
        return before + after
    if kind == 1:
        return before + inside * chance.choice((2, 3, 50)) + after
    if kind == 2:
        return before + chance.choice(tokens).encode() + content[low:]
    if kind == 3:
        return before + chance.choice(tokens).encode() + after
    if kind == 4:
        other = chance.choice(seeds)
        start, end = _stretch(other, chance)
        return before + other[start:end] + content[low:]
    if kind == 5:
        at = chance.randrange(len(content) + 1)
        return (before + after)[:at] + inside + (before + after)[at:]
    if kind == 6:
        return before + bytes(chance.randrange(256) for _ in range(chance.choice((1, 2)))) + after
    # A value takes the place of another, so that types do not fit.
    start, end = _stretch(content, chance)
    return before + content[start:end] + after


def _stretch(content: bytes, chance: Random) -> tuple[int, int]:
    """Return where a stretch begins and ends: some bytes, or whole lines, or between quotes."""
    if not content:
        return 0, 0
    low = chance.randrange(len(content))
    ends = chance.choice((b"", b"\n", b'"', b"}", b"]"))
    if not ends:
        return low, min(len(content), low + chance.choice((1, 2, 4, 16, 64)))
    start = content.rfind(ends, 0, low) + 1
    end = content.find(ends, low)
    return start, len(content) if end < 0 else end + (ends != b'"')
