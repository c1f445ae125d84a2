"""The same decisions as an independent implementation: the npm package iam-simulate, under node.

It runs as a program of its own, once for all cases. Where node or the package cannot be had, the
test skips. Where our answer is "cannot be known" the case must be one about which AWS's pages
say less than an implementation must decide; each such reason is named in `unsettled`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.statements import read_statements
from stepguard.deployment.resources import Form
from stepguard.permissions.decisions import Decider
from stepguard.permissions.grants import Grant, RoleGrants
from stepguard.permissions.needs import Need

PACKAGE = "@cloud-copilot/iam-simulate"
PROGRAM = Path(__file__).parent / "oracle" / "simulate.mjs"
CASES = 12_000

ACTIONS = (
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "lambda:InvokeFunction",
    "s3:GetObject",
    "s3:PutObject",
    "sns:Publish",
    "sqs:SendMessage",
    "states:DescribeExecution",
    "states:StartExecution",
)
RESOURCES = (
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/by-date",
    "arn:aws:lambda:eu-west-1:123456789012:function:pay",
    "arn:aws:lambda:eu-west-1:123456789012:function:pay:live",
    "arn:aws:lambda:us-east-1:123456789012:function:pay-later",
    "arn:aws-cn:lambda:cn-north-1:123456789012:function:pay",
    "arn:aws:s3:::orders/2026/november.json",
    "arn:aws:s3:::orders-archive/november.json",
    "arn:aws:sns:eu-west-1:123456789012:orders",
    "arn:aws:sqs:eu-west-1:123456789012:orders",
    "arn:aws:sqs:eu-west-1:123456789012:orders.fifo",
    "arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
    "arn:aws:states:eu-west-1:123456789012:execution:orders:run-1",
)


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    """A directory in which npm has installed the package; made once, kept in pytest's cache."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node")
    directory = Path(str(request.config.cache.mkdir("iam-simulate"))) / "packages"
    if not directory.exists():
        # Several test processes may do this at once: each makes its own, one gives its the name.
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="making-", dir=directory.parent))
        (made / "package.json").write_text("{}", encoding="utf-8")
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
        installed = subprocess.run(
            command, cwd=made, capture_output=True, text=True, check=False, timeout=300
        )
        if installed.returncode != 0:
            pytest.skip(f"no {PACKAGE}: {installed.stderr.strip()[-200:]}")
        try:
            made.rename(directory)
        except OSError:
            assert directory.exists()
    return directory


def pattern_of(text: str, chance: random.Random) -> str:
    """Return a text with some of it replaced by wildcards, changed, or cut off."""
    characters = list(text)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        kind = chance.random()
        at = chance.randrange(len(characters))
        length = chance.randrange(1, 9)
        if kind < 0.55:
            characters[at : at + length] = "*"
        elif kind < 0.75:
            characters[at] = "?"
        elif kind < 0.85:
            characters[at] = chance.choice("abz-/:*")
        else:
            del characters[at + length :]
            characters.append("*")
    return "".join(characters)


def resource_pattern(chance: random.Random, likely: str) -> str:
    if chance.random() < 0.06:
        return "*"
    text = likely if chance.random() < 0.4 else chance.choice(RESOURCES)
    head, tail = text[:8], text[8:]
    if chance.random() < 0.5:
        fields = text.split(":", 5)
        for number in (3, 4):
            if fields[number] and chance.random() < 0.5:
                fields[number] = "*"
        fields[5] = pattern_of(fields[5], chance)
        return ":".join(fields)
    return head + pattern_of(tail, chance)


def action_pattern(chance: random.Random, likely: str) -> str:
    if chance.random() < 0.06:
        return "*"
    action = likely if chance.random() < 0.4 else chance.choice(ACTIONS)
    service, _, name = action.partition(":")
    name = pattern_of(name, chance).replace(":", "").replace("/", "")
    if chance.random() < 0.2:
        name = name.swapcase()
    return f"{service}:{name or '*'}"


def statement(chance: random.Random, action: str, resource: str) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Deny" if chance.random() < 0.2 else "Allow"}
    actions = [action_pattern(chance, action) for _ in range(chance.choice((1, 1, 2, 3)))]
    resources = [resource_pattern(chance, resource) for _ in range(chance.choice((1, 1, 2, 3)))]
    made["NotAction" if chance.random() < 0.12 else "Action"] = actions
    made["NotResource" if chance.random() < 0.12 else "Resource"] = resources
    return made


def cases() -> list[dict[str, Any]]:
    chance = random.Random(20261125)
    made = []
    for _ in range(CASES):
        resource = chance.choice(RESOURCES)
        service = resource.split(":")[2]
        own = [one for one in ACTIONS if one.startswith(service)]
        action = chance.choice(own if chance.random() < 0.8 else ACTIONS)
        number = chance.choice((1, 1, 2, 3))
        case: dict[str, Any] = {
            "action": action,
            "resource": resource,
            "policy": [statement(chance, action, resource) for _ in range(number)],
        }
        if chance.random() < 0.1:
            case["boundary"] = [statement(chance, action, resource) for _ in range(2)]
        made.append(case)
    return made


def decide(case: dict[str, Any]) -> bool | None:
    """Return our decision about a case."""

    def grants(statements: list[dict[str, Any]]) -> tuple[Grant, ...]:
        known = read_statements(Document({"Statement": statements}, None)).known
        return tuple(Grant(one, "role", "policy") for one in known)

    boundary = case.get("boundary")
    everything = RoleGrants(
        statements=grants(case["policy"]),
        boundary=None if boundary is None else grants(boundary),
    )
    need = Need(case["action"], (case["resource"],), "required", "call")
    return Decider(everything, Deployment("", Form.TERRAFORM)).decide(need).is_granted


def unsettled(pattern: str) -> str:
    """Return why AWS's pages leave open what a resource pattern matches; empty if they do not."""
    fields = pattern.split(":", 5)
    if pattern.strip("*") == "":
        return ""
    if len(fields) < 6:
        return "what an ARN that is cut off leaves out where it is negated"
    if any(field.endswith("*") for field in fields[1:5]):
        return "a * at the end of a part may go on beyond the colon"
    rest = fields[5]
    kind = rest.replace("/", ":").split(":")[0]
    if len(kind) < len(rest) and fields[2] != "s3" and ("*" in kind or "?" in kind):
        return "a wildcard in the type of a resource is said not to be allowed"
    return ""


def test_decisions_are_those_of_iam_simulate(packages: Path) -> None:
    made = cases()
    ran = subprocess.run(
        ["node", str(PROGRAM), str(packages)],
        input=json.dumps(made),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    theirs = json.loads(ran.stdout)
    assert len(theirs) == CASES
    assert {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"} == set(theirs)
    answers = {True: 0, False: 0, None: 0}
    for case, their in zip(made, theirs, strict=True):
        ours = decide(case)
        answers[ours] += 1
        if ours is None:
            statements = [*case["policy"], *case.get("boundary", ())]
            patterns = [
                one
                for given in statements
                for one in given.get("Resource", given.get("NotResource"))
            ]
            assert any(map(unsettled, patterns)), case
        else:
            assert ours is (their == "Allowed"), (their, case)
    assert answers[True] > CASES / 10
    assert answers[False] > CASES / 3
    assert answers[None] < CASES / 10
