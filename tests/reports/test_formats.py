"""Every form that a report can be written in."""

from __future__ import annotations

import json

import pytest

from stepguard.report import Report
from stepguard.reports.formats import FORMATS, render


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_can_be_written(review: Report, form: str) -> None:
    written = render(review, form)
    assert review.findings[0].rule in written
    assert written.endswith("\n")


def test_json_is_json(review: Report) -> None:
    document = json.loads(render(review, "json"))
    assert len(document["change"]["fixed"]) == len(review.change.fixed if review.change else ())
    assert [one["fate"] for one in document["change"]["roles"]] != []
    assert [one["name"] for one in document["change"]["state_machines"][0]["states"]] != []


def test_another_form_is_refused(review: Report) -> None:
    with pytest.raises(ValueError, match="no form 'xml'"):
        render(review, "xml")
