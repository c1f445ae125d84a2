"""Reading a Terraform root module into a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from stepguard.deployment.graph import Deployment, ReadError, UnreadModule
from stepguard.deployment.resources import Form
from stepguard.deployment.source import SourceFile
from stepguard.deployment.values import Traced, Unknown
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.budget import TOO_MUCH_WORK, EvaluationError
from stepguard.readers.terraform.discovery import find_root_modules
from stepguard.readers.terraform.instances import (
    MAXIMUM_MODULE_INSTANCES,
    MAXIMUM_REPETITIONS,
    ModuleInstance,
    ResourceInstance,
)
from stepguard.readers.terraform.modules import ModuleSource, source_of_call
from stepguard.readers.terraform.resources import EvaluatedResource, to_resources
from stepguard.readers.terraform.stacks import unread_stacks
from stepguard.readers.terraform.variables import (
    assigned_values,
    has_variable_files,
    variable_files,
)
from stepguard.readers.terraform.world import World
from stepguard.readers.workflow_words import holds_definition, names_workflows
from stepguard.structs import Struct, field

__all__ = ["TerraformOptions", "evaluate_root_module", "find_root_modules", "read_root_module"]


class TerraformOptions(Struct, frozen=True):
    """Options for reading Terraform.

    `var_files` are read after those that Terraform finds by itself; `variables` are values of the
    root module's variables that count before those of any file. `parser` names the HCL parser;
    `None` takes the one that is installed. `modules` are the directories of modules that are not
    local ones, by the path of their call from the root (`a.b`).
    """

    var_files: tuple[Path, ...] = ()
    parser: str | None = None
    variables: Mapping[str, Traced] = field(default_factory=dict)
    modules: Mapping[str, Path] = field(default_factory=dict)


def read_root_module(files: ProjectFiles, directory: Path, options: TerraformOptions) -> Deployment:
    """Read the module in a directory, and all that it calls, as a root module.

    Never raises for what the files contain: that is in the result's `errors`, and what is around
    it is read.
    """
    evaluated, deployment = evaluate_root_module(files, directory, options)
    deployment.resources = to_resources(evaluated, Form.TERRAFORM)
    deployment.unread_modules.extend(unread_stacks(deployment.resources))
    return deployment


def evaluate_root_module(
    files: ProjectFiles, directory: Path, options: TerraformOptions
) -> tuple[list[EvaluatedResource], Deployment]:
    """Return the evaluated resources of a root module, and a deployment without resources.

    The deployment has the files that were read and what is wrong with them.
    """
    world = World(files, directory, options.parser, options.modules)
    source = world.load(directory)
    deployment = Deployment(
        root=files.shown(directory),
        form=Form.TERRAFORM,
        is_reusable_module=_is_reusable(files, directory, source),
    )
    read: list[SourceFile] = []
    root = ModuleInstance(world=world, address="", path="", source=source)
    given = assigned_values(
        files,
        [*variable_files(files, directory), *options.var_files],
        world,
        options.parser,
        world.errors,
        read,
    )
    root.assigned = {**given.values, **options.variables}
    root.assignment_gap = given.gap
    evaluated: list[EvaluatedResource] = []
    absent: list[ModuleInstance] = []
    try:
        evaluated.extend(_evaluated(root, absent))
    except EvaluationError as error:
        world.errors.append(ReadError(deployment.root, error.reason, hides_resources=True))
    for loaded in world.sources:
        read.extend(loaded.files)
    read.extend(world.surroundings.read_files)
    deployment.files = list({id(file): file for file in read}.values())
    # After that, since a file that only such a module is given is no part of what was read.
    deployment.unread_modules = [_unread(one) for one in absent]
    if world.budget.is_spent:
        spent = ReadError(deployment.root, TOO_MUCH_WORK, hides_resources=True)
        world.errors.append(spent)
    deployment.errors = list(world.errors)
    return evaluated, deployment


def _unread(module: ModuleInstance) -> UnreadModule:
    call = module.call
    source = (None if call is None else source_of_call(call)) or ""
    text = "" if call is None or call.span is None else call.span.text
    return UnreadModule(
        reason=module.missing,
        given=module.told_of(),
        address=module.address,
        span=None if call is None else call.header,
        declares_workflows=names_workflows(source) or holds_definition(text),
    )


def _is_reusable(files: ProjectFiles, directory: Path, source: ModuleSource) -> bool:
    configured = any(declared.block.labels[0] == "aws" for declared in source.providers)
    return not (configured or source.has_backend or has_variable_files(files, directory))


def _evaluated(root: ModuleInstance, absent: list[ModuleInstance]) -> Iterator[EvaluatedResource]:
    """Yield every resource of a module and of those that it calls.

    Modules of which the files are not there go to `absent`. Raises `EvaluationError` where there
    are too many of either.
    """
    pending = [root]
    seen = repeated = 0
    while pending:
        module = pending.pop(0)
        seen += 1
        if seen > MAXIMUM_MODULE_INSTANCES:
            raise EvaluationError("the configuration has too many module instances")
        for resource in module.resources():
            repeated += "[" in resource.address
            if repeated > MAXIMUM_REPETITIONS:
                raise EvaluationError("the configuration has too many instances of resources")
            yield _resource(resource)
        if module.source is None:
            absent.append(module)
        pending.extend(module.children())


def _resource(resource: ResourceInstance) -> EvaluatedResource:
    declared = resource.declared
    attributes = resource.attributes()
    gap = next((one.gap for one in declared.layers if one.gap), "")
    if gap:
        attributes.rest = Unknown("…", gap)
    return EvaluatedResource(
        address=resource.address,
        type=resource.type,
        name=resource.name,
        mode=resource.mode,
        attributes=attributes,
        span=declared.header,
        block=declared.span,
        gap=gap,
    )
