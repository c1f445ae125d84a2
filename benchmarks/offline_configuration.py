"""Terraform configurations changed so that they can be planned without an account or network.

Only the AWS provider is there. What needs another one is left out, what refers to it gets a
stand-in; `template_file`, whose provider is no more, becomes `templatestring`. Definitions and
policies stay as they are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stepguard.readers.terraform.syntax.expressions import Attribute, Block
from stepguard.readers.terraform.syntax.parser import parse_body

_NOT_NEEDED = ("depends_on", "layers")
"""What may refer to something that is not there, and no document is made from."""

STAND_IN = '"stand-in"'
_BY_NAME = {"region": "eu-west-1", "account_id": "123456789012"}
STAND_IN_MODULE = "stand_in_"
_ARN = '"arn:aws:lambda:eu-west-1:123456789012:function:stand-in"'
_OF_THE_CALL = ("source", "version", "providers", "count", "for_each", "depends_on")
_STAND_INS = {"enabled": "true", "tags": "{}", "context": "{}"}
VARIABLES = "offline.auto.tfvars.json"
_KEPT_OF_PROVIDER = ("alias", "region")
_AVAILABLE = ("aws_", "terraform_")


@dataclass
class _Edits:
    """Replacements in one text, and what was left out of it."""

    text: str
    replaced: list[tuple[int, int, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    modules: dict[str, list[str]] = field(default_factory=dict)
    templates: list[tuple[str, str]] = field(default_factory=list)

    def replace(self, start: int, end: int, new: str) -> None:
        self.replaced.append((start, end, new))

    def slice(self, attribute: Attribute) -> str:
        return self.text[attribute.expression.start : attribute.expression.end]

    def result(self) -> str:
        text = self.text
        for start, end, new in sorted(self.replaced, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def neutralise(directory: Path) -> None:
    """Change every configuration file of a directory tree in place."""
    for module in sorted({path.parent for path in directory.rglob("*.tf")}):
        _neutralise_module(module)


def _neutralise_module(module: Path) -> None:
    edits: dict[Path, _Edits] = {}
    has_required_providers = False
    for path in sorted(module.glob("*.tf")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        edit = edits[path] = _Edits(text)
        for block in parse_body(text, None).body.blocks:
            has_required_providers |= _change(block, edit, first=not has_required_providers)
    gone = [name for edit in edits.values() for name in edit.gone]
    templates = dict(pair for edit in edits.values() for pair in edit.templates)
    for path, edit in edits.items():
        text = edit.result()
        for name, replacement in templates.items():
            text = re.sub(
                rf"\bdata\.template_file\.{name}(\[[^\]]*\])?\.rendered", replacement, text
            )
        # The provider's next version calls it so.
        text = re.sub(r"(data\.aws_region\.[\w-]+(?:\[[^\]]*\])?)\.region\b", r"\1.name", text)
        for name in gone:
            text = re.sub(_reference_to(name), _stand_in_for, text)
        path.write_text(text, encoding="utf-8")
    everything = "".join(edit.text for edit in edits.values())
    for edit in edits.values():
        for name, inputs in edit.modules.items():
            used = re.findall(rf"module\.{name}(?:\[[^\]]*\])?\.(\w+)", everything)
            _write_module(module / f"{STAND_IN_MODULE}{name}", inputs, used)


def _write_module(directory: Path, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Write a module in the place of one that is not there."""
    directory.mkdir(exist_ok=True)
    lines = [f'variable "{name}" {{\n  default = null\n}}' for name in dict.fromkeys(inputs)]
    (directory / "main.tf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in dict.fromkeys(outputs):
        _add_output(directory, name)


def _add_output(directory: Path, name: str) -> None:
    value = _STAND_INS.get(name, _ARN if name.endswith("arn") else STAND_IN)
    with (directory / "main.tf").open("a", encoding="utf-8") as file:
        file.write(f'output "{name}" {{\n  value = {value}\n}}\n')


def add_output(repository: Path, name: str) -> bool:
    """Give an output to all modules that stand in for others; tells whether any lacked it."""
    added = False
    for directory in repository.rglob(f"{STAND_IN_MODULE}*"):
        if f'output "{name}"' not in (directory / "main.tf").read_text(encoding="utf-8"):
            _add_output(directory, name)
            added = True
    return added


def leave_out(repository: Path, mode: str, kind: str, name: str) -> bool:
    """Take a resource or data source out that cannot be planned; tells whether it was there."""
    found = False
    address = f"{kind}.{name}" if mode == "resource" else f"data.{kind}.{name}"
    for path in repository.rglob("*.tf"):
        text = path.read_text(encoding="utf-8")
        if f'{mode} "{kind}" "{name}"' not in text:
            continue
        for block in parse_body(text, None).body.blocks:
            if block.type == mode and tuple(block.labels) == (kind, name):
                path.write_text(text[: block.start] + text[block.end :], encoding="utf-8")
                found = True
        for other in path.parent.glob("*.tf"):
            content = other.read_text(encoding="utf-8")
            changed = re.sub(_reference_to(address), _stand_in_for, content)
            changed = re.sub(rf"(?<![\w.]){re.escape(address)}(?![\w.-])", "[]", changed)
            other.write_text(changed, encoding="utf-8")
    return found


def _reference_to(name: str) -> str:
    return rf"(?<![\w.]){re.escape(name)}(?:\[[^\]]*\]|\.[\w*-]+)+"


def _stand_in_for(reference: re.Match[str]) -> str:
    """Return what stands in for an attribute of something that is left out."""
    return _STAND_INS.get(reference[0].rsplit(".", 1)[-1], STAND_IN)


def _change(block: Block, edit: _Edits, *, first: bool) -> bool:
    """Change one block; tells whether the providers that the module requires stand there now."""
    attributes = {attribute.name: attribute for attribute in block.body.attributes}
    kind = block.labels[0] if block.labels else ""
    if block.type == "terraform":
        required = [one for one in block.body.blocks if one.type == "required_providers"]
        text = edit.text[block.start : block.end]
        aliases = re.search(r"configuration_aliases\s*=\s*\[[^\]]*\]", text)
        content = f'aws = {{\n source = "hashicorp/aws"\n {aliases[0] if aliases else ""}\n}}'
        new = f"terraform {{\n required_providers {{\n {content}\n }}\n}}"
        edit.replace(block.start, block.end, new if required and first else "")
        return bool(required)
    if block.type == "provider":
        kept = [f"{name} = {edit.slice(attributes[name])}"
                for name in _KEPT_OF_PROVIDER if name in attributes]  # fmt: skip
        kept += [edit.text[one.start : one.end]
                 for one in block.body.blocks if one.type == "default_tags"]  # fmt: skip
        lines = "\n  ".join([*kept, "s3_use_path_style = true"])
        new = f'provider "aws" {{\n  {lines}\n}}' if kind == "aws" else ""
        edit.replace(block.start, block.end, new)
        return False
    if block.type in ("resource", "data") and not kind.startswith(_AVAILABLE):
        prefix = "data." if block.type == "data" else ""
        name = block.labels[1]
        edit.replace(block.start, block.end, "")
        if kind == "template_file":
            edit.replaced.pop()
            edit.replace(block.start, block.end, _template(name, attributes, edit))
        else:
            edit.gone.append(f"{prefix}{kind}.{name}")
        return False
    if block.type == "module":
        source = attributes.get("source")
        if source is not None and not edit.slice(source).startswith(('"./', '"../')):
            found = source.expression
            edit.replace(found.start, found.end, f'"./{STAND_IN_MODULE}{kind}"')
            edit.modules[kind] = [name for name in attributes if name not in _OF_THE_CALL]
            for name in ("version", "providers"):
                if name in attributes:
                    edit.replace(attributes[name].start, attributes[name].end, "")
    not_needed = [*_NOT_NEEDED, *(["region"] if block.type in ("resource", "data") else [])]
    for name in not_needed:
        if name in attributes:
            edit.replace(attributes[name].start, attributes[name].end, "")
    return False


def _template(name: str, attributes: dict[str, Attribute], edit: _Edits) -> str:
    """Return a local value for a template, and note what renders it."""
    variables = edit.slice(attributes["vars"]) if "vars" in attributes else "{}"
    template = edit.slice(attributes["template"])
    edit.templates.append((name, f"templatestring(local.template_{name}, {_one_line(variables)})"))
    return f"locals {{\n  template_{name} = {template}\n}}"


def _one_line(variables: str) -> str:
    """Return an object on one line, so that it can stand in an interpolation."""
    lines = [
        line.split("#")[0].strip().rstrip(",") for line in variables.strip("{} \n").split("\n")
    ]
    return "{ " + ", ".join(line for line in lines if line) + " }"


def complete(root: Path) -> None:
    """Give values to the variables of a root module that have none."""
    values = {
        name: next((value for end, value in _BY_NAME.items() if name.endswith(end)), None)
        or _stand_in(kind)
        for name, kind in _needed_variables(root)
    }
    (root / VARIABLES).write_text(json.dumps(values), encoding="utf-8")


def _needed_variables(root: Path) -> Iterator[tuple[str, str]]:
    given = " ".join(path.read_text() for path in (*root.glob("terraform.tfvars"),
                                                   *root.glob("*.auto.tfvars")))  # fmt: skip
    for path in sorted(root.glob("*.tf")):
        text = path.read_text(encoding="utf-8")
        for block in parse_body(text, None).body.blocks:
            if block.type != "variable":
                continue
            attributes = {attribute.name: attribute for attribute in block.body.attributes}
            name = block.labels[0]
            if "default" not in attributes and not re.search(rf"^{name}\s*=", given, re.MULTILINE):
                kind = attributes.get("type")
                yield (
                    name,
                    "" if kind is None else text[kind.expression.start : kind.expression.end],
                )


def _stand_in(kind: str) -> object:
    kind = kind.strip('"')
    if kind.startswith(("list", "set", "tuple")):
        return []
    if kind.startswith(("map", "any")):
        return {}
    if kind.startswith("object"):
        members = re.findall(r"(\w+)\s*=\s*(string|number|bool|list|map|set|any)", kind)
        return {name: _stand_in(inner) for name, inner in members}
    return {"number": 1, "bool": False}.get(kind, "stand-in")
