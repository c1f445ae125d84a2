"""Whether what checkov is at has to do with Step Functions at all, seen without the engine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from stepguard.hosts.checkov_bridge.visit import (
    CLOUDFORMATION,
    TERRAFORM,
    TERRAFORM_PLAN,
    Visit,
    called_modules,
)
from stepguard.inputs import concerns_step_functions, directory_concerns_step_functions
from stepguard.readers.files import MAXIMUM_BYTES


def is_concerned(visit: Visit) -> bool:
    """Tell whether a rule may have something to say of the resource of a visit.

    What a scan of a directory passes over is left out here, too: templates, plans and root
    modules without a word of Step Functions.
    """
    if visit.directory is None:
        return True
    if visit.framework in (CLOUDFORMATION, TERRAFORM_PLAN):
        return _is_file_concerned(visit.file)
    if visit.framework == TERRAFORM:
        return _is_root_module_concerned(visit.root_directory, visit.var_files)
    return True


@lru_cache(maxsize=1024)
def _is_file_concerned(file: str) -> bool:
    path = Path(file)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError:
        return True
    return len(content) > MAXIMUM_BYTES or concerns_step_functions(content)


@lru_cache(maxsize=1024)
def _is_root_module_concerned(directory: str, var_files: tuple[str, ...]) -> bool:
    directories = dict.fromkeys((directory, *called_modules(directory).values()))
    values = [Path(one) for one in var_files]
    return any(directory_concerns_step_functions(Path(one), values) for one in directories)
