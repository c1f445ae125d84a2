"""The rules on roles, on real templates: what must not be found, and what must.

The folder of templates is named by `STEPGUARD_CORPUS`; without it these tests skip.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.engine import ScanOptions
from stepguard.judging import judge
from stepguard.reading import read
from stepguard.rules.registry import select

CORPUS = os.environ.get("STEPGUARD_CORPUS", "")
SOURCE_CONDITION = re.compile(r"aws:source(arn|account|org)", re.IGNORECASE)

pytestmark = pytest.mark.skipif(not Path(CORPUS).is_dir() or not CORPUS, reason="no corpus here")


def deployments(kind: str) -> list[Deployment]:
    return list(read([Path(CORPUS) / kind], ScanOptions()).deployments)


def test_what_cdk_grants_is_not_called_a_wildcard() -> None:
    """Only calls for which the author of the stack chose `*` are found: `CallAwsService`."""
    report = judge(deployments("cdk"), select(["SFN101", "SFN102"]), Config())
    assert report.evaluated["SFN102"]["pass"] > 200
    assert report.evaluated["SFN101"]["not_evaluated"] == 0
    found = [finding.violation.message for finding in report.findings]
    assert [message for message in found if "ssm:putParameter on" not in message] == []


@pytest.mark.parametrize("kind", ["cdk", "cloudformation", "sam"])
def test_the_source_condition_is_missing_where_it_is_said_to_be(kind: str) -> None:
    judged = 0
    for deployment in deployments(kind):
        report = judge([deployment], select(["SFN112"]), Config())
        flagged = {finding.violation.resource for finding in report.findings}
        for role in deployment.roles:
            text = "" if role.block is None else role.block.text
            if role.address in flagged:
                judged += 1
                assert not SOURCE_CONDITION.search(text), role.address
    assert judged > 20
