"""The roles that are read are the roles that aws-sam-translator, the reference, makes.

Each template is read twice: as it is, and as the reference translates it. Both times the policies
of every role must be the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.values import plain, render

Reader = Callable[..., Deployment]

TEMPLATES = Path(__file__).parent / "templates"


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Translate a SAM template to a CloudFormation one in JSON."""
    pytest.importorskip("samtranslator")
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def run(template: str) -> str:
        document = yaml_parse(template)
        return json.dumps(Translator({}, Parser()).translate(document, {}))

    return run


def everything_granted(deployment: Deployment) -> dict[str, Any]:
    """Return each role's documents, managed policies, trust, boundary and tags, rendered.

    Only the partition is written out, since the reference translates for one region.
    """
    found: dict[str, Any] = {}
    for role in deployment.roles:
        policies = deployment.policies_of(role)
        documents = []
        for policy in policies.documents:
            assert isinstance(policy.document, Document), policy.document
            documents.append(render(policy.document.value)["Statement"])
        managed = [str(render(plain(one))) for one in policies.managed]
        tags = getattr(role.tags, "values", {})
        found[role.address] = {
            "documents": sorted(json.dumps(one, sort_keys=True) for one in documents),
            "managed": sorted(one.replace("${AWS::Partition}", "aws") for one in managed),
            "trust": render(role.trust.value) if isinstance(role.trust, Document) else None,
            "boundary": None if role.boundary is None else render(plain(role.boundary)),
            "tags": {key: render(plain(value)) for key, value in tags.items()},
            "unread": [one.reason for one in policies.unread],
        }
    return found


def roles_of_machines(deployment: Deployment) -> set[str]:
    return {
        role.address
        for machine in deployment.state_machines
        for role in deployment.roles_of(machine)
    }


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.yaml")), ids=lambda path: path.stem)
def test_roles_are_those_of_the_reference(
    path: Path, read: Reader, translated: Callable[[str], str]
) -> None:
    text = path.read_text(encoding="utf-8")
    read_here = read(text)
    reference = read(translated(text), name="translated.json")
    ours, theirs = everything_granted(read_here), everything_granted(reference)
    machines = roles_of_machines(read_here)
    assert machines
    assert machines == roles_of_machines(reference)
    for address in machines:
        assert ours[address] == theirs[address]
        assert ours[address]["unread"] == []
