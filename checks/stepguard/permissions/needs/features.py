"""What features of a state machine and of Map states need, from AWS's documented statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Activity, Encryption, Logging, StateMachine, Unread
from stepguard.deployment.values import (
    REMOVED,
    OneOf,
    Plain,
    Traced,
    plain,
)
from stepguard.deployment.workflow import State, Task
from stepguard.permissions.identity import arn_reference
from stepguard.permissions.needs.need import RESULT, Kind, Need
from stepguard.permissions.needs.parameters import find_parameter, unknown_value
from stepguard.permissions.needs.templates import fill, sole_reference

_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]")
_PREFIX = re.compile(r"\[\[Prefix\]\]/?")
_CUSTOMER_KEY = "CUSTOMER_MANAGED_KMS_KEY"
_READERS = {"getObject": "item_reader_getObject", "listObjectsV2": "item_reader_listObjectsV2"}
_WRITER = "result_writer"
_FLATTEN = "LOAD_AND_FLATTEN"

Lookup = Callable[[str], "list[Plain]"]


def needs_of_machine_features(machine: StateMachine, deployment: Deployment) -> Iterator[Need]:
    """Yield what logging, tracing and encryption of a state machine need."""
    logs = writes_logs(machine.logging)
    yield from _feature("cloudwatch_logs", "logging", logs, _nothing, deployment)
    yield from _feature("xray", "tracing", is_traced(machine.tracing), _nothing, deployment)
    has_key, key = _key(machine.encryption)
    own = arn_reference(machine)

    def lookup(placeholder: str) -> list[Plain]:
        if placeholder == "KeyId":
            return [key]
        return [own if own is not None else "*"]

    yield from _feature("cmk_state_machine", "encryption", has_key, lookup, deployment)
    both = False if False in (has_key, logs) else None if None in (has_key, logs) else True
    yield from _feature("cmk_logging", "encryption of logs", both, lookup, deployment)


def needs_of_activity(task: Task, deployment: Deployment) -> Iterator[Need]:
    """Yield what a task needs whose activity is encrypted with a key of the customer's."""
    reference = sole_reference(task.resource)
    if reference is None:
        return
    for activity in deployment.find(reference.target):
        if not isinstance(activity, Activity):
            continue
        has_key, key = _key(activity.encryption)
        own: Plain = arn_reference(activity) or "*"
        values = {"KeyId": key, "ActivityArn": own}
        yield from _feature(
            "cmk_activity",
            "encryption of the activity",
            has_key,
            lambda name, known=values: [known.get(name, "*")],  # type: ignore[misc]  # bound early
            deployment,
            state=task.name,
        )


def needs_of_map(state: State, machine: StateMachine, deployment: Deployment) -> Iterator[Need]:
    """Yield what a distributed Map needs: its own executions, its reader and its writer."""
    processor = as_object(state.get("ItemProcessor")) or {}
    config = as_object(processor.get("ProcessorConfig")) or {}
    own = arn_reference(machine)
    label = state.get("Label")

    def own_lookup(placeholder: str) -> list[Plain]:
        if placeholder == "MapLabel":
            return [label if isinstance(label, str) else "*"]
        return [own if own is not None else unknown_value("the state machine")]

    if config.get("Mode") == "DISTRIBUTED":
        yield from _feature("distributed_map", "", True, own_lookup, deployment, state=state.name)
    reader = as_object(state.get("ItemReader"))
    if reader is not None:
        operation = str(reader.get("Resource", "")).rpartition(":")[2]
        if operation in _READERS:
            yield from _transfer(state, reader, _READERS[operation], deployment)
    writer = as_object(state.get("ResultWriter"))
    if writer is not None and writer.get("Resource") is not None:
        yield from _transfer(state, writer, _WRITER, deployment)


def _transfer(
    state: State, holder: dict[str, Plain], feature: str, deployment: Deployment
) -> Iterator[Need]:
    """Yield what a reader or a writer needs on its bucket."""
    passed = holder.get("Arguments", holder.get("Parameters"))
    if passed is None:
        passed = {}
    config = as_object(holder.get("ReaderConfig")) or {}
    bucket = find_parameter(passed, "Bucket")[0]
    is_dynamic = bucket.decided == "dynamic"

    def lookup(placeholder: str) -> list[Plain]:
        found = find_parameter(passed, placeholder)[0]
        if found.decided == "written":
            value = found.value
            return [value.strip("/") if isinstance(value, str) else value]
        if found.decided == "unknown":
            return [unknown_value(placeholder)]
        return ["*"] if placeholder != "Bucket" else []

    has_prefix = find_parameter(passed, "Prefix")[0].decided != "absent"
    for row in load("integrations")["features"][feature]["statements"]:
        if feature == _WRITER:
            row = {**row, "part": RESULT}
        if not has_prefix:
            row = {**row, "static": [_PREFIX.sub("", one) for one in row["static"]]}
        when = str(row.get("when", ""))
        if when.startswith("ReaderConfig") and config.get("Transformation") != _FLATTEN:
            kind: Kind = "optional"
        elif when:
            kind = "required" if when.startswith("ReaderConfig") else "conditional"
        else:
            kind = _kind(row, known=True)
        if row["actions"]:
            yield from _needs(
                row, kind, lookup, deployment, state=state.name, is_dynamic=is_dynamic
            )


