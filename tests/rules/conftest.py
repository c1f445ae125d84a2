"""Judging definitions that a test writes down, without any reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stepguard.config import Config
from stepguard.deployment.documents import Document, read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Form,
    Logging,
    PolicyDocument,
    Resource,
    Role,
    StateMachine,
    Unread,
)
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Plain, Reference, Traced
from stepguard.engine import ScanOptions, scan
from stepguard.finding import NotEvaluated, Violation
from stepguard.report import Report
from stepguard.rules.registry import load
from stepguard.rules.rule import Context, Verdict


@dataclass(frozen=True)
class Judged:
    """What a rule says about a machine."""

    verdict: Verdict

    @property
    def applies(self) -> bool:
        return self.verdict is not None

    @property
    def passes(self) -> bool:
        return self.verdict is not None and not self.verdict

    @property
    def violations(self) -> list[Violation]:
        return [one for one in self.verdict or () if isinstance(one, Violation)]

    @property
    def reasons(self) -> list[str]:
        return [one.reason for one in self.verdict or () if isinstance(one, NotEvaluated)]

    @property
    def only(self) -> Violation:
        assert self.verdict is not None
        assert len(self.verdict) == 1, self.verdict
        (violation,) = self.violations
        return violation


def document_of(definition: Any) -> Document:
    """Make a document with places of a value without unknowns, or of JSON text."""
    text = definition if isinstance(definition, str) else json.dumps(definition, indent=1)
    return read_document(Traced(text, Span(SourceFile("machine.json", text), 0, len(text))))


@pytest.fixture
def judge() -> Callable[..., Judged]:
    """Return what a rule says about a machine with a definition and other properties."""

    def run(
        rule: str,
        definition: Any = None,
        *,
        form: Form = Form.TERRAFORM,
        config: Config | None = None,
        others: Sequence[Resource] = (),
        is_reusable_module: bool = False,
        **properties: Any,
    ) -> Judged:
        if definition is None:
            definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
        is_read = isinstance(definition, (Document, Unread))
        file = SourceFile("main.tf", 'resource "aws_sfn_state_machine" "m" {}\n')
        machine = StateMachine(
            address="aws_sfn_state_machine.m",
            type=properties.pop("type", "aws_sfn_state_machine"),
            form=form,
            span=Span(file, 0, 36),
            definition=definition if is_read else document_of(definition),
            # What a source sets besides the properties that a test gives.
            attributes=properties.pop("attributes", Traced({"other": Traced("x")})),
            **properties,
        )
        deployment = Deployment(
            ".", form, [machine, *others], [file], is_reusable_module=is_reusable_module
        )
        context = Context(deployment, config or Config())
        found = load(rule)
        assert list(found.subjects(context)) == [machine]
        return Judged(found.judge(machine, context))

    return run


@pytest.fixture
def logging() -> Callable[..., Logging]:
    """Return a logging configuration with a level and destinations, written in one line."""
    file = SourceFile("main.tf", 'logging_configuration { level = "OFF" }\n')

    def make(level: Any, destinations: Sequence[Any] | Unread = ("arn",)) -> Logging:
        found = (
            destinations if isinstance(destinations, Unread) else list(map(Traced, destinations))
        )
        return Logging(
            level=None if level is None else Traced(level, Span(file, 32, 37)),
            include_execution_data=None,
            destinations=found,
            span=Span(file, 0, 39),
        )

    return make


TRUST: Plain = {
    "Effect": "Allow",
    "Principal": {"Service": "states.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
"""A statement of a trust policy, as most templates write it."""


@pytest.fixture
def judge_role() -> Callable[..., Judged]:
    """Return what a rule says about a role with statements, and a machine that uses it.

    `statements` are those of its one policy, `trust` those of its trust policy (or what stands in
    their place). `definition` is the machine's; with `None` no machine uses the role.
    """

    def run(
        rule: str,
        *statements: Plain,
        trust: Plain | Unread | None = TRUST,
        definition: Plain | Unread = None,
        form: Form = Form.CLOUDFORMATION,
        config: Config | None = None,
        others: Sequence[Resource] = (),
        logging: Any = None,
        tracing: Any = None,
        **properties: Any,
    ) -> Judged:
        if statements:
            document = Document({"Statement": list(statements)}, None)
            policy = PolicyDocument(name="work", document=document, address="Policy")
            properties.setdefault("inline", [policy])
        read = trust if isinstance(trust, Unread) else Document({"Statement": trust}, None)
        role = Role(address="Role", type="AWS::IAM::Role", form=form, trust=read, **properties)
        resources: list[Resource] = [role, *others]
        if definition is not None:
            is_read = isinstance(definition, Unread)
            resources.append(
                StateMachine(
                    address="Machine",
                    type="AWS::StepFunctions::StateMachine",
                    form=form,
                    definition=definition if is_read else Document(definition, None),
                    role=Traced(Reference("Role", "Arn")),
                    logging=logging,
                    tracing=tracing,
                )
            )
        context = Context(Deployment(".", form, resources), config or Config())
        found = load(rule)
        assert list(found.subjects(context)) == [role]
        return Judged(found.judge(role, context))

    return run


@pytest.fixture
def scanned(tmp_path: Path) -> Callable[..., Report]:
    """Return the report of one rule on a text: a template, or Terraform's files of a root module.

    Terraform gets a provider unless `is_reusable_module`, so that nobody's caller decides.
    """

    def run(
        rule: str, text: str, *, config: Config | None = None, is_reusable_module: bool = False
    ) -> Report:
        is_template = text.lstrip().startswith(("Resources:", "Transform:", "Parameters:"))
        name = "template.yaml" if is_template else "main.tf"
        provider = "" if is_template or is_reusable_module else 'provider "aws" {}\n'
        (tmp_path / name).write_text(provider + text, encoding="utf-8")
        report = scan([tmp_path], ScanOptions(rules=(rule,), config=config or Config()))
        assert [str(error) for error in report.errors] == []
        return report

    return run
