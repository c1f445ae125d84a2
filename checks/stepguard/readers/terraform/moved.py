"""`moved` blocks: what a configuration says of addresses that it has changed."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.source import SourceFile
from stepguard.readers.terraform.syntax.expressions import Expression
from stepguard.readers.terraform.syntax.json_syntax import parse_json_body
from stepguard.readers.terraform.syntax.parser import parse_body
from stepguard.structs import Struct

_WORD = "moved"


class Moved(Struct, frozen=True):
    """A resource, an instance of one, or a module that has another address than before.

    Both addresses begin at the module that the block stands in.
    """

    origin: str
    target: str


def moved_blocks(file: SourceFile, parser: str | None = None) -> Iterator[Moved]:
    """Yield the `moved` blocks of a configuration file; those that are not whole are left out."""
    is_json = file.path.endswith(".tf.json")
    if _WORD not in file.text or not (is_json or file.path.endswith(".tf")):
        return
    parsed = parse_json_body(file.text) if is_json else parse_body(file.text, parser)
    for block in parsed.body.blocks:
        if block.type != _WORD:
            continue
        named = {one.name: one.expression for one in block.body.attributes}
        if "from" in named and "to" in named:
            yield Moved(_address(named["from"], file), _address(named["to"], file))


def _address(expression: Expression, file: SourceFile) -> str:
    """Return an address as Terraform prints it: without the quotes of JSON, and without spaces."""
    text = file.text[expression.start : expression.end].strip().replace('\\"', '"')
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    return "".join(text.split())
