"""Data sources whose values follow from the configuration, or have a name that says enough."""

from __future__ import annotations

from typing import Protocol

from stepguard.deployment.source import Span
from stepguard.deployment.values import Hole, Piece, Reference, Traced, text_of
from stepguard.readers.terraform.budget import EvaluationError
from stepguard.readers.terraform.calls import render_text_template
from stepguard.readers.terraform.evaluation import evaluate
from stepguard.readers.terraform.policy_documents import policy_document
from stepguard.readers.terraform.scope import Scope

_PSEUDO = {
    ("aws_caller_identity", "account_id"): "AWS::AccountId",
    ("aws_caller_identity", "id"): "AWS::AccountId",
    ("aws_region", "name"): "AWS::Region",
    ("aws_region", "id"): "AWS::Region",
    ("aws_region", "region"): "AWS::Region",
    ("aws_partition", "partition"): "AWS::Partition",
    ("aws_partition", "id"): "AWS::Partition",
    ("aws_partition", "dns_suffix"): "AWS::URLSuffix",
}

_ARN_PARTS = {"partition": 1, "service": 2, "region": 3, "account": 4, "resource": 5}


class DataSource(Protocol):
    """An instance of a data source."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def declared_span(self) -> Span | None:
        """The whole block."""

    def attribute(self, name: str) -> Traced | None:
        """Return what the configuration sets."""

    def own_scope(self) -> Scope:
        """Return the scope of expressions in its block."""


def data_attribute(source: DataSource, name: str, expression: str) -> Traced | None:
    """Return an attribute of a data source; `None` when only AWS knows it.

    `expression` names the data source in expressions.
    """
    kind = source.type
    shown = f"{expression}.{name}"
    configured = source.attribute(name)
    pseudo = _PSEUDO.get((kind, name))
    if pseudo is not None:
        given = configured if kind == "aws_region" else None
        if kind == "aws_region" and given is None:
            given = source.attribute("region") or source.attribute("name")
        if given is not None and given.value is not None:
            return given
        return Traced(Reference(pseudo, "", shown))
    if kind == "aws_iam_policy_document" and name in ("json", "minified_json"):
        return policy_document(source, shown)
    if kind == "template_file" and name == "rendered":
        return _rendered(source, shown)
    if kind == "local_file" and name == "content":
        return _content(source)
    if kind == "aws_service_principal" and name in ("name", "suffix"):
        return _service_principal(source, name, expression)
    if kind == "aws_arn" and name in _ARN_PARTS:
        return _arn_part(source, name)
    if configured is not None and configured.value is not None:
        return configured
    return None


def _rendered(source: DataSource, shown: str) -> Traced | None:
    template = source.attribute("template")
    variables = source.attribute("vars") or Traced({})
    if template is None:
        return None
    scope = source.own_scope()
    return render_text_template(template, variables, scope, evaluate, source.declared_span, shown)


def _content(source: DataSource) -> Traced | None:
    filename = source.attribute("filename")
    if filename is None or not isinstance(filename.value, str):
        return None
    file = source.own_scope().session.template(filename.value)
    span = Span(file, 0, len(file.text))
    return text_of((Piece(file.text, span, exact=True),), span)


def _service_principal(source: DataSource, name: str, expression: str) -> Traced | None:
    suffix = Hole(Reference("AWS::URLSuffix", "", f"{expression}.suffix"))
    if name == "suffix":
        return Traced(suffix.value)
    service = source.attribute("service_name")
    if service is None or not isinstance(service.value, str):
        return None
    return text_of((Piece(f"{service.value}.", service.span), suffix), service.span)


def _arn_part(source: DataSource, name: str) -> Traced | None:
    arn = source.attribute("arn")
    if arn is None or not isinstance(arn.value, str):
        return None
    parts = arn.value.split(":", 5)
    if len(parts) != 6:
        raise EvaluationError("it is no ARN")
    return Traced(parts[_ARN_PARTS[name]], arn.span)
