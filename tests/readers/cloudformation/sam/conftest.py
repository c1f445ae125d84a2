"""Helpers of the SAM reader's tests: read a template that stands in the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.readers.cloudformation.reader import read_template
from stepguard.readers.files import ProjectFiles

HEADER = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\n"

Reader = Callable[..., Deployment]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write a SAM template, and files beside it, and read it.

    `name` is the template's file name; a template without a `Transform` gets one.
    """

    def run(template: str, *, name: str = "template.yaml", **beside: str) -> Deployment:
        path = tmp_path / name
        text = dedent(template)
        is_whole = name.endswith(".json") or "Transform:" in text
        path.write_text(text if is_whole else HEADER + text, encoding="utf-8")
        for file, content in beside.items():
            target = tmp_path / file.replace("__", "/").replace("_json", ".json")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(content), encoding="utf-8")
        return read_template(ProjectFiles(tmp_path), path, parameters={})

    return run
