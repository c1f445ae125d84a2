"""The targets of a call to an optimized integration: what stands for the names in AWS's ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols, symbols_of
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import Task
from stepguard.permissions.identity import arn_reference, as_text, expand, resource_named_by
from stepguard.permissions.needs.models import model_of_profile
from stepguard.permissions.needs.parameters import Parameter, find_parameter, unknown_value
from stepguard.permissions.needs.templates import GivenAsArn, fill, sole_reference

TASK_DEFINITION = "Family:Revision"
"""What the documentation calls an ECS task definition in an ARN."""

_PLACEHOLDER = re.compile(r"\[\[(.+?)\]\]")
_HTTP = "http:invoke"
_NO_TOPIC = "PhoneNumber"

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
    ("sagemaker:createHyperParameterTuningJob", "RoleArn"): (
        "TrainingJobDefinition.RoleArn",
        "TrainingJobDefinitions[].RoleArn",
    ),
    ("codebuild:stopBuild", "ProjectName"): ("Id",),
    ("codebuild:stopBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:deleteBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:retryBuildBatch", "ProjectName"): ("Id",),
    ("codebuild:batchDeleteBuilds", "ProjectName"): ("Ids[]",),
}

_DEFAULTS: dict[str, str] = {"EventBusName": "default", "WorkGroup": "primary"}
"""What an API takes for a parameter that is left out."""


class CallTargets:
    """The values that a call gives for the names in documented ARNs."""

    def __init__(self, task: Task, machine: StateMachine, deployment: Deployment) -> None:
        self._task = task
        self._machine = machine
        self._deployment = deployment
        self._name = f"{task.integration.service}:{task.integration.action}"

    def fill(self, templates: Iterable[str]) -> tuple[Plain, ...]:
        """Return the resources that documented ARNs mean for the call."""
        found = [one for text in templates for one in fill(text, self.lookup, self._deployment)]
        return distinct(found)

    def is_dynamic(self, placeholder: str) -> bool:
        """Tell whether what a name stands for is chosen at run time."""
        if placeholder == "TopicName" and self._sends_to_phone():
            return True
        return any(one.decided == "dynamic" for one in self.parameters(placeholder))

    def parameters(self, placeholder: str) -> list[Parameter]:
        """Return the parameters that a name stands for; those of alternatives that are there."""
        found: list[Parameter] = []
        for name in placeholder.split("|"):
            paths = _PATHS_OF_CALL.get((self._name, name)) or _PATHS.get(name) or (name,)
            for path in paths:
                found.extend(find_parameter(self._task.parameters, path))
        there = [one for one in found if one.decided != "absent"]
        return there or [Parameter("absent")]

    def lookup(self, placeholder: str) -> list[Plain | GivenAsArn]:
        """Return the values that are written for a name, in the form that the ARN takes."""
        if self._name == _HTTP and placeholder == "StateMachineName":
            own = arn_reference(self._machine)
            return [own if own is not None else "*"]
        if placeholder == "ConnectionId":
            return []
        if placeholder == "ModelOfProfile":
            return [model_of_profile(find_parameter(self._task.parameters, "ModelId")[0].value)]
        values: list[Plain | GivenAsArn] = []
        for one in self.parameters(placeholder):
            if one.decided == "written":
                value = self._trimmed(placeholder, one.value)
                values.append(GivenAsArn(value) if one.takes_arn else value)
            elif one.decided == "unknown":
                values.append(unknown_value(placeholder))
            elif one.decided == "absent" and placeholder in _DEFAULTS:
                values.append(_DEFAULTS[placeholder])
        return values

    def _trimmed(self, placeholder: str, value: Plain) -> Plain:
        """Return what of a value the ARN takes: an endpoint's first label, a path without `/`."""
        if placeholder == "ApiId":
            return _until(value, ".")
        if placeholder == "ProjectName" and self._own_path(placeholder):
            return _until(value, ":") if not str(value).startswith("arn:") else value
        if placeholder == TASK_DEFINITION:
            return self._with_revision(value)
        if placeholder == "ReportName" and isinstance(value, str):
            # A report's ARN names the group that it belongs to.
            return value.rpartition("/")[2].partition(":")[0]
        if placeholder == "Path" and isinstance(value, str):
            return value.lstrip("/")
        return value

    def _with_revision(self, value: Plain) -> Plain:
        """Return a task definition with all its revisions where the call names none.

        Which one is the latest is found before the call is authorized (Amazon ECS API, RunTask).
        """
        for symbols in expand(value, self._deployment):
            is_open = any(not isinstance(one, str) for one in symbols[:1])
            name = symbols[_last_slash(symbols) + 1 :]
            return value if is_open or ":" in name else as_text((*_characters(value)[0], *":*"))
        return value

    def _own_path(self, placeholder: str) -> tuple[str, ...]:
        return _PATHS_OF_CALL.get((self._name, placeholder), ())

    def _sends_to_phone(self) -> bool:
        found = find_parameter(self._task.parameters, _NO_TOPIC)
        return any(one.decided in ("written", "dynamic") for one in found)

    def resource(self, parameter: Parameter) -> Resource | None:
        """Return the resource of the project that a parameter names by a reference."""
        if parameter.decided != "written":
            return None
        reference = sole_reference(parameter.value)
        return None if reference is None else resource_named_by(reference, self._deployment)


def distinct(values: Iterable[Plain]) -> tuple[Plain, ...]:
    """Return values without repetitions, in order."""
    found: list[Plain] = []
    for value in values:
        if value not in found:
            found.append(value)
    return tuple(found)


def _last_slash(symbols: Symbols) -> int:
    return max((at for at, one in enumerate(symbols) if one == "/"), default=-1)


def _characters(value: Plain) -> list[Symbols]:
    symbols = symbols_of(value)
    return [] if symbols is None else [symbols]


def _until(value: Plain, mark: str) -> Plain:
    """Return what stands before the first mark in a text."""
    for symbols in _characters(value):
        if mark in symbols:
            return as_text(symbols[: symbols.index(mark)])
    return value
