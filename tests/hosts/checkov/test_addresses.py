"""Addresses as checkov writes them, and as stepguard does."""

from __future__ import annotations

import pytest

from stepguard.hosts.checkov_bridge.addresses import (
    AddressIndex,
    local_part,
    segments_of,
    without_keys,
)


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("aws_iam_role.a", "aws_iam_role.a"),
        ("aws_iam_role.a[0]", "aws_iam_role.a"),
        ('module.m["x"].aws_iam_role.a["k"]', "module.m.aws_iam_role.a"),
        ('aws_iam_role.a["b.c[0]"]', "aws_iam_role.a"),
        ('module.m["a \\"quoted\\" key"].aws_iam_role.a', "module.m.aws_iam_role.a"),
        ("module.m[0].data.aws_iam_policy_document.d", "module.m.data.aws_iam_policy_document.d"),
    ],
)
def test_keys_are_left_out(address: str, bare: str) -> None:
    assert without_keys(address) == bare


def test_segments_keep_their_keys() -> None:
    assert segments_of('module.m["a.b"].aws_iam_role.r[1]') == (
        ("module", ""),
        ("m", '["a.b"]'),
        ("aws_iam_role", ""),
        ("r", "[1]"),
    )


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("aws_iam_role.a", "aws_iam_role.a"),
        ("module.m.aws_iam_role.a[0]", "aws_iam_role.a"),
        ("module.m.module.n[1].data.aws_iam_policy_document.d", "data.aws_iam_policy_document.d"),
    ],
)
def test_the_local_part_has_no_modules(address: str, local: str) -> None:
    assert local_part(address) == local


INDEX = AddressIndex(
    [
        "aws_iam_role.one",
        "aws_iam_role.counted[0]",
        "aws_iam_role.counted[1]",
        "aws_iam_role.open",
        'aws_iam_role.open["a"]',
        'module.m["x"].aws_iam_role.r["k"]',
        'module.m["y"].aws_iam_role.r["k"]',
        "module.n.aws_iam_role.r",
    ]
)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("aws_iam_role.one", ["aws_iam_role.one"]),
        ("aws_iam_role.one[0]", ["aws_iam_role.one"]),
        ("aws_iam_role.counted[1]", ["aws_iam_role.counted[1]"]),
        ("aws_iam_role.counted[2]", []),
        ("aws_iam_role.counted", ["aws_iam_role.counted[0]", "aws_iam_role.counted[1]"]),
        ("aws_iam_role.open", ["aws_iam_role.open", 'aws_iam_role.open["a"]']),
        ('aws_iam_role.open["a"]', ['aws_iam_role.open["a"]']),
        ('aws_iam_role.open["b"]', ["aws_iam_role.open"]),
        ('module.m["x"].aws_iam_role.r', ['module.m["x"].aws_iam_role.r["k"]']),
        ('module.m["z"].aws_iam_role.r["k"]', []),
        ('module.n["x"].aws_iam_role.r', ["module.n.aws_iam_role.r"]),
        ("aws_iam_role.none", []),
        ("", []),
    ],
)
def test_a_key_that_one_side_does_not_know_matches_any(given: str, found: list[str]) -> None:
    assert list(INDEX.matching(given)) == found
