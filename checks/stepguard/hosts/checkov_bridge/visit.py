"""Where checkov is when it asks a check: which file, which resource, what the user said.

checkov tells a check a relative path and a name. The rest stands in the local variables of its
runners, which call the check. This is the one module that looks there; its tests run on the
versions of checkov that are supported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

TERRAFORM = "terraform"
TERRAFORM_JSON = "terraform_json"
TERRAFORM_PLAN = "terraform_plan"
CLOUDFORMATION = "cloudformation"

_ASKING = frozenset({TERRAFORM, TERRAFORM_JSON, TERRAFORM_PLAN, CLOUDFORMATION, "serverless"})
_VISITING = frozenset({"run_block", "check_definitions"})
_MAXIMUM_FRAMES = 40
_SHOWING_DETAILS = frozenset({"cli", "json"})


class NotReadError(Exception):
    """A visit that cannot be followed, with the reason: another framework, another checkov."""


class ModuleCall(NamedTuple):
    """A module call on the way to a resource: the file that it stands in, and its name."""

    file: str
    name: str


class Visit(NamedTuple):
    """A resource that checkov is at, and the options that concern it.

    `file` is the absolute path of the file that the resource is written in, `directory` what the
    user gave to be scanned (`None` where files were given). `address` is what checkov calls the
    resource. `calls` are the module calls that lead to it, the outermost first. `checks` are the
    ids and patterns that the user named (`--check`); empty where checks are chosen otherwise, too.
    """

    framework: str
    file: str
    directory: str | None
    address: str
    calls: tuple[ModuleCall, ...] = ()
    var_files: tuple[str, ...] = ()
    plan_sources: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    @property
    def root_directory(self) -> str:
        """The directory of the root module that the resource belongs to."""
        return os.path.split(self.calls[0].file if self.calls else self.file)[0]


def current_visit(entity_type: str, entity_name: str) -> Visit:
    """Return what checkov is at. Raises `NotReadError`."""
    visiting, running = _frames()
    names = visiting.f_locals
    try:
        framework = names["self"].check_type
        runner_filter = names["runner_filter"]
        file, address, calls = _whereabouts(framework, names, entity_type, entity_name)
        return Visit(
            framework=framework,
            file=os.path.abspath(file),  # noqa: PTH100 - what checkov itself does
            directory=_directory(names["root_folder"], running),
            address=address,
            calls=calls,
            var_files=tuple(runner_filter.var_files or ()),
            plan_sources=tuple(runner_filter.repo_root_for_plan_enrichment or ()),
            checks=() if runner_filter.check_threshold else tuple(runner_filter.checks or ()),
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise NotReadError(f"this checkov is not supported ({type(error).__name__})") from error


def _frames() -> tuple[FrameType, FrameType | None]:
    """Return the frame that goes through the resources, and the one of its runner's `run`."""
    visiting: FrameType | None = None
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_MAXIMUM_FRAMES):
        if frame is None:
            break
        name = frame.f_code.co_name
        if visiting is None and name in _VISITING:
            visiting = frame
        elif _is_running(frame):
            if visiting is None:
                raise NotReadError(_other_framework(frame))
            return visiting, frame
        frame = frame.f_back
    if visiting is None:
        raise NotReadError("this checkov is not supported")
    return visiting, None


def _other_framework(running: FrameType) -> str:
    framework = getattr(running.f_locals.get("self"), "check_type", "")
    return f"checkov's framework {framework} is not supported"


def _whereabouts(
    framework: str, names: Mapping[str, Any], entity_type: str, entity_name: str
) -> tuple[str, str, tuple[ModuleCall, ...]]:
    """Return the file, the address and the module calls that lead there."""
    if framework == CLOUDFORMATION:
        return str(names["file_abs_path"]), entity_name, ()
    local = f"{entity_type}.{entity_name}"
    if framework == TERRAFORM:
        key = names["full_file_path"]
        return str(key.file_path), str(names["entity_id"] or local), _calls(key.tf_source_modules)
    if framework == TERRAFORM_PLAN:
        return str(names["full_file_path"]), str(names["entity_address"]), ()
    if framework == TERRAFORM_JSON:
        return str(names["full_file_path"]), local, ()
    raise NotReadError(f"checkov's framework {framework} is not supported")


