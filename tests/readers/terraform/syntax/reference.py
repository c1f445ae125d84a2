"""Dumps the trees that a parser sees in HCL files: one line of digest or text for each.

Run apart: `python reference.py PACKAGE_ROOT PARSER [--full] < list of files`, by a python that has
the parser. `--full` prints trees instead of digests.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def dump(node: Any) -> Any:
    """Return a tree as JSON values, every field and offset in it."""
    if isinstance(node, tuple):
        return [dump(one) for one in node]
    names = getattr(node, "__struct_fields__", None)
    if names is not None:
        members = {name: dump(getattr(node, name)) for name in names}
        return {"is": type(node).__name__, **members}
    if node is None or isinstance(node, (bool, str)):
        return node
    return f"{type(node).__name__} {node}"


def read(path: str) -> str:
    """Return a file's text as the readers decode it: line ends as they are."""
    return Path(path).read_bytes().decode("utf-8", "replace")


def describe(text: str, parser: str, *, full: bool) -> str:
    """Return the tree of a text, in full or as a digest, and the number of problems."""
    from stepguard.readers.terraform.syntax.parser import parse_body

    parsed = parse_body(text, parser)
    tree = json.dumps(dump(parsed.body), ensure_ascii=True)
    shown = tree if full else hashlib.sha256(tree.encode()).hexdigest()
    return f"{len(parsed.problems)} {shown}"


def main() -> None:
    """Describe every file named on the standard input, one line each."""
    root, parser, *rest = sys.argv[1:]
    sys.path.insert(0, root)
    for line in sys.stdin:
        path = line.rstrip("\n")
        sys.stdout.write(describe(read(path), parser, full="--full" in rest) + "\n")


if __name__ == "__main__":
    main()
