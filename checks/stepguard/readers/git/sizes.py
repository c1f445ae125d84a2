"""How large an object of git is, told without unpacking it.

A few kilobytes in a repository can be gigabytes when they are unpacked, by compression or by a
chain of deltas of which each is small. Sources: https://git-scm.com/docs/gitformat-pack and, for
objects outside packs, https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stepguard.structs import Struct

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.objects import RawObjectID

MAXIMUM_DELTAS = 10_000
"""Deltas that one object may be made of; git itself makes chains of 4,095 at most."""

_FIRST_BYTES = 512
"""As much of an object as its sizes stand in."""

_DELTA_FROM_OFFSET = 6
_DELTA_FROM_OBJECT = 7
_ID_BYTES = 20


class ObjectSize(Struct, frozen=True):
    """Bytes: `own` of the object, `largest` of whatever has to be unpacked on the way to it."""

    own: int
    largest: int


def size_of(store: DiskObjectStore, identity: bytes) -> ObjectSize | None:
    """Return the size of an object by its hexadecimal id; `None` when it is not there.

    Raises `ValueError` or `zlib.error` for a damaged one, and `OSError`.
    """
    from dulwich.object_store import DiskObjectStore

    for one in (store, *store.alternates):
        if not isinstance(one, DiskObjectStore):
            continue
        found = _packed(one, identity) or _loose(Path(one.path), identity.decode("ascii"))
        if found is not None:
            return found
    return None


def _loose(objects: Path, identity: str) -> ObjectSize | None:
    path = objects / identity[:2] / identity[2:]
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        header = zlib.decompressobj().decompress(stream.read(_FIRST_BYTES), _FIRST_BYTES)
    size = int(header.partition(b"\x00")[0].split(b" ")[1])
    return ObjectSize(size, size)


def _packed(store: DiskObjectStore, identity: bytes) -> ObjectSize | None:
    from dulwich.objects import RawObjectID

    for pack in store.packs:
        try:
            offset = pack.index.object_offset(RawObjectID(bytes.fromhex(identity.decode("ascii"))))
        except KeyError:
            continue
        with Path(store.pack_dir, pack.data.filename).open("rb") as stream:
            own, largest = 0, 0
            for number, sizes in enumerate(_chain(stream, offset, pack.index.object_offset)):
                own = own if number else sizes[0]
                largest = max(largest, *sizes)
        return ObjectSize(own, largest)
    return None


def _chain(
    stream: BinaryIO, offset: int, offset_of: Callable[[RawObjectID], int]
) -> Iterator[tuple[int, ...]]:
    """Yield the sizes of an object and of those that it is a delta from: its own comes first."""
    from dulwich.objects import RawObjectID

    for _ in range(MAXIMUM_DELTAS):
        stream.seek(offset)
        head = stream.read(_FIRST_BYTES)
        kind, size, at = _header(head)
        if kind == _DELTA_FROM_OFFSET:
            back, at = _distance(head, at)
            base = offset - back
        elif kind == _DELTA_FROM_OBJECT:
            base = offset_of(RawObjectID(head[at : at + _ID_BYTES]))
            at += _ID_BYTES
        else:
            yield (size,)
            return
        begun = zlib.decompressobj().decompress(head[at:], _FIRST_BYTES)
        before, at = _number(begun, 0)
        after, _ = _number(begun, at)
        yield after, before, size
        offset = base
    raise ValueError("a chain of deltas without an end")


def _header(head: bytes) -> tuple[int, int, int]:
    """Return the kind and the size of what a pack has at a place, and where that ends."""
    rest, at = (_number(head, 1)) if head[0] & 0x80 else (0, 1)
    return head[0] >> 4 & 7, rest << 4 | head[0] & 15, at


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _distance(content: bytes, at: int) -> tuple[int, int]:
    """Return how far back the object is that a delta is made from, and where that number ends."""
    value = content[at] & 0x7F
    while content[at] & 0x80:
        at += 1
        value = (value + 1) << 7 | content[at] & 0x7F
    return value, at + 1
