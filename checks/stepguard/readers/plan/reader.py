"""Reading a Terraform plan, or a state, into a deployment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stepguard.deployment.graph import Deployment, ReadError, UnreadModule
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced
from stepguard.readers.files import MAXIMUM_PLAN_BYTES, FileRefusedError, ProjectFiles
from stepguard.readers.plan.attributes import attributes_of, unknown_names
from stepguard.readers.plan.contents import Contents, PlanError, PlannedResource, read_contents
from stepguard.readers.plan.documents import PolicyDocuments
from stepguard.readers.plan.json_walk import JsonWalk
from stepguard.readers.plan.links import Links
from stepguard.readers.plan.merging import merge_attributes
from stepguard.readers.plan.plan_file import PlanFile
from stepguard.readers.plan.roles import add_all_tags, leave_out_policies_of_their_own
from stepguard.readers.plan.sources import Sources, read_sources
from stepguard.readers.terraform.reader import TerraformOptions
from stepguard.readers.terraform.resources import EvaluatedResource, to_resources
from stepguard.readers.terraform.stacks import unread_stacks

_MACHINES = ("aws_sfn_state_machine", "awscc_stepfunctions_state_machine")
_NOTHING_KNOWN = "it is known only after apply, and the plan does not have its configuration"


def read_plan(
    files: ProjectFiles,
    path: Path,
    *,
    source: Path | None,
    options: TerraformOptions,
    is_prior: bool = False,
) -> Deployment:
    """Read a plan that `terraform show -json` has printed.

    The deployment is what will be there after the plan is applied. A state, which the same
    command prints, is read as a plan that changes nothing. `source` is the directory that the
    plan was made from: what is known after apply is taken from the configuration there, and
    places are those of its files, not of the plan. With `is_prior`, the deployment is what is
    there before the plan is applied; the sources tell only of what stays as it is. Never raises
    for what the files contain: that is in the result's `errors`.
    """
    shown = files.shown(path)
    deployment = Deployment(root=shown, form=Form.PLAN)
    try:
        read = files.read(path, MAXIMUM_PLAN_BYTES)
    except FileRefusedError as error:
        deployment.errors.append(ReadError(error.path, error.reason))
        return deployment
    file = PlanFile(read.path, read.text)
    deployment.files.append(file)
    try:
        contents = read_contents(JsonWalk(file), is_prior=is_prior)
    except PlanError as error:
        place = Span(file, error.at, min(error.at + 1, len(file.text)))
        deployment.errors.append(ReadError(shown, error.reason, place))
    except json.JSONDecodeError as error:
        deployment.errors.append(_not_json(error, file))
    except (RecursionError, ValueError):
        deployment.errors.append(ReadError(shown, "the plan is nested too deeply"))
    else:
        _report_gaps(contents, deployment)
        sources = None
        if source is not None:
            sources = read_sources(files, source, options, contents, deployment)
        deployment.resources = _resources(contents, sources)
        deployment.unread_modules.extend(unread_stacks(deployment.resources))
        for one in deployment.resources:
            if one.gap == _NOTHING_KNOWN:
                message = f"{one.address}: {one.gap}"
                deployment.errors.append(ReadError(shown, message, one.span, hides_resources=True))
    return deployment


def _not_json(error: json.JSONDecodeError, file: PlanFile) -> ReadError:
    end = len(file.text.rstrip())
    message = "the plan is cut off" if error.pos >= end else "the plan is no JSON"
    if "Unterminated string" in error.msg:
        message = "the plan is cut off, or a text in it does not end"
    place = Span(file, error.pos, min(error.pos + 1, len(file.text)))
    return ReadError(file.path, f"{message}: {error.msg[0].lower()}{error.msg[1:]}", place)


def _report_gaps(contents: Contents, deployment: Deployment) -> None:
    """Report what makes that a plan does not say everything."""
    if contents.is_errored:
        message = "terraform could not finish this plan: it does not hold every resource"
        deployment.errors.append(ReadError(deployment.root, message, hides_resources=True))
    elif contents.is_incomplete or (contents.lacking and contents.resources):
        reason = (
            "this plan is not complete (made with -target, or with deferred changes): "
            "it may not hold every resource"
        )
        deployment.partial.append(reason)
        deployment.unread_modules.extend(
            UnreadModule(reason, address=one, declares_workflows=True)
            for one in contents.lacking
            if any(f".{kind}." in f".{one}" for kind in _MACHINES)
        )
    elif contents.lacking:
        more = len(contents.lacking) - 1
        message = (
            f"the plan's resource_changes lack {contents.lacking[0]}"
            f"{f' and {more} more' if more else ''}, which its planned_values have:"
            " give the whole output of terraform show -json"
        )
        deployment.errors.append(ReadError(deployment.root, message, hides_resources=True))
    if contents.configuration is None and not contents.is_state:
        message = (
            "the plan has no configuration: what is known after apply cannot be followed;"
            " give the whole output of terraform show -json"
        )
        deployment.errors.append(ReadError(deployment.root, message))


def _resources(contents: Contents, sources: Sources | None) -> list[Resource]:
    links = Links(contents)
    documents = PolicyDocuments(links)

    def evaluated(resource: PlannedResource) -> EvaluatedResource:
        is_described = sources is not None and (resource.stays or not contents.is_prior)
        configured = sources.find(resource) if sources is not None and is_described else None

        def attributes() -> Traced:
            planned = attributes_of(resource, links, documents.make)
            leave_out_policies_of_their_own(planned, resource, links)
            add_all_tags(planned, resource, links)
            if configured is None:
                return planned
            unknown = unknown_names(resource, links)
            written = configured.attributes
            if resource.is_unknown:
                unknown |= frozenset(written.value)
            return merge_attributes(planned, written, unknown, links.known_value)

        return EvaluatedResource(
            address=resource.address,
            type=resource.type,
            name=resource.name,
            mode=resource.mode,
            attributes=LaterTraced(attributes),
            span=resource.span if configured is None else configured.span,
            block=resource.whole if configured is None else configured.block,
            gap=_gap(resource, links) if configured is None else "",
        )

    return to_resources(map(evaluated, (*contents.resources, *contents.read)), Form.PLAN)


def _gap(resource: PlannedResource, links: Links) -> str:
    """Return why nothing at all is known of a resource; empty where something is."""
    is_managed = resource.mode == "managed"
    if not is_managed or not resource.is_unknown or links.declaration(resource) is not None:
        return ""
    return _NOTHING_KNOWN


class LaterTraced(Traced):
    """A traced value that is made when it is first looked at."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Traced]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        # The fields are slots that are empty until now; nothing else gets here.
        if name not in _FIELDS:
            raise AttributeError(name)
        made = self._make()
        for one in _FIELDS:
            setattr(self, one, getattr(made, one))
        return getattr(self, name)


_FIELDS = frozenset(Traced.__slots__)
