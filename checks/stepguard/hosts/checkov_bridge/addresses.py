"""Which of the addresses that were read a host means when it names a resource."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_SEGMENT = re.compile(r'(?:[^.\[]|\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])+')
_DATA_SOURCES = frozenset({"aws_iam_policy_document"})
"""Types that are judged as data sources."""
_KEY = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]$')


def segments_of(address: str) -> tuple[tuple[str, str], ...]:
    """Return a Terraform address as pairs of a name and its key, empty where there is none."""
    found: list[tuple[str, str]] = []
    for segment in _SEGMENT.findall(address):
        key = _KEY.search(segment)
        found.append((segment, "") if key is None else (segment[: key.start()], key.group()))
    return tuple(found)


def without_keys(address: str) -> str:
    """Return an address without the keys of instances: `module.a["k"].b.c[0]` as `module.a.b.c`."""
    return ".".join(name for name, _ in segments_of(address))


def local_part(address: str) -> str:
    """Return the part after the modules, without key: `data.a.b` for `module.m[0].data.a.b[1]`."""
    names = [name for name, _ in segments_of(address)]
    while len(names) > 2 and names[0] == "module":
        names = names[2:]
    return ".".join(names)


def with_mode(address: str, type_name: str) -> str:
    """Return the address of a data source with `data.`, which checkov leaves out."""
    if type_name not in _DATA_SOURCES:
        return address
    before, found, after = address.rpartition(f"{type_name}.")
    if not found or before.endswith("data."):
        return address
    return f"{before}data.{found}{after}"


class AddressIndex:
    """Addresses, found by others that may lack keys or have more of them."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._all = frozenset(addresses)
        self._by_names: defaultdict[str, list[str]] = defaultdict(list)
        for address in sorted(self._all):
            self._by_names[without_keys(address)].append(address)

    def matching(self, address: str) -> tuple[str, ...]:
        """Return the addresses that may be the same resource.

        One that is equal is the only one, unless it lacks a key that others have: then it stands
        for all instances. Otherwise keys must be equal where both addresses have one.
        """
        given = segments_of(address)
        alike = self._by_names.get(".".join(name for name, _ in given), ())
        if address in self._all and (len(alike) == 1 or any(key for _, key in given)):
            return (address,)
        return tuple(one for one in alike if _agree(given, segments_of(one)))


def _agree(first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...]) -> bool:
    return all(
        not key or not other or key == other
        for (_, key), (_, other) in zip(first, second, strict=True)
    )
