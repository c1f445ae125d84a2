"""What the tests of the CloudFormation reader share."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.reader import read_template
from stepguard.readers.files import ProjectFiles

Read = Callable[..., Deployment]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a template and other files, and reads the template."""

    def read_text(
        text: str,
        name: str = "template.yaml",
        *,
        parameters: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Deployment:
        for path, content in {**(files or {}), name: text}.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(textwrap.dedent(content).encode())
        return read_template(ProjectFiles(tmp_path), tmp_path / name, parameters=parameters or {})

    return read_text


@pytest.fixture
def value_of(read: Read) -> Callable[..., Traced]:
    """Evaluates an expression, written in one line, in a template with some sections."""

    def evaluate(expression: str, sections: str = "", **options: object) -> Traced:
        text = (
            textwrap.dedent(sections)
            + "Resources:\n"
            + "  Table: {Type: 'AWS::DynamoDB::Table'}\n"
            + "  Machine: {Type: 'AWS::StepFunctions::StateMachine'}\n"
            + f"  It:\n    Type: Custom::It\n    Properties:\n      Value: {expression}\n"
        )
        deployment = read(text, **options)
        assert deployment.errors == []
        found = deployment.find("It")[0].attributes.get("Value")
        assert found is not None
        return found

    return evaluate
