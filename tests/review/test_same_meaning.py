"""Changes that mean nothing, made over real templates by themselves: they introduce nothing.

The folder of templates is named by `STEPGUARD_CORPUS`; without it these tests skip.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stepguard.engine import ScanOptions
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_paths

from .conftest import counts

CORPUS = os.environ.get("STEPGUARD_CORPUS", "")
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TERRAFORM = os.environ.get("STEPGUARD_TERRAFORM_CORPUS", "")
KINDS = ("asl", "cdk", "cloudformation", "sam")
SAMPLE = 80
MAXIMUM_BYTES = 60_000
UNORDERED_OBJECTS = frozenset({"Resources", "States", "Parameters", "Outputs"})
UNORDERED_LISTS = frozenset({"Statement", "Action", "Resource", "Policies", "ManagedPolicyArns"})

needs_corpus = pytest.mark.skipif(not CORPUS or not Path(CORPUS).is_dir(), reason="no corpus here")


def reordered(value: Any, key: str = "") -> Any:
    """Return JSON in which everything whose order means nothing is the other way round."""
    if isinstance(value, dict):
        items = [(name, reordered(one, name)) for name, one in value.items()]
        return dict(items[::-1] if key in UNORDERED_OBJECTS or key == "" else items)
    if isinstance(value, list):
        elements = [reordered(one, "-") for one in value]
        return elements[::-1] if key in UNORDERED_LISTS else elements
    return value


def changed_json(text: str) -> str | None:
    try:
        return json.dumps(reordered(json.loads(text)), indent=3) + "\n\n"
    except (ValueError, RecursionError):
        return None


def changed_yaml(text: str) -> str | None:
    """Return YAML with comments, empty lines, and blocks the other way round."""
    if "&" in text or "\t" in text or "\r" in text:
        return None
    text = text.rstrip("\n") + "\n"
    try:
        events = [one for one in yaml.parse(text) if isinstance(one, yaml.ScalarEvent)]
        if any(event.style in ("|", ">") and event.start_mark.column == 0 for event in events):
            return None
        for name in ("States", "Statement", "Resources"):
            for number in range(text.count(f"{name}:")):
                text = _blocks_reversed(text, name, number)
        yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    lines = text.split("\n")
    return "\n".join(
        f"\n# A comment.\n{line}" if line[:1].isalpha() and line.rstrip().endswith(":") else line
        for line in lines
    )


def _blocks_reversed(text: str, name: str, number: int) -> str:
    """Return a text in which the blocks below the key of that name and number are reversed."""
    found = [
        value
        for key, value in _members(yaml.compose(text, yaml.SafeLoader))
        if key.value == name
        and isinstance(value, yaml.CollectionNode)
        and not value.flow_style
        and value.value
    ]
    if number >= len(found):
        return text
    node = found[number]
    children = [one[0] if isinstance(one, tuple) else one for one in node.value]
    lines = text.split("\n")
    starts = [child.start_mark.line for child in children]
    if len({*starts}) < len(starts) or not isinstance(node, yaml.MappingNode):
        prefixes = {lines[one].lstrip()[:2] for one in starts}
        if len({*starts}) < len(starts) or prefixes != {"- "}:
            return text
    end = max((at for at in range(starts[-1], node.end_mark.line) if lines[at].strip()), default=0)
    end = max(end, starts[-1]) + 1
    blocks = [lines[at:to] for at, to in zip(starts, [*starts[1:], end], strict=True)]
    lines[starts[0] : end] = [line for block in reversed(blocks) for line in block]
    return "\n".join(lines)


def _members(node: Any) -> Iterator[tuple[Any, Any]]:
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, yaml.MappingNode):
            yield from one.value
            pending.extend(value for _, value in one.value)
        elif isinstance(one, yaml.SequenceNode):
            pending.extend(one.value)


def changed_hcl(text: str) -> str | None:
    """Return HCL with its blocks the other way round, with comments and empty lines."""
    from stepguard.readers.terraform.syntax.parser import parse_body

    parsed = parse_body(text, None)
    blocks = parsed.body.blocks
    if parsed.problems or parsed.body.attributes or "stepguard" in text:
        return None
    ends = [0, *(block.end for block in blocks)]
    pieces = [text[at:to] for at, to in itertools.pairwise(ends)]
    return text[ends[-1] :] + "\n\n# A comment.\n".join(pieces[::-1]) + "\n"


CHANGES: dict[str, Callable[[str], str | None]] = {
    ".json": changed_json,
    ".template": changed_json,
    ".yaml": changed_yaml,
    ".yml": changed_yaml,
    ".tf": changed_hcl,
}


def sampled(kind: str) -> list[Path]:
    found = sorted(
        path
        for path in (Path(CORPUS) / kind).rglob("*")
        if path.suffix in CHANGES and path.is_file() and path.stat().st_size < MAXIMUM_BYTES
    )
    return random.Random(kind).sample(found, min(SAMPLE, len(found)))


def assert_nothing_changed(before: Path, after: Path) -> int:
    options = ScanOptions(pedantic=True)
    report = review(sides_of_paths(before, after, options), options)
    assert report.change is not None
    wrong = [one for one in report.findings if one.status == "introduced"]
    said = [(one.rule, one.violation.resource, one.violation.subject) for one in wrong]
    gone = [
        (one.rule, one.violation.resource, one.violation.subject) for one in report.change.fixed
    ]
    assert (said, gone) == ([], []), before
    assert (report.change.roles, report.change.machines) == ((), ()), before
    return counts(report)[2]


@needs_corpus
@pytest.mark.parametrize("kind", KINDS)
def test_reordered_and_renamed_files(kind: str, tmp_path: Path) -> None:
    unchanged = 0
    for number, path in enumerate(sampled(kind)):
        text = path.read_text(encoding="utf-8", errors="replace")
        made = CHANGES[path.suffix](text)
        if made is None:
            continue
        own = tmp_path / str(number)
        shutil.copytree(path.parent, own, symlinks=True, ignore=_other_trees)
        ending = ".asl.json" if path.name.endswith(".asl.json") else path.suffix
        before, after = own / path.name, own / f"renamed-{number}{ending}"
        after.write_text(made, encoding="utf-8")
        unchanged += assert_nothing_changed(before, after)
    assert unchanged > 20


def _other_trees(directory: str, names: list[str]) -> list[str]:
    """Leave out what is too large to be copied for one template."""
    return [name for name in names if (Path(directory) / name).stat().st_size > 1_000_000]


@pytest.mark.skipif(not TERRAFORM or not Path(TERRAFORM).is_dir(), reason="no Terraform here")
def test_reordered_and_renamed_configurations(tmp_path: Path) -> None:
    roots = sorted({path.parent for path in Path(TERRAFORM).glob("*/**/*.tf") if _is_machine(path)})
    unchanged = 0
    for number, root in enumerate(random.Random(1).sample(roots, min(SAMPLE, len(roots)))):
        for side in ("before", "after"):
            shutil.copytree(root, tmp_path / str(number) / side, symlinks=True)
        after = tmp_path / str(number) / "after"
        for path in sorted(after.glob("*.tf")):
            made = changed_hcl(path.read_text(encoding="utf-8"))
            if made is not None:
                path.unlink()
                (after / f"renamed_{path.name}").write_text(made, encoding="utf-8")
        unchanged += assert_nothing_changed(tmp_path / str(number) / "before", after)
    assert unchanged > 20


def _is_machine(path: Path) -> bool:
    if "override" in path.name or path.stat().st_size > MAXIMUM_BYTES:
        return False
    return '"aws_sfn_state_machine"' in path.read_text(encoding="utf-8", errors="replace")


def _fixtures() -> list[Path]:
    found = (path for path in FIXTURES.rglob("*") if path.suffix in CHANGES and path.is_file())
    return sorted(path for path in found if path.parts[-3] != "plans")


@pytest.mark.parametrize("path", _fixtures(), ids=lambda one: one.relative_to(FIXTURES).as_posix())
def test_reordered_and_renamed_fixtures(path: Path, tmp_path: Path) -> None:
    made = CHANGES[path.suffix](path.read_text(encoding="utf-8"))
    if made is None:
        pytest.skip("it cannot be reordered by text alone")
    for side in ("before", "after"):
        shutil.copytree(path.parent, tmp_path / side)
    ending = ".asl.json" if path.name.endswith(".asl.json") else path.suffix
    if path.suffix == ".tf":
        (tmp_path / "after" / path.name).unlink()
        (tmp_path / "after" / f"renamed{ending}").write_text(made, encoding="utf-8")
        assert_nothing_changed(tmp_path / "before", tmp_path / "after")
    else:
        (tmp_path / "after" / f"renamed{ending}").write_text(made, encoding="utf-8")
        assert_nothing_changed(
            tmp_path / "before" / path.name, tmp_path / "after" / f"renamed{ending}"
        )
