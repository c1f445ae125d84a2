"""What a plan or a state holds, as `terraform show -json` prints it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from stepguard.deployment.source import Span
from stepguard.deployment.values import Plain, Traced
from stepguard.readers.plan.addresses import InstanceKey
from stepguard.readers.plan.json_walk import JsonWalk
from stepguard.readers.plan.shapes import as_list, as_object
from stepguard.structs import Struct, field

_SUPPORTED = ("0.", "1.")
_GONE = (["delete"], ["forget"])
_ANY_KEY = "[*]"
"""What stands in an address for instances of which the number is not known."""

_ADDRESS_FIRST = re.compile(r'\{\s*"address"\s*:\s*("(?:[^"\\]|\\.)*")')

_POLICY_TYPES = {
    "aws_iam_role_policy": "name",
    "aws_iam_role_policy_attachment": "policy_arn",
}


class PlanError(Exception):
    """The text is no plan that can be read. `at` is the offset of what is wrong."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class PlannedResource(Struct, eq=False):
    """An instance of a resource or data source, and where the plan has it.

    `module` is the address of its module instance, empty for the root module. `whole` is its
    object, `span` its address in that. `stays` says that the plan does nothing to it, `is_deferred`
    that what becomes of it is left to a later plan, `is_unknown` that no value of it is known.
    """

    address: str
    type: str
    name: str
    mode: str
    module: str
    key: InstanceKey
    whole: Span
    span: Span
    stays: bool = False
    is_deferred: bool = False
    is_unknown: bool = False

    @property
    def local(self) -> str:
        """Its name in its module, without instance key."""
        prefix = "data." if self.mode == "data" else ""
        return f"{prefix}{self.type}.{self.name}"


class Contents(Struct, eq=False):
    """A plan, or a state.

    `resources` are the instances that will be there after the plan is applied, data sources that
    are read on the way included; `read` are the data sources that have been read. `variables`
    are the values of the root module's variables; `configuration` is `None` in a state and in a
    plan of which someone has cut it off. With `is_prior`, the resources are those that were there
    before, each at the address that it has in the plan, and as they were before. `elsewhere` names
    the policies of roles that are, or were, resources of their own: by the role's name the
    policies' names and ARNs. `is_incomplete` says that it takes more than this plan to get what the
    configuration asks for, `lacking` are the addresses of resources that have planned values and of
    which the plan does not say what becomes of them.
    """

    walk: JsonWalk
    is_prior: bool = False
    is_state: bool = False
    is_errored: bool = False
    is_incomplete: bool = False
    resources: list[PlannedResource] = field(default_factory=list)
    read: list[PlannedResource] = field(default_factory=list)
    variables: dict[str, Plain] = field(default_factory=dict)
    configuration: dict[str, Any] | None = None
    elsewhere: dict[str, set[str]] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)

    def details(self, resource: PlannedResource) -> Details:
        """Return what is planned for a resource, with the places in the plan."""
        found = Details(Traced({}), {}, {})
        walk = self.walk
        values = "before" if self.is_prior else "after"
        sensitive_values = f"{values}_sensitive"

        def change(key: str, at: int) -> int:
            if key in (values, "values"):
                traced, end = walk.trace(at)
                if isinstance(traced.value, dict):
                    found.values = traced
                return end
            value, end = walk.value(at)
            if key == "after_unknown" and not self.is_prior:
                found.unknown = value
            elif key in (sensitive_values, "sensitive_values"):
                found.sensitive = value
            return end

        def member(key: str, at: int) -> int:
            if key == "change" and walk.begins_with(at, "{"):
                return walk.members(at, change)
            if key in ("values", "sensitive_values"):
                return change(key, at)
            return walk.value(at)[1]

        walk.members(resource.whole.start, member)
        return found


class Details(Struct, eq=False):
    """The planned values of a resource.

    `unknown` and `sensitive` have the shape of the values, with `true` for what is.
    """

    values: Traced
    unknown: Plain
    sensitive: Plain