def _feature(
    name: str,
    shown: str,
    holds: bool | None,
    lookup: Lookup,
    deployment: Deployment,
    *,
    state: str = "",
) -> Iterator[Need]:
    if holds is False:
        return
    for row in load("integrations")["features"][name]["statements"]:
        kind = _kind(row, known=holds is True)
        yield from _needs(row, kind, lookup, deployment, feature=shown, state=state)


def _kind(row: dict[str, Any], *, known: bool) -> Kind:
    if row["need"] == "optional":
        return "optional"
    return "required" if known and row["need"] == "required" else "conditional"


def _needs(
    row: dict[str, Any],
    kind: Kind,
    lookup: Lookup,
    deployment: Deployment,
    *,
    feature: str = "",
    state: str = "",
    is_dynamic: bool = False,
) -> Iterator[Need]:
    templates = row["dynamic"] if is_dynamic else row["static"]
    resources: list[Plain] = []
    for template in templates:
        resources.extend(one for one in fill(template, lookup, deployment) if one not in resources)
    if not resources:
        resources = ["*"]
        is_dynamic = True
    condition = tuple(
        (operator, key, tuple(_values(given, lookup, deployment)))
        for operator, keys in (row.get("condition") or {}).items()
        for key, given in keys.items()
    )
    for action in row["actions"]:
        yield Need(
            action=action,
            resources=tuple(resources),
            kind=kind,
            part=row["part"],
            states=(state,) if state else (),
            feature=feature,
            is_dynamic=is_dynamic,
            when=str(row.get("when", "")) if kind == "conditional" else "",
            condition=condition,
            sources=tuple(row["sources"]),
        )


def _values(given: Plain, lookup: Lookup, deployment: Deployment) -> Iterator[Plain]:
    for text in given if isinstance(given, list) else [given]:
        match = _PLACEHOLDER.fullmatch(text)
        if match is None:
            yield from fill(text, lookup, deployment)
        else:
            yield from lookup(match.group(1)) or ["*"]


def _nothing(_: str) -> list[Plain]:
    return []


def _choices(value: Traced) -> list[Plain]:
    found: list[Plain] = []
    stack: list[Plain] = [plain(value)]
    while stack:
        one = stack.pop()
        if isinstance(one, OneOf):
            stack.extend(one.alternatives)
        else:
            found.append(None if one is REMOVED else one)
    return found


def writes_logs(logging: Logging | Unread | None) -> bool | None:
    """Tell whether a machine writes logs; `None` when that is not known."""
    if logging is None or (isinstance(logging, Logging) and logging.level is None):
        return False
    if isinstance(logging, Unread) or logging.level is None:
        return None
    levels = _choices(logging.level)
    if any(not isinstance(one, str) and one is not None for one in levels):
        return None
    on = {isinstance(one, str) and one.upper() != "OFF" for one in levels}
    return on.pop() if len(on) == 1 else None


def is_traced(value: Traced | Unread | None) -> bool | None:
    """Tell whether a machine is traced; `None` when that is not known."""
    if value is None:
        return False
    if isinstance(value, Unread):
        return None
    found = {str(one).lower() for one in _choices(value)}
    if found == {"true"}:
        return True
    return False if found <= {"false", "none"} else None


def _key(encryption: Encryption | Unread | None) -> tuple[bool | None, Plain]:
    """Tell whether there is a customer's key, and return its value."""
    if encryption is None:
        return False, None
    if isinstance(encryption, Unread):
        return None, unknown_value("the key")
    kinds = [] if encryption.type is None else _choices(encryption.type)
    key = unknown_value("the key") if encryption.key is None else plain(encryption.key)
    if kinds and all(isinstance(one, str) for one in kinds):
        is_customer = {one == _CUSTOMER_KEY for one in kinds}
        if is_customer == {False}:
            return False, None
        return (True if is_customer == {True} else None), key
    if not kinds:
        # The type has a default only where no key is given.
        return encryption.key is not None, key
    return None, key
