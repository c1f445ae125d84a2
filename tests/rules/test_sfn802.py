"""SFN802: HTTP tasks that call an endpoint without encryption."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.values import Hole, OneOf, Piece, Text, Unknown

RULE = "SFN802"
UNKNOWN = Unknown("var.x", "it is not set")


def machine(endpoint: Any, *, key: str = "ApiEndpoint", service: str = "http") -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{service}:invoke",
        "Parameters": {key: endpoint, "Method": "GET"},
        "End": True,
    }
    return {"StartAt": "A", "States": {"A": task}}


@pytest.mark.parametrize("endpoint", ["http://example.com", "HTTP://example.com"])
def test_plain_http(judge: Callable[..., Any], endpoint: str) -> None:
    found = judge(RULE, machine(endpoint)).only
    assert found.message.startswith("'A' calls an endpoint over plain HTTP: ")
    assert found.span.text == f'"{endpoint}"'
    assert found.state == "A"


def test_the_rest_of_the_endpoint_need_not_be_known(judge: Callable[..., Any]) -> None:
    endpoint = Text((Piece("http://example.com/"), Hole(UNKNOWN)))
    assert judge(RULE, Document(machine(endpoint), None)).violations


def test_jsonata(judge: Callable[..., Any]) -> None:
    definition = {"QueryLanguage": "JSONata", **machine("http://example.com")}
    task = definition["States"]["A"]
    task["Arguments"] = task.pop("Parameters")
    assert judge(RULE, definition).only.span.text == '"http://example.com"'


@pytest.mark.parametrize(
    ("endpoint", "key"),
    [
        ("{% 'http://example.com/' & $states.input.id %}", "ApiEndpoint"),
        ('{%"http://example.com/" & $id%}', "ApiEndpoint"),
        ("States.Format('http://example.com/{}', $.id)", "ApiEndpoint.$"),
    ],
)
def test_an_expression_that_begins_so(judge: Callable[..., Any], endpoint: str, key: str) -> None:
    found = judge(RULE, machine(endpoint, key=key)).only
    assert "example.com" in found.span.text
    assert judge(RULE, machine(endpoint.replace("http:", "https:"), key=key)).passes


def test_several_tasks_are_one_finding(judge: Callable[..., Any]) -> None:
    definition = machine("http://example.com")
    definition["States"]["B"] = definition["States"]["A"]
    found = judge(RULE, definition).only
    assert found.message.startswith("'A', 'B' call an endpoint")
    assert len(found.related) == 2


@pytest.mark.parametrize(
    "definition",
    [
        machine("https://example.com"),
        machine("$.url", key="ApiEndpoint.$"),
        machine("{% $url %}"),
        machine(Text((Piece("https://"), Hole(UNKNOWN)))),
    ],
)
def test_what_is_fine(judge: Callable[..., Any], definition: dict[str, Any]) -> None:
    assert judge(RULE, Document(definition, None)).passes


def test_other_calls_are_not_concerned(judge: Callable[..., Any]) -> None:
    assert not judge(RULE, machine("http://example.com", service="apigateway")).applies
    assert not judge(RULE).applies


@pytest.mark.parametrize("endpoint", [UNKNOWN, OneOf("c", ("http://a", "https://a"))])
def test_what_is_not_known(judge: Callable[..., Any], endpoint: Any) -> None:
    assert judge(RULE, Document(machine(endpoint), None)).reasons == [
        "the ApiEndpoint of 'A' is not known before deployment"
    ]
    assert judge(RULE, Unread("lost")).reasons == ["the definition could not be read: lost"]