def read_contents(walk: JsonWalk, *, is_prior: bool = False) -> Contents:
    """Return what a plan or a state holds: what will be, or, with `is_prior`, what was.

    Raises `PlanError`, `json.JSONDecodeError` where the text is no JSON, and `RecursionError`.
    """
    contents = Contents(walk, is_prior)
    version: list[tuple[Plain, int]] = []
    seen: dict[str, int] = {}
    changed: set[str] = set()
    planned: Plain = None

    def member(key: str, at: int) -> int:
        nonlocal planned
        at = walk.next(at)
        seen[key] = at
        if key == "resource_changes" and walk.begins_with(at, "["):
            return walk.elements(at, lambda offset: _read_change(contents, offset, changed))
        if key == "deferred_changes" and walk.begins_with(at, "["):
            return walk.elements(at, lambda offset: _read_deferred(contents, offset, changed))
        if key == "values" and walk.begins_with(at, "{"):
            return _read_values(contents, at, contents.resources.append)
        if key == "prior_state" and walk.begins_with(at, "{"):
            return walk.members(at, prior)
        value, end = walk.value(at)
        if key == "format_version":
            version.append((value, at))
        elif key == "planned_values":
            planned = value.get("root_module") if isinstance(value, dict) else None
        elif key == "configuration" and isinstance(value, dict):
            contents.configuration = value
        elif key == "variables" and isinstance(value, dict):
            contents.variables = {
                name: variable.get("value")
                for name, variable in value.items()
                if isinstance(variable, dict)
            }
        elif key == "errored":
            contents.is_errored = value is True
        elif key == "complete":
            contents.is_incomplete = value is False
        return end

    def prior(key: str, at: int) -> int:
        if key == "values" and walk.begins_with(at, "{"):
            return _read_values(contents, at, keep_data)
        return walk.value(at)[1]

    def keep_data(resource: PlannedResource) -> None:
        if resource.mode == "data":
            contents.read.append(resource)

    if not walk.begins_with(0, "{"):
        raise PlanError("not a plan: terraform show -json prints an object", walk.next(0))
    end = walk.next(walk.members(0, member))
    if end != len(walk.file.text):
        raise PlanError("not a plan: something stands behind its end", end)
    _check_version(version)
    again = {resource.address for resource in contents.resources}
    contents.read = [resource for resource in contents.read if resource.address not in again]
    contents.is_state = "values" in seen and "planned_values" not in seen
    if planned and "resource_changes" not in seen:
        reason = "the plan has no resource_changes: give the whole output of terraform show -json"
        raise PlanError(reason, seen["planned_values"])
    if not seen.keys() & {"planned_values", "resource_changes", "values"}:
        raise PlanError("not a plan: it has neither resource_changes nor values")
    contents.lacking = [one for one in _planned_addresses(planned) if one not in changed]
    return contents


def _planned_addresses(root: Plain) -> Iterator[str]:
    """Yield the addresses of the managed resources that a module and those within it will have."""
    pending = [root]
    while pending:
        module = as_object(pending.pop())
        for resource in map(as_object, as_list(module.get("resources"))):
            if resource.get("mode") == "managed":
                yield str(resource.get("address"))
        pending.extend(as_list(module.get("child_modules")))


def _check_version(found: list[tuple[Plain, int]]) -> None:
    if not found:
        raise PlanError("not a plan: it has no format_version")
    value, at = found[-1]
    if not isinstance(value, str):
        raise PlanError("not a plan: format_version is no string", at)
    if not value.startswith(_SUPPORTED):
        raise PlanError(f"plan format {value[:20]} is not supported: 0.x and 1.x are", at)


def _read_deferred(contents: Contents, at: int, changed: set[str]) -> int:
    """Read a resource of which the plan leaves to a later one what becomes of it."""
    walk = contents.walk
    found: list[PlannedResource] = []
    has_change = False

    def member(key: str, at: int) -> int:
        nonlocal has_change
        if key != "resource_change":
            return walk.value(at)[1]
        has_change = True
        known = len(contents.resources)
        end = _read_change(contents, at, changed)
        found.extend(contents.resources[known:])
        return end

    if not walk.begins_with(at, "{"):
        raise PlanError("not a plan: a deferred change is no object", at)
    end = walk.members(at, member)
    if not has_change:
        raise PlanError("not a plan: a deferred change has no resource_change", at)
    for resource in found:
        resource.is_deferred = True
        # As where a configuration does not say how many there are, one stands for all of them.
        resource.address = resource.address.replace(_ANY_KEY, "")
        resource.module = resource.module.replace(_ANY_KEY, "")
    return end


