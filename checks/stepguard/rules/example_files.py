"""The examples of a rule: files that it finds fault with, and the same files with it mended."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from stepguard.structs import Struct

BAD = "bad"
OK = "ok"

FORMS: tuple[tuple[str, str, str], ...] = (
    ("Terraform", "hcl", "main.tf"),
    ("CloudFormation", "yaml", "template.yaml"),
)
"""The forms that every rule has an example in: name, language for Markdown, name of the file."""


class Example(Struct, frozen=True):
    """A file before and after the change that a rule asks for.

    `form` is its form for people, `language` its language for Markdown, `file` its name.
    """

    form: str
    language: str
    file: str
    before: str
    after: str


def examples_of(identifier: str) -> Iterator[Example]:
    """Yield the examples of a rule, one for each form. Raises `OSError` where one is missing."""
    folder = files("stepguard.rules") / "examples" / identifier
    for form, language, name in FORMS:
        before = (folder / BAD / name).read_text(encoding="utf-8")
        after = (folder / OK / name).read_text(encoding="utf-8")
        yield Example(form, language, name, before, after)
