"""What optimized integrations need, from the statements that AWS documents for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import UNREAD, Piece, Plain, Text, alternatives
from stepguard.deployment.workflow import Task
from stepguard.permissions.needs.call_targets import CallTargets, distinct
from stepguard.permissions.needs.linked import ROLE_TEMPLATE, keys_of_targets, roles_of_container
from stepguard.permissions.needs.models import model_templates
from stepguard.permissions.needs.need import Kind, Need, NotChecked
from stepguard.permissions.needs.parameters import find_parameter
from stepguard.permissions.needs.templates import (
    Documented,
    fill,
    split_by_type,
    with_qualifier,
)

_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]")
_CREDENTIALS = re.compile(r"^(https?://)[^/@]*@")
_IS_SET = re.compile(r"(\S+) is set")
_EQUALS = re.compile(r"(\S+) == (\S+)")
_KINDS: dict[str, Kind] = {
    "required": "required",
    "conditional": "conditional",
    "optional": "optional",
    "overgrant-in-docs": "extra",
    "downstream": "downstream",
}

_INVOKE_API = "execute-api:Invoke"
_MANAGE_CONNECTIONS = "execute-api:ManageConnections"
_CONNECTIONS = "@connections"
_LAMBDA = "lambda:invoke"
_NAMED_BY = {"athena:getDataCatalog": "QueryExecutionContext.Catalog"}
"""The parameter without which a call has nothing to do with what an action is about."""

_OWN_CATALOG = "AwsDataCatalog"
_MODEL = "[[ModelId]]"
_PASSING = "pass-role"
_KEY_OF = {
    "queue has a customer managed KMS key": "QueueName",
    "topic has a customer managed KMS key": "TopicName",
}
"""What a call names whose key it needs, by how the data say when it does."""

_TASK_ROLES = "the task definition has an execution role or task role"


def _without_credentials(value: Plain) -> Plain:
    """Return an address with a wildcard in the place of a user and password: policies are shown."""
    if isinstance(value, str):
        return _CREDENTIALS.sub(r"\1*@", value)
    first = value.parts[0] if isinstance(value, Text) and value.parts else None
    if isinstance(value, Text) and isinstance(first, Piece):
        rest = value.parts[1:]
        return Text((replace(first, text=_CREDENTIALS.sub(r"\1*@", first.text)), *rest))
    return value


class Call:
    """One task with an optimized integration, and the machine and project that it is in."""

    def __init__(self, task: Task, machine: StateMachine, deployment: Deployment) -> None:
        self._task = task
        self._deployment = deployment
        self._targets = CallTargets(task, machine, deployment)
        self._name = f"{task.integration.service}:{task.integration.action}"

    def needs(self) -> Iterator[Need | NotChecked]:
        """Yield what the call needs, or why that is not known."""
        patterns = load("integrations")["integrations"].get(self._name)
        rows = None if patterns is None else patterns.get(self._task.integration.pattern)
        if rows is None:
            yield NotChecked(
                self._task.name, f"{self._task.integration.name} is no documented integration"
            )
            return
        if not rows:
            yield NotChecked(
                self._task.name,
                f"AWS documents no permissions for {self._task.integration.name}",
            )
        for row in rows:
            if row["actions"]:
                yield from self._statement(row)

    def _statement(self, row: dict[str, Any]) -> Iterator[Need]:
        kind = _KINDS[row["need"]]
        when = str(row.get("when", ""))
        if when in _KEY_OF:
            yield from self._key(row, _KEY_OF[when])
            return
        if when.startswith(_TASK_ROLES):
            yield from self._task_roles(row)
            return
        if kind == "conditional":
            holds = self._holds(when)
            if holds is False:
                return
            kind = "required" if holds else "conditional"
        for action in row["actions"]:
            if action == _INVOKE_API and self._answers_connections():
                # AWS's policy for the integration has the action that is not called, too.
                yield from self._for_action(action, "extra", row)
                action = _MANAGE_CONNECTIONS
            yield from self._for_action(action, kind, row)

    def _for_action(self, action: str, kind: Kind, row: dict[str, Any]) -> Iterator[Need]:
        """Yield the need for an action: on the resources it takes, of those that are documented.

        A type of resource that not every call names is needed only by the calls that do.
        """
        if kind == "required" and not self._names_what_it_needs(action):
            kind = "conditional"
        needed, perhaps = split_by_type(action, self._templates(row))
        resources, is_dynamic = self._resources(needed, row)
        yield self._need(action, resources, kind, row, is_dynamic=is_dynamic)
        if perhaps and kind == "required":
            resources, is_dynamic = self._resources(perhaps, row)
            when = "the call names resources of these types"
            yield self._need(
                action, resources, "conditional", row, is_dynamic=is_dynamic, when=when
            )

    def _need(
        self,
        action: str,
        resources: tuple[Plain, ...],
        kind: Kind,
        row: dict[str, Any],
        *,
        is_dynamic: bool = False,
        when: str = "",
    ) -> Need:
        return Need(
            action=action,
            resources=resources,
            kind=kind,
            part=row["part"],
            states=(self._task.name,),
            is_dynamic=is_dynamic,
            when=(when or str(row.get("when", ""))) if kind == "conditional" else "",
            condition=self._condition(row.get("condition")),
            sources=tuple(row["sources"]),
        )

    def _holds(self, when: str) -> bool | None:
        """Tell whether a documented condition holds for the call; `None` if that is not known."""
        if match := _EQUALS.match(when):
            found = find_parameter(self._task.parameters, match.group(1))[0]
            if found.decided == "absent":
                return False
            if found.decided == "written" and isinstance(found.value, str):
                return found.value == match.group(2)
            return None
        if match := _IS_SET.match(when):
            found = find_parameter(self._task.parameters, match.group(1))[0]
            return {"absent": False, "unknown": None}.get(found.decided, True)
        return None

    def _answers_connections(self) -> bool:
        """Tell whether a call of an API is one of API Gateway's own, on open WebSockets."""
        members = as_object(self._task.parameters) or {}
        paths = [shown for name, shown in members.items() if name in ("Path", "Path.$")]
        return any(_CONNECTIONS in str(one) for one in paths)

    def _names_what_it_needs(self, action: str) -> bool:
        """Tell whether a call names the resource that an action is about, where it need not."""
        parameter = _NAMED_BY.get(action)
        if parameter is None:
            return True
        found = find_parameter(self._task.parameters, parameter)[0]
        return found.decided == "written" and found.value != _OWN_CATALOG

    def _templates(self, row: dict[str, Any]) -> list[Documented]:
        """Return each documented ARN with those that take its place for an unknown target."""
        static, dynamic = row["static"], row["dynamic"]
        if len(static) != 1:
            return [(one, (other,)) for one, other in zip(static, dynamic, strict=True)]
        if _MODEL in static[0]:
            model = find_parameter(self._task.parameters, "ModelId")[0].value
            return [(one, tuple(dynamic)) for one in model_templates(model)]
        return [(static[0], tuple(dynamic))]

    def _resources(
        self, templates: Iterable[Documented], row: dict[str, Any]
    ) -> tuple[tuple[Plain, ...], bool]:
        """Return the resources of a statement, and whether they are chosen at run time.

        `templates` are pairs of the ARN for a target that is written in the definition, and the
        one for a target that is not.
        """
        found: list[Plain] = []
        is_dynamic = False
        for static, dynamic in templates:
            first = next(iter(_PLACEHOLDER.findall(static)), "")
            chosen = bool(first) and self._targets.is_dynamic(first)
            template = ROLE_TEMPLATE % first if row["part"] == _PASSING and first else static
            written = () if chosen else self._targets.fill([template])
            found.extend(self._qualified(written) or self._targets.fill(dynamic))
            is_dynamic = is_dynamic or not written
        return distinct(found) or ("*",), is_dynamic

    def _qualified(self, resources: tuple[Plain, ...]) -> tuple[Plain, ...]:
        if self._name != _LAMBDA:
            return resources
        return with_qualifier(resources, self._task.parameters)

    def _condition(
        self, condition: dict[str, Any] | None
    ) -> tuple[tuple[str, str, tuple[Plain, ...]], ...]:
        found: list[tuple[str, str, tuple[Plain, ...]]] = []
        for operator, keys in (condition or {}).items():
            for key, given in keys.items():
                texts = given if isinstance(given, list) else [given]
                values = [one for text in texts for one in self._condition_values(text)]
                found.append((operator, key, tuple(values)))
        return tuple(found)

    def _condition_values(self, text: str) -> list[Plain]:
        match = _PLACEHOLDER.fullmatch(text)
        if match is None:
            return fill(text, self._targets.lookup, self._deployment)
        written = [
            value
            for one in self._targets.parameters(match.group(1))
            for value in (alternatives(one.value) if one.decided == "written" else ())
        ]
        known = [one for one in written if isinstance(one, (str, Text, *UNREAD))]
        return [_without_credentials(one) for one in known] or ["*"]

    def _key(self, row: dict[str, Any], name: str) -> Iterator[Need]:
        for kind, resources in keys_of_targets(name, self._targets, self._deployment):
            for action in row["actions"]:
                is_dynamic = kind == "conditional"
                yield self._need(action, resources, kind, row, is_dynamic=is_dynamic)

    def _task_roles(self, row: dict[str, Any]) -> Iterator[Need]:
        roles, is_known = roles_of_container(self._task, self._targets, self._deployment)
        for action in row["actions"]:
            if roles:
                yield self._need(action, roles, "required", row)
            if not is_known:
                wide = self._targets.fill(row["dynamic"])
                yield self._need(action, wide, "conditional", row, is_dynamic=True)