def _read_change(contents: Contents, at: int, changed: set[str]) -> int:
    """Read a resource of a plan; what is not there on the side that is read is left out.

    Its address goes to `changed` in any case.
    """
    value, end = contents.walk.value(at)
    resource = _resource(contents.walk, value, at, end)
    change = value.get("change") if isinstance(value, dict) else None
    if resource is None or not isinstance(change, dict):
        raise PlanError("not a plan: a resource has no address, type or change", at)
    changed.add(resource.address)
    resource.module = str(value.get("module_address") or "")
    resource.stays = change.get("actions") == ["no-op"]
    _note_policy(contents, resource, change)
    if contents.is_prior:
        is_there = isinstance(change.get("before"), dict)
    else:
        # The values of one of which nothing is known are null.
        resource.is_unknown = change.get("after_unknown") is True
        has_values = resource.is_unknown or isinstance(change.get("after"), dict)
        is_there = has_values and change.get("actions") not in _GONE
    if is_there and not value.get("deposed"):
        contents.resources.append(resource)
    return end


def _note_policy(contents: Contents, resource: PlannedResource, change: dict[str, Any]) -> None:
    """Remember that a policy of a role is, or was before, a resource of its own."""
    attribute = _POLICY_TYPES.get(resource.type)
    if attribute is None:
        return
    for state in (change.get("before"), change.get("after")):
        if isinstance(state, dict):
            role, policy = state.get("role"), state.get(attribute)
            if isinstance(role, str) and isinstance(policy, str):
                contents.elsewhere.setdefault(role, set()).add(policy)


def _read_values(contents: Contents, at: int, keep: Callable[[PlannedResource], object]) -> int:
    """Read the resources of a state, those of nested modules too."""
    walk = contents.walk

    def module(at: int) -> int:
        address = ""
        resources: list[PlannedResource] = []

        def member(key: str, at: int) -> int:
            nonlocal address
            if key == "resources" and walk.begins_with(at, "["):
                return walk.elements(at, resource)
            if key == "child_modules" and walk.begins_with(at, "["):
                return walk.elements(at, module)
            value, end = walk.value(at)
            if key == "address":
                address = str(value)
            return end

        def resource(at: int) -> int:
            value, end = walk.value(at)
            found = _resource(walk, value, at, end)
            # Terraform leaves out the values of a resource of which it knows nothing.
            values = {} if found is None else value.get("values", {})
            if found is None or not isinstance(values, dict):
                raise PlanError("not a state: a resource has no address, type or values", at)
            _note_policy(contents, found, {"after": values})
            resources.append(found)
            return end

        end = walk.members(at, member)
        # The module's address may stand behind its resources.
        for one in resources:
            one.module = address
            keep(one)
        return end

    def root(key: str, at: int) -> int:
        if key == "root_module" and walk.begins_with(at, "{"):
            return module(at)
        return walk.value(at)[1]

    return walk.members(at, root)


def _resource(walk: JsonWalk, value: Plain, at: int, end: int) -> PlannedResource | None:
    """Return the resource that stands at two offsets; `None` when it lacks what names it."""
    if not isinstance(value, dict):
        return None
    texts = [value.get(name) for name in ("address", "type", "name", "mode")]
    if not all(isinstance(text, str) for text in texts):
        return None
    address, type_name, name, mode = (str(text) for text in texts)
    key = value.get("index")
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        key = None
    whole = Span(walk.file, walk.next(at), end)
    span = _address_span(walk, whole)
    return PlannedResource(address, type_name, name, mode, "", key, whole, span)


def _address_span(walk: JsonWalk, whole: Span) -> Span:
    """Return where a resource's address stands in its object: at once when it comes first."""
    match = _ADDRESS_FIRST.match(walk.file.text, whole.start)
    if match is not None:
        return Span(walk.file, match.start(1), match.end(1))
    found = [whole]

    def member(key: str, at: int) -> int:
        end = walk.value(at)[1]
        if key == "address":
            found.append(Span(walk.file, walk.next(at), end))
        return end

    walk.members(whole.start, member)
    return found[-1]
