"""What the data say of each pattern of a secret is true of everything that it matches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepguard.data import load
from stepguard.secrets import secrets_in, without_tokens

PATTERNS = load("secret_patterns")["patterns"]


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: row["pattern"][:30])
def test_no_match_is_shorter_or_without_the_literal(row: dict[str, Any]) -> None:
    pattern = re.compile(row["pattern"], re.IGNORECASE if row["ignore_case"] else 0)

    @settings(max_examples=30, deadline=None)
    @given(st.from_regex(pattern, fullmatch=True))
    def check(text: str) -> None:
        assert len(text) >= row["shortest"]
        assert row["literal"] in text

    check()


def test_a_secret_in_a_long_text_is_found() -> None:
    key = "AKIA" + "Z7Q2M4K9P1R8S5T3"
    assert [one.kind for one in secrets_in({"a": "x" * 5_000 + key, "b": key[:-1]})] == [
        "an AWS access key"
    ]


def test_the_address_of_a_webhook_is_a_secret() -> None:
    secret = "T0Q7A2B3C4/B0Q7A2B3C4/" + "q7WebhookAw9Lz4bN77"
    address = f"https://hooks.slack.com/services/{secret}"
    assert [one.kind for one in secrets_in({"ApiEndpoint": address})] == ["a Slack token"]
    assert without_tokens(f"calls {address} now") == "calls https://hooks.slack.com/*** now"
    assert not list(secrets_in({"ApiEndpoint": "https://hooks.slack.com/services/T0/B0/EXAMPLE"}))


def test_all_tokens_of_a_text_are_masked() -> None:
    first, second = ("AKIA" + end for end in ("Z7Q2M4K9P1R8S5T3", "Z7Q2M4K9P1R8S5T4"))
    assert without_tokens(f"{first}, {second}, {first}", mask="*") == "*, *, *"
    assert without_tokens("nothing of the kind") == "nothing of the kind"
