"""Every function with known arguments. `cases/` holds what Terraform 1.11 says (test_terraform)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from stepguard.readers.terraform import functions

Encode = Callable[[str], str]
Cases = dict[str, dict[str, str]]

FAMILIES = sorted(path.stem for path in Path(__file__).with_name("cases").glob("*.txt"))

IMPURE = {"bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid", "base64gzip"}
ELSEWHERE = {"issensitive", "list", "map", "nonsensitive", "sensitive"}


@pytest.mark.parametrize("family", FAMILIES)
def test_results(family: str, encode: Encode, cases: Cases) -> None:
    expected = cases[family]
    assert {expression: encode(expression) for expression in expected} == expected


def test_each_function_has_cases(cases: Cases) -> None:
    text = "\n".join(expression for family in cases.values() for expression in family)
    missing = {
        name for name in functions.function_names() if "::" not in name and f"{name}(" not in text
    }
    assert missing <= IMPURE | ELSEWHERE


def test_functions_are_found_in_their_modules() -> None:
    directory = Path(functions.__file__ or "").parent
    found: dict[str, object] = {}
    for path in directory.glob("*.py"):
        module = import_module(
            f"{functions.__name__}.{path.stem}" if path.stem != "__init__" else functions.__name__
        )
        found.update(getattr(module, "FUNCTIONS", {}))
    assert {name: functions.find_function(name) for name in functions.function_names()} == found
    assert functions.find_function("nope") is None


def test_an_unknown_function_and_a_wrong_number_of_arguments(encode: Encode) -> None:
    assert encode("nope(1)") == "unknown: the function nope is not known"
    assert encode('provider::terraform::encode_expr("x")').startswith("unknown: the function")
    assert encode("lower()") == "error"
    assert encode('lower("a", "b")') == "error"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('list("a", 1)', '["a","1"]'),
        ("list()", "[]"),
        ('map("a", 1, "b", 2)', '{"a":1,"b":2}'),
        ('map("a")', "error"),
        (
            'provider::aws::arn_parse("arn:aws:iam::123456789012:role/a:b")',
            '{"account_id":"123456789012","partition":"aws","region":"","resource":"role/a:b",'
            '"service":"iam"}',
        ),
        ('provider::aws::arn_parse("aws:iam")', "error"),
        ('provider::aws::arn_parse("arn:aws:iam::1")', "error"),
        (
            'provider::aws::arn_build("aws", "iam", "", "1", "role/x")',
            '"arn:aws:iam::1:role/x"',
        ),
        (
            'provider::aws::trim_iam_role_path("arn:aws:iam::1:role/a/b/c")',
            '"arn:aws:iam::1:role/c"',
        ),
        ('provider::aws::trim_iam_role_path("arn:aws:iam::1:role/c")', '"arn:aws:iam::1:role/c"'),
        ('provider::aws::trim_iam_role_path("arn:aws:iam:r:1:role/c")', "error"),
        ('provider::aws::trim_iam_role_path("arn:aws:s3:::role/c")', "error"),
        ('provider::aws::trim_iam_role_path("arn:aws:iam::1:user/c")', "error"),
        ('core::upper("a")', '"A"'),
    ],
)
def test_functions_that_the_console_lacks(encode: Encode, expression: str, expected: str) -> None:
    assert encode(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("timestamp()", "the time at which"),
        ("plantimestamp()", "the time at which"),
        ("uuid()", "another value each time"),
        ('bcrypt("x")', "another value each time"),
        ('rsadecrypt("x", "y")', "nothing is decrypted"),
        ('base64gzip("x")', "compressed"),
        ('pathexpand("~/x")', "home directory"),
        ('file("~/x")', "outside the scanned root"),
        ('file("/etc/passwd")', "outside the scanned root"),
        ('file("../x")', "outside the scanned root"),
        ('filesha256("../x")', "outside the scanned root"),
        ('fileexists("/etc/passwd")', "outside the scanned root"),
        ('fileset("/etc", "*")', "outside the scanned root"),
        ('templatefile("/etc/passwd", {})', ""),
        ('length("e\\u0301")', "several code points"),
        ('regex("\\\\p{Greek}", "a")', "script"),
        ('textencodebase64("a", "Shift_JIS")', "encoding"),
        ('yamldecode(".inf")', "infinite"),
    ],
)
def test_what_is_not_told(encode: Encode, expression: str, reason: str) -> None:
    if expression.startswith("templatefile"):
        assert encode(expression) == "error"
    else:
        assert encode(expression).startswith("unknown: ")
        assert reason in encode(expression)


def test_abspath_starts_at_the_working_directory(encode: Encode, files: Path) -> None:
    assert encode('abspath("a/../b")') == f'"{files.resolve()}/b"'