def _calls(innermost: Any) -> tuple[ModuleCall, ...]:
    """Return the chain of module calls; checkov links each to the one around it."""
    calls: list[ModuleCall] = []
    call = innermost
    while call is not None and len(calls) < _MAXIMUM_FRAMES:
        calls.append(ModuleCall(str(call.path), str(call.name)))
        call = call.nested_tf_module
    return tuple(reversed(calls))


def _directory(root_folder: str | None, running: FrameType | None) -> str | None:
    """Return the directory that the user gave; where files were given, checkov makes one up."""
    if not root_folder:
        return None
    files = None if running is None else running.f_locals.get("files")
    if files and root_folder == _made_up(files):
        return None
    return os.path.abspath(root_folder)  # noqa: PTH100 - what checkov itself does


def _made_up(files: Sequence[str]) -> str:
    return os.path.split(os.path.commonprefix(files))[0]  # noqa: RUF071 - what checkov itself does


def is_needless() -> bool:
    """Tell whether the runner that is loading the checks never asks one of ours.

    checkov loads them in every runner, mostly each in a process of its own.
    """
    framework = getattr(_loading().get("self"), "check_type", None)
    return isinstance(framework, str) and framework not in _ASKING


def named_checks() -> frozenset[str]:
    """Return what the user has named by `--check`, while checkov loads the checks."""
    return frozenset(getattr(_loading().get("runner_filter"), "checks", None) or ())


def _loading() -> Mapping[str, Any]:
    """Return the variables of the runner that is loading the checks; none where it is not found."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_running(frame):
            return frame.f_locals
        frame = frame.f_back
    return {}


def _is_running(frame: FrameType) -> bool:
    code = frame.f_code
    return code.co_name == "run" and "external_checks_dir" in code.co_varnames


def called_modules(root_directory: str) -> dict[str, str]:
    """Return the directories of the modules of a root module, by the path of their call (`a.b`).

    To be called during a visit.
    """
    definitions = getattr(_frames()[0].f_locals.get("self"), "definitions", None)
    found: dict[str, str] = {}
    for key in definitions or ():
        calls = _calls(getattr(key, "tf_source_modules", None))
        if calls and os.path.split(calls[0].file)[0] == root_directory:
            found[".".join(call.name for call in calls)] = os.path.split(str(key.file_path))[0]
    return found


def downloaded_modules(root_directory: str) -> dict[str, str]:
    """Return those of the called modules that checkov has downloaded."""
    runner_filter = _frames()[0].f_locals.get("runner_filter")
    folder = getattr(runner_filter, "external_modules_download_path", None)
    if not folder:
        return {}
    inside = f"{os.sep}{folder}{os.sep}"
    called = called_modules(root_directory)
    return {path: one for path, one in called.items() if inside in f"{one}{os.sep}"}


def inventory() -> tuple[set[Any], Any] | None:
    """Return checkov's list of the resources that it has no check for, and the entry in it of the
    resource that it is at; `None` where it keeps no such list.
    """
    from checkov.common.output.extra_resource import ExtraResource

    names = _frames()[0].f_locals
    framework = names["self"].check_type
    if framework == CLOUDFORMATION:
        file, shown, resource = names["file_abs_path"], names["cf_file"], names["resource_id"]
    elif framework == TERRAFORM:
        file, shown = names["full_file_path"].file_path, names["scanned_file"]
        resource = names["entity_id"]
    else:
        return None
    entry = ExtraResource(file_abs_path=str(file), file_path=shown, resource=resource)
    return names["report"].extra_resources, entry


def drops_details(framework: str) -> bool:
    """Tell whether some output that the user asked for does not show a check's details."""
    if framework == CLOUDFORMATION:
        return True
    from checkov.common.bridgecrew.integration_features.integration_feature_registry import (
        integration_feature_registry,
    )

    outputs = getattr(integration_feature_registry.config, "output", None) or ()
    return bool(set(outputs) - _SHOWING_DETAILS)
