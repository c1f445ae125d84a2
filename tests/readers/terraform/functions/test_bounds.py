"""Calls that would take too much time or memory are unknown, and nothing crashes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Encode = Callable[[str], str]

THOUSAND = "[for i in range(1000) : i]"
LONG = 'join("", [for i in range(1000) : "' + "y" * 1_000 + '"])'
SURROGATE = 'jsondecode("\\"\\\\ud800\\"")'


@pytest.mark.in_time(5)
@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("setproduct(" + ", ".join([THOUSAND] * 6) + ")", "too large"),
        ('format("%999999999d", 1)', "very large width"),
        ('format("%.99999999999f", 1)', "very large width"),
        (f'indent(1e9, join("\\n", {THOUSAND}))', "too long"),
        (f'join({LONG}, {THOUSAND})', "too long"),
        (f'formatlist("%s{"x" * 20_000}", {THOUSAND})', "too long"),
        (f'replace({LONG}, "", {LONG})', "too"),
        ("concat(" + ", ".join(["range(1000)"] * 400) + ")", "too large"),
        ('regex("(a*)*b", join("", [for i in range(1000) : "' + "a" * 1_000 + '"]))', "too much"),
        ('regex("((((a{20}){20}){20}){20})", "a")', "too large"),
        ('regex("' + "(" * 500 + "a" + ")" * 500 + '", "a")', "too deeply"),
        ('jsondecode("1e999999999")', "too large"),
        ('jsondecode("' + "[" * 5_000 + '")', "error"),
        ('yamldecode("' + "[" * 200 + "]" * 200 + '")', "too deeply"),
        ('parseint(join("", [for i in range(1000) : "1234567890"]), 10)', "very many digits"),
        ('fileset(".", "' + "{a,b}" * 20 + '")', "too many"),
        ('timeadd("9999-01-01T00:00:00Z", "8760h")', "9999"),
    ],
)  # fmt: skip
def test_too_large(encode: Encode, expression: str, reason: str) -> None:
    found = encode(expression)
    assert reason in found


@pytest.mark.in_time(5)
@pytest.mark.parametrize(
    "expression",
    [
        'regex("(a|aa)+$", "' + "a" * 5_000 + 'b")',
        'regexall("a.*b.*c.*d.*e", "' + "abcd" * 1_000 + '")',
        'regex("(.*)(.*)(.*)(.*)(.*)x", "' + "y" * 3_000 + '")',
        'replace("' + " " * 10_000 + '", "/\\\\s+$/", "")',
        'fileset(".", "' + "*a" * 200 + '")',
        "yamldecode(\"" + "\\n".join(
            f"{name}: &{name} [{', '.join(['*' + before if before else 'x'] * 9)}]"
            for before, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
        ) + '")',
    ],
)  # fmt: skip
def test_patterns_and_texts_that_explode_elsewhere(encode: Encode, expression: str) -> None:
    encode(expression)


@pytest.mark.parametrize(
    "expression",
    [
        f"sha256({SURROGATE})",
        f"yamlencode({SURROGATE})",
        f"yamldecode({SURROGATE})",
        f"urlencode({SURROGATE})",
        f"base64encode({SURROGATE})",
        f'textencodebase64({SURROGATE}, "UTF-16LE")',
        'file("a\\u0000b")',
        'fileset("\\u0000", "*")',
        'file("' + "a/" * 5_000 + '")',
        'fileexists("' + "a" * 5_000 + '")',
        'substr("abc", -9223372036854775807, 9223372036854775807)',
        'substr("abc", 1e30, 1)',
        "element([1, 2], 1e18)",
        "chunklist([1], 9223372036854775807)",
        'format("%[99999999999999999999]s", "a")',
        "1 / 0",
        "pow(10, 1e9)",
    ],
)
def test_odd_arguments(encode: Encode, expression: str) -> None:
    assert encode(expression)


def test_texts_that_double_end(encode: Encode) -> None:
    doubled = '"x"'
    for _ in range(18):
        doubled = f"jsonencode({doubled})"
    assert encode(doubled).startswith('"')
    assert encode(f'replace({LONG}, "y", {LONG})').startswith("unknown: the ")


@pytest.mark.in_time(30)
def test_work_is_counted(encode: Encode) -> None:
    text = "ab" * 2_000
    found = encode(f'[for i in range(1000) : length(regexall("(a|b|ab)*c", "{text}"))]')
    assert "too much work" in found or found == "error"
