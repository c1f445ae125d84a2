"""Terraform itself as the judge of all known results; skipped where it is not installed."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

TERRAFORM = shutil.which("terraform")

pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="terraform is not installed")

Encode = Callable[[str], str]


def ask_terraform(directory: Path, expressions: list[str]) -> list[str]:
    """Return what Terraform says of expressions: JSON, or `error`."""
    listed = "".join(f'    try(jsonencode({one}), "error"),\n' for one in expressions)
    (directory / "main.tf").write_text(f"locals {{\n  r = [\n{listed}  ]\n}}\n", encoding="utf-8")
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    home = directory / "home"
    home.mkdir(exist_ok=True)
    finished = subprocess.run(
        [str(TERRAFORM), "console", "-no-color"],
        input="base64encode(jsonencode(local.r))\n",
        cwd=directory,
        env={**environment, "HOME": str(home), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    (directory / "main.tf").unlink()
    assert finished.stdout.startswith('"'), finished.stdout + finished.stderr
    answers: list[str] = json.loads(base64.b64decode(json.loads(finished.stdout)))
    return answers


def test_terraform_says_the_same_of_all_cases(
    files: Path, cases: dict[str, dict[str, str]]
) -> None:
    expected = {
        expression: result for family in cases.values() for expression, result in family.items()
    }
    answers = ask_terraform(files, list(expected))
    assert dict(zip(expected, answers, strict=True)) == expected


class Generator:
    """Makes expressions at random, always the same for one seed."""

    characters = 'ab1 -_/.,:;\\"\n\t{}$%éßΣ<&A Z0+()[]*'
    words = ("a", "b", "", "ab", "é", "1", "A b")
    numbers = ("0", "1", "2", "5", "-1", "10", "1.5", "-0.25", "1e3", "12345.678", "0.1", "2.675")
    atoms = (
        *("a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\s", "(a)", "(b|a)", "(?:ab)"),
        *("^", "$", r"\b", "é", "(?i)A", "(a*)", "(|b)", "[[:alpha:]]", r"\pL"),
    )
    repeats = ("", "", "*", "+", "?", "*?", "+?", "{2}", "{0,2}", "{1,}", "|")

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def quoted(self, text: str) -> str:
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '"' + text.replace("\t", "\\t").replace("${", "$${").replace("%{", "%%{") + '"'

    def string(self) -> str:
        length = self._random.randint(0, 8)
        return self.quoted("".join(self._random.choices(self.characters, k=length)))

    def word(self) -> str:
        return self.quoted(self._random.choice(self.words))

    def number(self) -> str:
        return self._random.choice(self.numbers)

    def index(self) -> str:
        return str(self._random.randint(-2, 6))

    def strings(self) -> str:
        listed = ", ".join(self.word() for _ in range(self._random.randint(0, 4)))
        return self._random.choice(("[{}]", "tolist([{}])", "toset([{}])")).format(listed)

    def values(self) -> str:
        return "[" + ", ".join(self.value() for _ in range(self._random.randint(0, 3))) + "]"

    def mapping(self) -> str:
        keys = self._random.sample(("a", "b", "c", "x y", "É"), self._random.randint(0, 3))
        return "{" + ", ".join(f"{self.quoted(key)} = {self.value()}" for key in keys) + "}"

    def value(self) -> str:
        kinds = (self.string, self.word, self.number, self.strings, self.mapping)
        return self._random.choice(kinds)()

    def pattern(self) -> str:
        count = self._random.randint(1, 4)
        atoms, repeats = self._random.choices(self.atoms, k=count), self.repeats
        return "".join(atom + self._random.choice(repeats) for atom in atoms)

    def text(self) -> str:
        return self.quoted("".join(self._random.choices("ab1 é", k=8)))

    def layout(self) -> str:
        modes = self._random.choices("dxobefgsq", k=self._random.randint(1, 3))
        verbs = "".join(
            "%"
            + "".join(self._random.sample("0#-+ ", self._random.randint(0, 2)))
            + self._random.choice(("", "5", "12"))
            + self._random.choice(("", ".2", ".0"))
            + mode
            for mode in modes
        )
        arguments = [self.string() if mode in "sq" else self.number() for mode in modes]
        return ", ".join([self.quoted(verbs), *arguments])

    def expression(self) -> str:
        one = self
        forms: tuple[Callable[[], str], ...] = (
            lambda: f"lower({one.string()})",
            lambda: f"upper({one.string()})",
            lambda: f"title({one.string()})",
            lambda: f"strrev({one.string()})",
            lambda: f"trimspace({one.string()})",
            lambda: f"trim({one.string()}, {one.word()})",
            lambda: f"trimsuffix({one.string()}, {one.word()})",
            lambda: f"substr({one.string()}, {one.index()}, {one.index()})",
            lambda: f"split({one.word()}, {one.string()})",
            lambda: f"join({one.word()}, {one.strings()})",
            lambda: f"replace({one.string()}, {one.word()}, {one.string()})",
            lambda: f"regexall({one.quoted(one.pattern())}, {one.text()})",
            lambda: f"replace({one.text()}, {one.quoted(f'/{one.pattern()}/')}, \"<$0>\")",
            lambda: f"regex({one.quoted(one.pattern())}, {one.text()})",
            lambda: f"format({one.layout()})",
            lambda: f"formatlist(\"%s-%v\", {one.strings()}, {one.value()})",
            lambda: f"concat({one.values()}, {one.strings()})",
            lambda: f"flatten({one.values()})",
            lambda: f"distinct({one.strings()})",
            lambda: f"element({one.strings()}, {one.index()})",
            lambda: f"slice({one.values()}, {one.index()}, {one.index()})",
            lambda: f"contains({one.strings()}, {one.value()})",
            lambda: f"keys({one.mapping()})",
            lambda: f"merge({one.mapping()}, {one.mapping()})",
            lambda: f"lookup({one.mapping()}, \"a\", {one.value()})",
            lambda: f"setunion({one.strings()}, {one.strings()})",
            lambda: f"setproduct({one.strings()}, {one.strings()})",
            lambda: f"toset({one.values()})",
            lambda: f"tomap({one.mapping()})",
            lambda: f"({one.number()}) + ({one.number()}) * ({one.number()}) + 1",
            lambda: f"({one.number()}) / ({one.number()})",
            lambda: f"range({one.number()}, {one.number()}, {one.number()})",
            lambda: f"jsonencode({one.value()})",
            lambda: f"jsondecode(jsonencode({one.value()}))",
            lambda: f"yamlencode({one.value()})",
            lambda: f"yamldecode(yamlencode({one.value()}))",
            lambda: f"urlencode({one.string()})",
            lambda: f"csvdecode({one.string()})",
            lambda: f"true ? {one.value()} : {one.value()}",
            lambda: f"{one.value()} == {one.value()}",
        )  # fmt: skip
        return self._random.choice(forms)()


def test_terraform_says_the_same_of_expressions_made_at_random(files: Path, encode: Encode) -> None:
    generator = Generator(seed=1)
    expressions = [generator.expression() for _ in range(600)]
    ours = [encode(expression) for expression in expressions]
    told = {
        one: answer
        for one, answer in zip(expressions, ours, strict=True)
        if "unknown" not in answer[:7]
    }
    assert len(told) > 550
    answers = ask_terraform(files, list(told))
    assert dict(zip(told, answers, strict=True)) == told
    assert sum(answer != "error" for answer in answers) > 250
