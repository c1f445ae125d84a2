"""Machines that a test writes down, and what they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource, StateMachine
from stepguard.deployment.values import Plain, Text, Traced, render, render_text
from stepguard.permissions.needs import MachineNeeds, Need, needs_of_machine

_PLACES = {"${AWS::Partition}": "P", "${AWS::Region}": "R", "${AWS::AccountId}": "A"}


class Found:
    """The needs of a machine, with resources as short texts."""

    def __init__(self, needs: MachineNeeds) -> None:
        self.all = needs
        self.reasons = [one.reason for one in needs.not_checked]

    @staticmethod
    def shown(resource: Plain) -> str:
        text = render_text(resource) if isinstance(resource, Text) else str(render(resource))
        for place, letter in _PLACES.items():
            text = text.replace(place, letter)
        return text

    def of(self, action: str) -> list[Need]:
        return [one for one in self.all.needs if one.action == action]

    def only(self, action: str) -> Need:
        (need,) = self.of(action)
        return need

    def resources(self, action: str) -> list[str]:
        return [self.shown(one) for need in self.of(action) for one in need.resources]

    def required(self) -> dict[str, list[str]]:
        """The required actions, by their resources."""
        found: dict[str, list[str]] = {}
        for need in self.all.needs:
            if need.kind == "required":
                key = " ".join(map(self.shown, need.resources))
                found.setdefault(key, []).append(need.action)
        return found


@pytest.fixture
def resource() -> Callable[..., Resource]:
    """Make a resource of a type with attributes."""

    def make(address: str, kind: str, **attributes: Any) -> Resource:
        return Resource(
            address=address,
            type=kind,
            form=Form.CLOUDFORMATION,
            attributes=Traced({name: Traced(value) for name, value in attributes.items()}),
        )

    return make


@pytest.fixture
def needs() -> Callable[..., Found]:
    """Return what a machine with states needs, in a project with other resources."""

    def derive(
        states: dict[str, Plain] | Plain,
        *,
        others: Sequence[Resource] = (),
        language: str = "JSONPath",
        **properties: Any,
    ) -> Found:
        document = {"StartAt": "A", "QueryLanguage": language, "States": states}
        properties.setdefault("definition", Document(document, None))
        machine = StateMachine(
            address="Machine",
            type="AWS::StepFunctions::StateMachine",
            form=Form.CLOUDFORMATION,
            **properties,
        )
        return Found(
            needs_of_machine(machine, Deployment("", Form.CLOUDFORMATION, [machine, *others]))
        )

    return derive


@pytest.fixture
def call(needs: Callable[..., Found]) -> Callable[..., Found]:
    """Return what a machine needs whose one state makes a call with parameters."""

    def derive(
        target: Plain, parameters: Plain = None, *, language: str = "JSONPath", **more: Any
    ) -> Found:
        is_call = isinstance(target, str) and not target.startswith("arn:")
        state: dict[str, Plain] = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{target}" if is_call else target,
            "End": True,
        }
        if parameters is not None:
            state["Arguments" if language == "JSONata" else "Parameters"] = parameters
        for name in ("Credentials",):
            if name in more:
                state[name] = more.pop(name)
        return needs({"A": state}, language=language, **more)

    return derive
