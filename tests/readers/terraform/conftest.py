from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import plain
from stepguard.readers.files import ProjectFiles
from stepguard.readers.terraform.reader import TerraformOptions, read_root_module

Project = Callable[..., Deployment]


@pytest.fixture
def read(tmp_path: Path) -> Project:
    """Write files and read the directory as a root module."""

    def write_and_read(
        files: dict[str, str] | str, root: str = ".", options: TerraformOptions | None = None
    ) -> Deployment:
        contents = {"main.tf": files} if isinstance(files, str) else files
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return read_root_module(
            ProjectFiles(tmp_path), tmp_path / root, options or TerraformOptions()
        )

    return write_and_read


@pytest.fixture
def value(read: Project) -> Callable[..., Any]:
    """Return the plain value of the local `x` of a configuration."""

    def read_local(configuration: str, **files: str) -> Any:
        resource = 'resource "terraform_data" "probe" {\n  input = local.x\n}\n'
        deployment = read({"main.tf": configuration + "\n" + resource, **files})
        assert not deployment.errors, deployment.errors
        return plain(only(deployment, "terraform_data.probe").attributes)["input"]

    return read_local


def only(deployment: Deployment, address: str) -> Resource:
    found = [one for one in deployment.resources if one.address == address]
    assert len(found) == 1, [one.address for one in deployment.resources]
    return found[0]
