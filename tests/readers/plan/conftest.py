"""What the tests of plans share: the committed plans, and plans changed for a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.readers.files import ProjectFiles
from stepguard.readers.plan.reader import read_plan
from stepguard.readers.terraform.reader import TerraformOptions

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"

Read = Callable[..., Deployment]


@pytest.fixture
def load() -> Callable[[str], dict[str, Any]]:
    """Return the content of a committed plan."""

    def load_plan(name: str) -> dict[str, Any]:
        content = json.loads((FIXTURES / name / "plan.json").read_text(encoding="utf-8"))
        assert isinstance(content, dict)
        return content

    return load_plan


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a committed plan by its name, or a plan that a test has made."""

    def read_one(
        plan: str | dict[str, Any],
        *,
        source: Path | None = None,
        indent: int | None = 2,
        is_prior: bool = False,
    ) -> Deployment:
        path = tmp_path / "plan.json"
        if isinstance(plan, str):
            path = FIXTURES / plan / "plan.json"
        else:
            path.write_text(json.dumps(plan, indent=indent), encoding="utf-8")
        also = [] if source is None else [source]
        files = ProjectFiles(path.parent, "project", also)
        return read_plan(files, path, source=source, options=TerraformOptions(), is_prior=is_prior)

    return read_one


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[[str], Deployment]:
    """Read a plan from its text."""

    def read_one(text: str) -> Deployment:
        path = tmp_path / "plan.json"
        path.write_text(text, encoding="utf-8")
        return read_plan(ProjectFiles(tmp_path), path, source=None, options=TerraformOptions())

    return read_one
