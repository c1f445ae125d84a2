"""The configuration that a plan was made from, evaluated with the plan's variables."""

from __future__ import annotations

import re
from pathlib import Path

from stepguard.deployment.graph import Deployment, ReadError
from stepguard.deployment.values import Traced, Unknown
from stepguard.readers.files import ProjectFiles
from stepguard.readers.plan.contents import Contents, PlannedResource
from stepguard.readers.plan.merging import without_spans
from stepguard.readers.plan.shapes import as_object
from stepguard.readers.terraform.modules import configuration_files
from stepguard.readers.terraform.reader import TerraformOptions, evaluate_root_module
from stepguard.readers.terraform.resources import EvaluatedResource
from stepguard.structs import Struct, replace

_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")


class Sources(Struct, eq=False):
    """The resources of a configuration, by address."""

    by_address: dict[str, EvaluatedResource]
    bare: dict[str, list[EvaluatedResource]]

    def find(self, resource: PlannedResource) -> EvaluatedResource | None:
        """Return what the configuration says of a planned resource.

        An instance that the configuration does not tell apart is the one without key.
        """
        exact = self.by_address.get(resource.address)
        if exact is not None:
            return exact
        alike = self.bare.get(_INSTANCE_KEY.sub("", resource.address), [])
        return alike[0] if len(alike) == 1 else None


def read_sources(
    files: ProjectFiles,
    directory: Path,
    options: TerraformOptions,
    contents: Contents,
    deployment: Deployment,
) -> Sources | None:
    """Return what a directory says of a plan's resources; `None` when it says nothing.

    The files that were read and what is wrong with them go to `deployment`.
    """
    shown = files.shown(directory)
    if not configuration_files(files, directory):
        message = "no Terraform configuration there: the plan is read without its sources"
        deployment.errors.append(ReadError(shown, message))
        return None
    given = replace(options, variables=_variables(contents))
    evaluated, module = evaluate_root_module(files, directory, given)
    deployment.files.extend(module.files)
    # The plan has the resources itself: what its sources do not show is missing nowhere.
    deployment.errors.extend(replace(one, hides_resources=False) for one in module.errors)
    by_address = {resource.address: resource for resource in evaluated}
    bare: dict[str, list[EvaluatedResource]] = {}
    for resource in evaluated:
        bare.setdefault(_INSTANCE_KEY.sub("", resource.address), []).append(resource)
    sources = Sources(by_address, bare)
    managed = [resource for resource in contents.resources if resource.mode == "managed"]
    is_other = bool(managed) and all(sources.find(resource) is None for resource in managed)
    if is_other and not contents.is_prior:
        message = "the plan was not made from this directory: it has none of the plan's resources"
        deployment.errors.append(ReadError(shown, message))
    return sources


def _variables(contents: Contents) -> dict[str, Traced]:
    """Return the values of the root module's variables; of sensitive ones, that they are."""
    root = as_object(as_object(contents.configuration).get("root_module"))
    declared = as_object(root.get("variables"))
    given: dict[str, Traced] = {}
    for name, value in contents.variables.items():
        declaration = declared.get(name)
        if isinstance(declaration, dict) and not declaration.get("sensitive"):
            given[name] = without_spans(value)
        else:
            given[name] = Traced(Unknown(f"var.{name}", "sensitive"), sensitive=True)
    return given
