"""What to scan for the resource that checkov is at, and under which addresses it is there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeAlias
from weakref import WeakKeyDictionary

from stepguard.engine import ScanOptions
from stepguard.garbage import collected_later
from stepguard.hosts.checkov_bridge.addresses import AddressIndex, with_mode
from stepguard.hosts.checkov_bridge.visit import (
    CLOUDFORMATION,
    TERRAFORM,
    TERRAFORM_JSON,
    TERRAFORM_PLAN,
    Visit,
    downloaded_modules,
)
from stepguard.hosts.checkov_bridge.wanted import Wanted
from stepguard.hosts.lookup import Results, results_of
from stepguard.inputs import Kind
from stepguard.time_limit import SECONDS

Scanned: TypeAlias = "tuple[tuple[Results, tuple[str, ...]], ...]"
"""Results that concern a resource, each with the resource's addresses in it."""

_indexes: WeakKeyDictionary[Results, AddressIndex] = WeakKeyDictionary()


def scanned(visit: Visit, entity_type: str, wanted: Wanted) -> Scanned:
    """Return the results that concern the resource of a visit, with its addresses in them.

    There are several results where a file is part of several root modules. A resource that was
    not read has no address. `wanted` has at least one rule.
    """
    with collected_later():
        if visit.framework == CLOUDFORMATION:
            results = results_of(Kind.TEMPLATE, Path(visit.file), _options(visit, wanted))
            return ((results, (visit.address,) if visit.address in results.resources else ()),)
        address = with_mode(visit.address, entity_type)
        if visit.framework == TERRAFORM_JSON:
            return _in_root_modules(visit, address, wanted)
        if visit.framework == TERRAFORM_PLAN:
            results = results_of(Kind.PLAN, Path(visit.file), _options(visit, wanted))
        else:
            directory = Path(visit.root_directory)
            results = results_of(Kind.TERRAFORM, directory, _options(visit, wanted))
        return ((results, _index(results).matching(address)),)


def _in_root_modules(visit: Visit, address: str, wanted: Wanted) -> Scanned:
    """Find a resource by its file and local name: checkov follows no modules in JSON files."""
    # Terraform's reader is imported only by those of checkov's processes that need it.
    from stepguard.hosts.checkov_bridge.root_modules import is_local, root_modules_of

    found = []
    for directory in root_modules_of(visit.file, visit.directory):
        results = results_of(Kind.TERRAFORM, Path(directory), _options(visit, wanted))
        addresses = tuple(
            one
            for one, place in results.resources.items()
            if is_local(one, place.file, address, visit.file)
        )
        found.append((results, addresses))
    return tuple(found)


def _options(visit: Visit, wanted: Wanted) -> ScanOptions:
    modules = downloaded_modules(visit.root_directory) if visit.framework == TERRAFORM else {}
    return ScanOptions(
        root=None if visit.directory is None else Path(visit.directory),
        var_files=tuple(Path(one) for one in visit.var_files),
        source=_plan_source(visit),
        modules={path: Path(directory) for path, directory in modules.items()},
        config=wanted.settings.config,
        rules=_sorted(wanted.rules),
        pedantic=bool(wanted.pedantic),
        time_limit=SECONDS,
    )


@lru_cache(maxsize=16)
def _sorted(rules: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(rules))


def _plan_source(visit: Visit) -> Path | None:
    """Return the directory that a plan was made from, as far as the user has said."""
    if visit.framework != TERRAFORM_PLAN or not visit.plan_sources:
        return None
    from stepguard.hosts.checkov_bridge.root_modules import only_root_module

    return only_root_module(visit.plan_sources[0])


def _index(results: Results) -> AddressIndex:
    index = _indexes.get(results)
    if index is None:
        index = AddressIndex(results.resources)
        _indexes[results] = index
    return index
