"""Snippets of CloudFormation in JSON, from the YAML that suggestions are written in."""

from __future__ import annotations

import json
import textwrap
from functools import lru_cache
from typing import Any

import yaml

_WITHOUT_PREFIX = ("Ref", "Condition")


class _Loader(yaml.CSafeLoader):
    """Reads YAML with CloudFormation's short forms (`!Ref`, `!GetAtt`, `!Sub`)."""


# The same few snippets are suggested for every template.
@lru_cache(maxsize=1024)
def json_of(snippet: str) -> str:
    """Return members of an object, or elements of a list, as they are written in JSON.

    A snippet of one line stays one. What is no YAML, or a text and no member, is returned as it is.
    """
    try:
        value = _Loader(snippet).get_single_data()
    except yaml.YAMLError:
        return snippet
    if not isinstance(value, (dict, list)):
        return snippet
    if "\n" not in snippet:
        return json.dumps(value, ensure_ascii=False)[1:-1]
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    return textwrap.dedent("\n".join(lines[1:-1]))


def _intrinsic(loader: yaml.CSafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = None
    return {name if name in _WITHOUT_PREFIX else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _intrinsic)
