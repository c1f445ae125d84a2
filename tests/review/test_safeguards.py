"""Timeouts, heartbeats, retries and catches that are gone, weaker, or as good as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepguard.change import MachineChange

from .changes import SEND, machine_of, reviewed, template

FAILED = {"Type": "Fail"}
GUARDED = {
    **SEND,
    "TimeoutSeconds": 30,
    "HeartbeatSeconds": 10,
    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
}


def with_send(**fields: Any) -> dict[str, Any]:
    """Return the guarded task and what it leads to, with other fields; `None` takes one away."""
    state = {**GUARDED, **fields}
    return {
        "Send": {key: value for key, value in state.items() if value is not None},
        "Failed": FAILED,
    }


def changed(directory: Path, before: dict[str, Any], after: dict[str, Any]) -> MachineChange:
    change = machine_of(reviewed(directory, template(states=before), template(states=after)))
    assert change is not None
    return change


LOST: dict[str, tuple[dict[str, Any], str]] = {
    "no timeout": ({"TimeoutSeconds": None}, "'Send' has no timeout any more (was 30 seconds)"),
    "a longer timeout": (
        {"TimeoutSeconds": 60},
        "'Send' has a longer timeout: 60 seconds (was 30)",
    ),
    "no heartbeat": (
        {"HeartbeatSeconds": None},
        "'Send' has no heartbeat any more (was 10 seconds)",
    ),
    "no Retry": ({"Retry": None}, "'Send' has no Retry any more"),
    "fewer retries": (
        {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]},
        "'Send' retries States.ALL less often: once (was 5 times)",
    ),
    "the default number of retries": (
        {"Retry": [{"ErrorEquals": ["States.ALL"]}]},
        "'Send' retries States.ALL less often: 3 times (was 5 times)",
    ),
    "no retries": (
        {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]},
        "'Send' does not retry States.ALL any more",
    ),
    "an error that is not retried": (
        {"Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 5}]},
        "'Send' does not retry States.ALL any more",
    ),
    "no Catch": ({"Catch": None}, "'Send' has no Catch any more"),
    "an error that is not caught": (
        {"Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Failed"}]},
        "'Send' does not catch States.ALL any more",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost(name: str, tmp_path: Path) -> None:
    fields, lost = LOST[name]
    change = changed(tmp_path, with_send(), with_send(**fields))
    assert change.safeguards_lost == (lost,)
    assert [(one.name, one.fate) for one in change.states] == [("Send", "changed")]


KEPT: dict[str, dict[str, Any]] = {
    "a shorter timeout": {"TimeoutSeconds": 20},
    "a timeout by path": {"TimeoutSeconds": None, "TimeoutSecondsPath": "$.timeout"},
    "more retries": {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}]},
    "another target": {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Other"}]},
    "one more retrier": {
        "Retry": [
            {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 7},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 5},
        ]
    },
    "retries that are not known": {"Retry": {"Fn::ImportValue": "retry"}},
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_not_lost(name: str, tmp_path: Path) -> None:
    change = changed(tmp_path, with_send(), with_send(**KEPT[name]))
    assert change.safeguards_lost == ()
    assert [one.name for one in change.states] == ["Send"]


def test_a_general_retrier_takes_what_a_specific_one_took(tmp_path: Path) -> None:
    specific = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 2}]
    assert changed(tmp_path, with_send(Retry=specific), with_send()).safeguards_lost == ()


def test_the_execution_timeout(tmp_path: Path) -> None:
    bare = {"StartAt": "Send", "States": {"Send": SEND}}
    timed, longer = ({**bare, "TimeoutSeconds": seconds} for seconds in (300, 900))
    reviews: dict[str, MachineChange] = {}
    for name, before, after in (
        ("gone", timed, bare),
        ("new", bare, timed),
        ("longer", timed, longer),
    ):
        report = reviewed(tmp_path, template(definition=before), template(definition=after))
        found = machine_of(report)
        assert found is not None
        assert found.states == ()
        reviews[name] = found
    assert reviews["gone"].safeguards_lost == (
        "the executions have no timeout any more (was 300 seconds)",
    )
    assert reviews["gone"].settings == ("execution timeout: none (was 300)",)
    assert reviews["new"].safeguards_lost == ()
    assert reviews["new"].settings == ("execution timeout: 300 (was none)",)
    assert reviews["longer"].safeguards_lost == (
        "the executions have a longer timeout: 900 seconds (was 300)",
    )
