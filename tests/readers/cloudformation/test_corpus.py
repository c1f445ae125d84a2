"""Real templates by other people: read without an error of ours, and nearly all resolved."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.workflow import read_workflow
from stepguard.readers.cloudformation.reader import looks_like_template, read_template
from stepguard.readers.files import ProjectFiles

CORPUS = Path(os.environ.get("STEPGUARD_CORPUS", "nowhere"))
ENDINGS = {".json", ".yaml", ".yml", ".template"}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="STEPGUARD_CORPUS names no folder")

NOT_IN_THE_REPOSITORY = re.compile(
    "stored in S3|stored elsewhere|no such file|has no definition|outside the scanned root"
)
AUTHORS_MISTAKES = re.compile("not YAML|stands twice|no such file|SAM refuses|cannot be read")


def deployments(kind: str) -> Iterator[Deployment]:
    for repository in sorted((CORPUS / kind).iterdir()):
        files = ProjectFiles(repository)
        for path in sorted(repository.rglob("*")):
            if path.suffix in ENDINGS and path.is_file():
                text = path.read_text(encoding="utf-8-sig")
                if looks_like_template(text):
                    yield read_template(files, path, parameters={})


@pytest.mark.parametrize("kind", ["cloudformation", "sam", "cdk"])
def test_definitions_that_are_in_the_repository_are_read(kind: str) -> None:
    read, unread, errors = 0, [], []
    for deployment in deployments(kind):
        errors += [one for one in deployment.errors if not AUTHORS_MISTAKES.search(one.message)]
        for machine in deployment.state_machines:
            definition = machine.definition
            if not isinstance(definition, Document):
                if not NOT_IN_THE_REPOSITORY.search(definition.reason):
                    unread.append((deployment.root, machine.address, definition.reason))
            elif read_workflow(definition).definition_state == "unresolved":
                unread.append((deployment.root, machine.address, "no states"))
            else:
                read += 1
    assert errors == []
    assert read >= 40
    assert read / (read + len(unread)) >= 0.97, unread


@pytest.mark.parametrize("kind", ["cloudformation", "sam", "cdk"])
def test_every_state_is_found_where_it_is_written(kind: str) -> None:
    wrong, found = [], 0
    for deployment in deployments(kind):
        for machine in deployment.state_machines:
            if not isinstance(machine.definition, Document):
                continue
            for state in read_workflow(machine.definition).states:
                span = machine.definition.locate(state.path, key=True)
                written = "" if span is None else span.text.replace("\\", "").strip("\"'")
                found += written == state.name
                if written != state.name:
                    wrong.append((deployment.root, state.name, written[:100]))
    assert wrong == []
    assert found >= 50
