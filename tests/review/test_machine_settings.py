"""Type, role, logging, tracing and encryption of a machine, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .changes import machine_of, reviewed, template

GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:g:*"
LOGS = {"Level": "ALL", "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": GROUP}}]}
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "type": ({}, {"StateMachineType": "EXPRESS"}, ["type: EXPRESS (was STANDARD)"]),
    "type as by default": ({}, {"StateMachineType": "STANDARD"}, []),
    "level": (
        {"LoggingConfiguration": LOGS},
        {"LoggingConfiguration": {**LOGS, "Level": "ERROR"}},
        ["log level: ERROR (was ALL)"],
    ),
    "execution data": (
        {"LoggingConfiguration": LOGS},
        {"LoggingConfiguration": {**LOGS, "IncludeExecutionData": True}},
        ["include_execution_data: on (was off)"],
    ),
    "no logging any more": (
        {"LoggingConfiguration": LOGS},
        {},
        ["log level: OFF (was ALL)", f"log group: none (was {GROUP})"],
    ),
    "tracing": (
        {"TracingConfiguration": {"Enabled": True}},
        {"TracingConfiguration": {"Enabled": "false"}},
        ["tracing: off (was on)"],
    ),
    "tracing as by default": ({}, {"TracingConfiguration": {"Enabled": False}}, []),
    "encryption": (
        {"EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": "alias/a"}},
        {},
        [
            "encryption: AWS_OWNED_KEY (was CUSTOMER_MANAGED_KMS_KEY)",
            "encryption key: none (was alias/a)",
        ],
    ),
    "role": (
        {},
        {"RoleArn": "arn:aws:iam::123456789012:role/other"},
        ["role: arn:aws:iam::123456789012:role/other (was Role)"],
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str, tmp_path: Path) -> None:
    before, after, settings = SETTINGS[name]
    report = reviewed(tmp_path, template(machine=before), template(machine=after))
    change = machine_of(report)
    assert ([] if change is None else list(change.settings)) == settings


def test_a_setting_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    unread = template(machine={"LoggingConfiguration": {"Fn::ImportValue": "logs"}})
    change = machine_of(reviewed(tmp_path, template(), unread))
    assert change is not None
    said = " ".join((*change.settings, *change.unread))
    assert "log level" in said
    assert "log level: OFF" not in change.settings
