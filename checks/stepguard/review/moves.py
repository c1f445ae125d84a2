"""Resources that have another address or another deployment after the change, and are the same.

In a plan they need not be searched for: the prior state is read at the plan's addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.readers.terraform.moved import Moved, moved_blocks
from stepguard.review.pairing import Pair

Located: TypeAlias = "tuple[str, str]"
"""A resource: the root of its deployment, and its address."""

MAXIMUM_STEPS = 50
"""Moves of one resource that are followed, each beginning where the last one ends."""

_FIRST_KEY = re.compile(r"\[0\]$")


def moved_resources(pairs: Sequence[Pair]) -> dict[Located, Located]:
    """Return where each resource has gone that is not where it was.

    That is told by `moved` blocks, by Terraform's own rule for `count`, by deployments that have
    another path now, and by a resource that is gone here and new there.
    """
    moved: dict[Located, Located] = {}
    for one in pairs:
        if one.before is not None and one.after is not None:
            moved.update(_within(one.before, one.after))
    moved.update(_between(pairs, moved))
    return moved


def _within(before: Deployment, after: Deployment) -> Iterator[tuple[Located, Located]]:
    if before.form is Form.ASL and after.form is Form.ASL:
        # The address of a bare definition is its file's name.
        yield from zip(_located(before), _located(after))  # noqa: B905 - one each
        return
    present = {one.address for one in after.resources}
    blocks = list(_blocks(after))
    for resource in before.resources:
        address = _followed(resource.address, blocks, present)
        origin, target = (before.root, resource.address), (after.root, address)
        if origin != target and address in present:
            yield origin, target


def _blocks(deployment: Deployment) -> Iterator[tuple[str, Moved]]:
    """Yield the `moved` blocks of a configuration, each for every instance of its module."""
    if deployment.form is not Form.TERRAFORM:
        return
    prefixes: dict[str, set[str]] = {}
    for resource in deployment.resources:
        span = resource.block or resource.span
        if span is not None:
            prefixes.setdefault(_directory(span.path), set()).add(_module(resource))
    for file in deployment.files:
        for block in moved_blocks(file):
            known = prefixes.get(_directory(file.path), set())
            is_root = _directory(file.path) == str(PurePosixPath(deployment.root))
            for prefix in sorted({*known, ""} if is_root else known):
                yield prefix, block


def _directory(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _module(resource: Resource) -> str:
    """Return the address of a resource's module, with a dot behind it; empty for the root."""
    own = f"{resource.type}."
    at = resource.address.rfind(own)
    prefix = resource.address[: max(at, 0)]
    return prefix.removesuffix("data.")


def _followed(address: str, blocks: Iterable[tuple[str, Moved]], present: set[str]) -> str:
    """Return where a resource is after all moves that concern it."""
    left = list(blocks)
    for _ in range(MAXIMUM_STEPS):
        for number, (prefix, block) in enumerate(left):
            target = _target(address, prefix, block)
            if target is not None:
                address = target
                del left[number]
                break
        else:
            break
    if address in present:
        return address
    # Terraform takes what had no `count` for the first of what has, and the other way round.
    other = _FIRST_KEY.sub("", address) if _FIRST_KEY.search(address) else f"{address}[0]"
    return other if other in present else address


def _target(address: str, prefix: str, block: Moved) -> str | None:
    """Return where a block moves an address; `None` when it does not concern it."""
    if not address.startswith(prefix):
        return None
    own = address[len(prefix) :]
    rest = own[len(block.origin) :]
    if not own.startswith(block.origin) or (rest and rest[0] not in "[."):
        return None
    if rest.startswith("[") and block.target.endswith("]"):
        # What moves to an instance is the one that has had no key.
        return None
    return f"{prefix}{block.target}{rest}"


def _between(
    pairs: Sequence[Pair], moved: Mapping[Located, Located]
) -> Iterator[tuple[Located, Located]]:
    """Yield what is gone from one deployment and new, at the same address, in another one."""
    gone: dict[tuple[str, str], list[Located]] = {}
    new: dict[tuple[str, str], list[Located]] = {}
    for one in pairs:
        old = {} if one.before is None else _located(one.before)
        now = {} if one.after is None else _located(one.after)
        kept = {moved.get(origin, origin) for origin in old}
        for origin, resource in old.items():
            target = moved.get(origin, origin)
            if target not in now:
                gone.setdefault((resource.type, resource.address), []).append(origin)
        for target, resource in now.items():
            if target not in kept:
                new.setdefault((resource.type, resource.address), []).append(target)
    for identity, origins in gone.items():
        targets = new.get(identity, [])
        if len(origins) == 1 and len(targets) == 1 and origins[0][0] != targets[0][0]:
            yield origins[0], targets[0]


def _located(deployment: Deployment) -> dict[Located, Resource]:
    return {(deployment.root, one.address): one for one in deployment.resources}
