"""What optimized integrations need, from the statements that AWS documents for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from stepguard.data import load
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols, symbols_of
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import Plain, plain
from stepguard.deployment.workflow import Task
from stepguard.permissions.identity import (
    arn_reference,
    as_text,
    expand,
    resource_named_by,
)
from stepguard.permissions.needs.need import Kind, Need, NotChecked
from stepguard.permissions.needs.parameters import (
    Parameter,
    find_parameter,
    unknown_value,
)
from stepguard.permissions.needs.templates import (
    fill,
    sole_reference,
    split_by_type,
    with_qualifier,
)

_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]")
_IS_SET = re.compile(r"(\S+) is set")
_EQUALS = re.compile(r"(\S+) == (\S+)")
_KINDS: dict[str, Kind] = {
    "required": "required",
    "conditional": "conditional",
    "optional": "optional",
    "overgrant-in-docs": "extra",
    "downstream": "downstream",
}

_PATHS: dict[str, tuple[str, ...]] = {
    "TopicName": ("TopicArn", "TargetArn"),
    "QueueName": ("QueueUrl",),
    "EventBusName": ("Entries[].EventBusName",),
    "Family:Revision": ("TaskDefinition",),
    "StateMachineName": ("StateMachineArn",),
    "ConnectionName": ("Authentication.ConnectionArn", "InvocationConfig.ConnectionArn"),
    "BaseModel": ("BaseModelIdentifier",),
    "ApiId": ("ApiEndpoint",),
    "ReportName": ("ReportArns[]",),
    "HarnessId": ("HarnessId", "HarnessArn", "AgentRuntimeArn"),
}
"""The parameters whose value is put in the place of a placeholder that has another name."""

_PATHS_OF_CALL: dict[tuple[str, str], tuple[str, ...]] = {
    ("emr-containers:deleteVirtualCluster", "VirtualClusterId"): ("Id",),
    ("eks:createFargateProfile", "Name"): ("ClusterName",),
    ("codebuild:stopBuild", "ProjectName"): ("Id",),
    ("codebuild:stopBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:deleteBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:retryBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:batchDeleteBuilds", "ProjectName"): ("Ids[]",),
}

_DEFAULTS: dict[str, str] = {"EventBusName": "default", "WorkGroup": "primary"}
"""What an API takes for a parameter that is left out."""

_HTTP = "http:invoke"
_INVOKE_API = "execute-api:Invoke"
_MANAGE_CONNECTIONS = "execute-api:ManageConnections"
_CONNECTIONS = "@connections"
_NAMED_BY = {"athena:getDataCatalog": "QueryExecutionContext.Catalog"}
"""The parameter without which a call has nothing to do with what an action is about."""

_OWN_CATALOG = "AwsDataCatalog"
_MODEL = "[[ModelId]]"
_PROFILE = re.compile(r"(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|af|il|global)\.([\w-]+\..+)")
_PROFILE_ARN = "arn:${Partition}:bedrock:${Region}:${Account}:inference-profile/[[ModelId]]"
_MODEL_ANYWHERE = "arn:${Partition}:bedrock:*::foundation-model/"
_TASK_DEFINITION = "Family:Revision"
_PASSING = "pass-role"
_NO_TOPIC = "PhoneNumber"
_QUEUE_KEY = "queue has a customer managed KMS key"
_TASK_ROLES = "the task definition has an execution role or task role"
_ROLE_TEMPLATE = "arn:${Partition}:iam::${Account}:role/[[%s]]"


class Call:
    """One task with an optimized integration, and the machine and project that it is in."""

    def __init__(self, task: Task, machine: StateMachine, deployment: Deployment) -> None:
        self.task = task
        self.machine = machine
        self.deployment = deployment
        self.name = f"{task.integration.service}:{task.integration.action}"

    def needs(self) -> Iterator[Need | NotChecked]:
        """Yield what the call needs, or why that is not known."""
        patterns = load("integrations")["integrations"].get(self.name)
        rows = None if patterns is None else patterns.get(self.task.integration.pattern)
        if rows is None:
            yield NotChecked(
                self.task.name, f"{self.task.integration.name} is no documented integration"
            )
            return
        if not rows:
            yield NotChecked(
                self.task.name,
                f"AWS documents no permissions for {self.task.integration.name}",
            )
        for row in rows:
            if row["actions"]:
                yield from self._statement(row)

    def _statement(self, row: dict[str, Any]) -> Iterator[Need]:
        kind = _KINDS[row["need"]]
        when = str(row.get("when", ""))
        if when.startswith(_QUEUE_KEY):
            yield from self._queue_key(row)
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
            states=(self.task.name,),
            is_dynamic=is_dynamic,
            when=(when or str(row.get("when", ""))) if kind == "conditional" else "",
            condition=self._condition(row.get("condition")),
            sources=tuple(row["sources"]),
        )

    def _holds(self, when: str) -> bool | None:
        """Tell whether a documented condition holds for the call; `None` if that is not known."""
        if match := _EQUALS.match(when):
            found = find_parameter(self.task.parameters, match.group(1))[0]
            if found.decided == "absent":
                return False
            if found.decided == "written" and isinstance(found.value, str):
                return found.value == match.group(2)
            return None
        if match := _IS_SET.match(when):
            found = find_parameter(self.task.parameters, match.group(1))[0]
            return {"absent": False, "unknown": None}.get(found.decided, True)
        return None

    def _answers_connections(self) -> bool:
        """Tell whether a call of an API is one of API Gateway's own, on open WebSockets."""
        members = as_object(self.task.parameters) or {}
        paths = [shown for name, shown in members.items() if name in ("Path", "Path.$")]
        return any(_CONNECTIONS in str(one) for one in paths)

    def _names_what_it_needs(self, action: str) -> bool:
        """Tell whether a call names the resource that an action is about, where it need not."""
        parameter = _NAMED_BY.get(action)
        if parameter is None:
            return True
        found = find_parameter(self.task.parameters, parameter)[0]
        return found.decided == "written" and found.value != _OWN_CATALOG

    def _templates(self, row: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
        """Return each documented ARN with those that take its place for an unknown target."""
        static, dynamic = row["static"], row["dynamic"]
        if len(static) != 1:
            return [(one, (other,)) for one, other in zip(static, dynamic, strict=True)]
        model = find_parameter(self.task.parameters, "ModelId")[0].value
        profile = _PROFILE.fullmatch(model) if isinstance(model, str) else None
        if profile is not None and _MODEL in static[0]:
            # An inference profile calls the model behind it, in the regions that it spans.
            return [(_PROFILE_ARN, ()), (_MODEL_ANYWHERE + profile.group(1), ())]
        return [(static[0], tuple(dynamic))]

    def _resources(
        self, templates: Iterable[tuple[str, tuple[str, ...]]], row: dict[str, Any]
    ) -> tuple[tuple[Plain, ...], bool]:
        """Return the resources of a statement, and whether they are chosen at run time.

        `templates` are pairs of the ARN for a target that is written in the definition, and the
        one for a target that is not.
        """
        found: list[Plain] = []
        is_dynamic = False
        for static, dynamic in templates:
            first = next(iter(_PLACEHOLDER.findall(static)), "")
            chosen = bool(first) and self._is_dynamic(first)
            template = _ROLE_TEMPLATE % first if row["part"] == _PASSING and first else static
            written = () if chosen else self._filled([template])
            found.extend(self._qualified(written) or self._filled(dynamic))
            is_dynamic = is_dynamic or not written
        return tuple(_distinct(found)) or ("*",), is_dynamic

    def _filled(self, templates: Iterable[str]) -> tuple[Plain, ...]:
        found = [one for text in templates for one in fill(text, self._lookup, self.deployment)]
        return tuple(_distinct(found))

    def _is_dynamic(self, placeholder: str) -> bool:
        if placeholder == "TopicName" and self._sends_to_phone():
            return True
        found = self._parameters(placeholder)
        return any(one.decided == "dynamic" for one in found)

    def _sends_to_phone(self) -> bool:
        found = find_parameter(self.task.parameters, _NO_TOPIC)
        return any(one.decided in ("written", "dynamic") for one in found)

    def _parameters(self, placeholder: str) -> list[Parameter]:
        """Return the values of a placeholder; those of alternatives that are there."""
        found: list[Parameter] = []
        for name in placeholder.split("|"):
            paths = _PATHS_OF_CALL.get((self.name, name)) or _PATHS.get(name) or (name,)
            for path in paths:
                found.extend(find_parameter(self.task.parameters, path))
        there = [one for one in found if one.decided != "absent"]
        return there or [Parameter("absent")]

    def _lookup(self, placeholder: str) -> list[Plain]:
        if self.name == _HTTP and placeholder == "StateMachineName":
            own = arn_reference(self.machine)
            return [own if own is not None else "*"]
        if placeholder == "ConnectionId":
            return []
        values: list[Plain] = []
        for one in self._parameters(placeholder):
            if one.decided == "written":
                values.append(self._trimmed(placeholder, one.value))
            elif one.decided == "unknown":
                values.append(unknown_value(placeholder))
            elif one.decided == "absent" and placeholder in _DEFAULTS:
                values.append(_DEFAULTS[placeholder])
        return values

    def _trimmed(self, placeholder: str, value: Plain) -> Plain:
        """Return what of a value the ARN takes: an endpoint's first label, a path without `/`."""
        if placeholder == "ApiId":
            return _until(value, ".")
        if placeholder == "ProjectName" and "Id" in str(self._own_path(placeholder)):
            return _until(value, ":") if not str(value).startswith("arn:") else value
        if placeholder == _TASK_DEFINITION:
            return self._with_revision(value)
        if placeholder == "Path" and isinstance(value, str):
            return value.lstrip("/")
        return value

    def _with_revision(self, value: Plain) -> Plain:
        """Return a task definition with all its revisions where the call names none.

        Which one is the latest is found before the call is authorized (Amazon ECS API, RunTask).
        """
        for symbols in expand(value, self.deployment):
            is_open = any(not isinstance(one, str) for one in symbols[:1])
            name = symbols[last_slash(symbols) + 1 :]
            return value if is_open or ":" in name else as_text((*_characters(value)[0], *":*"))
        return value

    def _own_path(self, placeholder: str) -> tuple[str, ...]:
        return _PATHS_OF_CALL.get((self.name, placeholder), ())

    def _qualified(self, resources: tuple[Plain, ...]) -> tuple[Plain, ...]:
        if self.name != "lambda:invoke":
            return resources
        return with_qualifier(resources, self.task.parameters)

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
            return fill(text, self._lookup, self.deployment)
        written = [
            one.value for one in self._parameters(match.group(1)) if one.decided == "written"
        ]
        return written or ["*"]

    def _queue_key(self, row: dict[str, Any]) -> Iterator[Need]:
        """Yield the needs for a queue's key: as required as the queue's own block tells."""
        queues = [self._named(one) for one in self._parameters("QueueName")]
        for queue in queues:
            key = None if queue is None else _given(queue, "kms_master_key_id", "KmsMasterKeyId")
            if queue is not None and (key is None or str(key).startswith("alias/aws/")):
                continue
            resources = self._key_resources(key)
            kind: Kind = "conditional" if key is None else "required"
            for action in row["actions"]:
                yield self._need(action, resources, kind, row, is_dynamic=key is None)

    def _key_resources(self, key: Plain) -> tuple[Plain, ...]:
        template = "arn:${Partition}:kms:${Region}:${Account}:key/[[QueueKey]]"
        values: list[Plain] = ["*"] if key is None else [key]
        if isinstance(key, str) and key.startswith("alias/"):
            values = ["*"]
        return tuple(fill(template, lambda _: values, self.deployment))

    def _task_roles(self, row: dict[str, Any]) -> Iterator[Need]:
        """Yield the needs for the roles that an ECS task is given."""
        roles: list[Plain] = []
        is_known = True
        for one in self._parameters(_TASK_DEFINITION):
            definition = self._named(one)
            if definition is None:
                is_known = False
                continue
            for terraform, cloudformation in (
                ("execution_role_arn", "ExecutionRoleArn"),
                ("task_role_arn", "TaskRoleArn"),
            ):
                role = _given(definition, terraform, cloudformation)
                roles.extend([] if role is None else [role])
        for path in ("Overrides.ExecutionRoleArn", "Overrides.TaskRoleArn"):
            found = find_parameter(self.task.parameters, path)[0]
            if found.decided == "written":
                roles.append(found.value)
            elif found.decided != "absent":
                is_known = False
        template = _ROLE_TEMPLATE % "Role"
        if roles:
            resources = tuple(_distinct(fill(template, lambda _: roles, self.deployment)))
            for action in row["actions"]:
                yield self._need(action, resources, "required", row)
        if not is_known:
            for action in row["actions"]:
                wide = self._filled(row["dynamic"])
                yield self._need(action, wide, "conditional", row, is_dynamic=True)

    def _named(self, parameter: Parameter) -> Resource | None:
        if parameter.decided != "written":
            return None
        reference = sole_reference(parameter.value)
        return None if reference is None else resource_named_by(reference, self.deployment)


def last_slash(symbols: Symbols) -> int:
    """Return where the last slash of a text is; -1 without one."""
    return max((at for at, one in enumerate(symbols) if one == "/"), default=-1)


def _given(resource: Resource, *names: str) -> Plain:
    for name in names:
        value = resource.attributes.get(name)
        if value is not None and value.value is not None:
            return plain(value)
    return None


def _characters(value: Plain) -> list[Symbols]:
    symbols = symbols_of(value)
    return [] if symbols is None else [symbols]


def _until(value: Plain, mark: str) -> Plain:
    """Return what stands before the first mark in a text."""
    for symbols in _characters(value):
        if mark in symbols:
            return as_text(symbols[: symbols.index(mark)])
    return value


def _distinct(values: list[Plain]) -> list[Plain]:
    found: list[Plain] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
