"""The grammar `tree-sitter-hcl` behind HCL's expression types.

It reads masked text only (see `scanner`), so its offsets in bytes are offsets in characters. What
it does not understand it leaves in the tree as errors, and everything around is kept. It lets
conditionals bind to the left; that is put right here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import tree_sitter
import tree_sitter_hcl
from tree_sitter import Node

from stepguard.readers.terraform.syntax.assembly import (
    Assembly,
    AttributeStep,
    IndexStep,
    SplatStep,
    Step,
    Term,
)
from stepguard.readers.terraform.syntax.expressions import (
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    ForObject,
    ForTuple,
    Name,
    ObjectExpression,
    ObjectMember,
    TupleExpression,
)
from stepguard.readers.terraform.syntax.scanner import Region

_EXPRESSION_PREFIX = "x="
_MAXIMUM_ERRORS = 20
_STRETCH = 512
_LEAST_READS = 1_000
_READS_OF_A_STRETCH = 100
"""How often a stretch of so many bytes may be read; without mistakes it is one or two times."""

_LONG_BLANKS = re.compile(r"(?<![ \t\n])[ \t\n]{64,}")
_STRUCTURE = re.compile(r'"[^"]*"|[{}\n]')
_NO_HCL = "this is no valid HCL"
_CLOSING = frozenset("})]")


@lru_cache(maxsize=1)
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


class _Source:
    """A text as the parser asks for it, stretch by stretch.

    Where a mistake could be put right in many ways, the parser tries them all and reads the same
    stretches again and again. What is read much more often than any text needs is cut off.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._left = _LEAST_READS + _READS_OF_A_STRETCH * (len(text) // _STRETCH + 1)
        self._known: dict[int, bytes] = {}

    @property
    def is_cut_off(self) -> bool:
        """Whether the parser was given less than the text."""
        return self._left < 0

    def read(self, offset: int, _point: object) -> bytes:
        """Return what stands at an offset in bytes."""
        self._left -= 1
        if self.is_cut_off:
            return b""
        # What is handed over stays in memory (tree-sitter 0.26): once, however often it is read.
        stretch = self._known.get(offset)
        if stretch is None:
            stretch = self._known[offset] = self._text[offset : offset + _STRETCH]
        return stretch


class _Places:
    """Where in the source the bytes are of a text that was parsed without its long blanks.

    `base` is where that begins. `blanks` are the offsets of the single blanks that stand for many,
    `left_out` how many were left out up to each.
    """

    def __init__(self, base: int, blanks: Sequence[int], left_out: Sequence[int]) -> None:
        self._base = base
        self._blanks = blanks
        self._left_out = left_out

    @property
    def of(self) -> Callable[[int], int]:
        """What returns where in the source a byte of the text is; it is asked for every node."""
        return self._behind_blanks if self._blanks else self._base.__add__

    def _behind_blanks(self, offset: int) -> int:
        before = bisect_left(self._blanks, offset)
        return self._base + offset + (self._left_out[before - 1] if before else 0)


def _parse(masked: str, start: int, prefix: str = "") -> tuple[tree_sitter.Tree | None, _Places]:
    """Parse a masked text that begins at `start`; a prefix is no part of it.

    Instead of the tree there is `None` where the text's mistakes are beyond telling apart. Within
    an object, the grammar looks from each blank as far as the blanks go, so that of many only one
    is parsed.
    """
    parts: list[str] = []
    blanks: list[int] = []
    left_out: list[int] = []
    text = prefix + masked
    end = total = 0
    for many in _LONG_BLANKS.finditer(text):
        parts += (text[end : many.start()], "\n" if "\n" in many.group() else " ")
        blanks.append(many.start() - total)
        total += len(many.group()) - 1
        left_out.append(total)
        end = many.end()
    parts.append(text[end:])
    source = _Source("".join(parts).encode("ascii"))
    tree = _parser().parse(source.read)
    places = _Places(start - len(prefix), blanks, left_out)
    return None if source.is_cut_off else tree, places


class TreeSitterGrammar:
    """Reads regions with tree-sitter. See `assembly.Grammar`."""

    def body(self, region: Region, assembly: Assembly) -> Body:
        """Return the body that a region is; what is wrong goes to the assembly."""
        tree, places = _parse(region.masked, region.start)
        if tree is not None and not tree.root_node.has_error:
            return _Reading(region, assembly, places).whole_body(tree.root_node)
        # A mistake can swallow everything behind it, so each block is read by itself then.
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for start, end in _top_level_pieces(region.masked):
            piece, places = _parse(region.masked[start:end], region.start + start)
            if piece is None:
                assembly.problem(_NO_HCL, region.start + start, region.start + end)
                continue
            body = _Reading(region, assembly, places).whole_body(piece.root_node)
            attributes.extend(body.attributes)
            blocks.extend(body.blocks)
        return Body(tuple(attributes), tuple(blocks), region.start, region.end)

    def expression(self, region: Region, assembly: Assembly) -> Expression | None:
        """Return the expression that a region is; `None`, and a problem, when it is none."""
        tree, places = _parse(region.masked, region.start, _EXPRESSION_PREFIX)
        if tree is None:
            assembly.problem(_NO_HCL, region.start, region.end)
            return None
        return _Reading(region, assembly, places).only_expression(tree.root_node)


def _top_level_pieces(masked: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a masked body that end where a line ends outside of all braces."""
    start = depth = 0
    for match in _STRUCTURE.finditer(masked):
        sign = match.group()
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(0, depth - 1)
        elif sign == "\n" and depth == 0:
            yield start, match.end()
            start = match.end()
    if start < len(masked):
        yield start, len(masked)


class _Reading:
    """The reading of one tree, whose offsets `places` puts into the source."""

    def __init__(self, region: Region, assembly: Assembly, places: _Places) -> None:
        self._region = region
        self._assembly = assembly
        self._place = places.of

    def whole_body(self, root: Node) -> Body:
        """Return the body of a file."""
        if root.has_error:
            self._report(root)
        return self._body([root], self._region.start, self._region.end)

    def only_expression(self, root: Node) -> Expression | None:
        """Return the expression of the one attribute in the tree."""
        items = _items([root])
        if root.has_error or len(items) != 1 or items[0].type != "attribute":
            if root.has_error:
                self._report(root)
            else:
                self._wrong(self._region.start, self._region.end)
            return None
        return self._expression(items[0].children[-1]).expression

    def _start(self, node: Node) -> int:
        return self._region.begin(self._place(node.start_byte))

    def _end(self, node: Node) -> int:
        return self._place(node.end_byte)

    def _text(self, node: Node) -> str:
        return self._assembly.text[self._place(node.start_byte) : self._place(node.end_byte)]

    def _wrong(self, start: int, end: int, message: str = _NO_HCL) -> None:
        # Where the scanner has said what is open, the grammar's word adds nothing.
        if self._region.is_sound:
            region = self._region
            start = max(region.start, min(start, region.end))
            self._assembly.problem(message, start, max(start, min(end, region.end)))

    def _report(self, root: Node) -> None:
        stack = [root]
        count = 0
        while stack and count < _MAXIMUM_ERRORS:
            node = stack.pop()
            if node.is_missing:
                count += 1
                # Of other kinds of nodes only the grammar's own name would be said.
                is_bracket = node.type in _CLOSING
                message = f"{node.type} is missing here" if is_bracket else _NO_HCL
                self._wrong(self._start(node), self._end(node), message)
            elif node.type == "ERROR" and node.parent is not None:
                count += 1
                self._wrong(self._start(node), self._end(node))
            elif node.has_error:
                below = [child for child in node.children if child.has_error or child.is_missing]
                stack.extend(reversed(below))
                if not below:
                    count += 1
                    self._wrong(self._start(node), self._end(node))

    def _body(self, nodes: list[Node], start: int, end: int) -> Body:
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for item in _items(nodes):
            if item.type == "attribute":
                attribute = self._attribute(item)
                if attribute is not None:
                    attributes.append(attribute)
            elif item.type == "block":
                blocks.append(self._block(item))
            elif item.type == "object":
                self._wrong(self._start(item), self._end(item))
        return Body(tuple(attributes), tuple(blocks), start, end)

    def _attribute(self, node: Node) -> Attribute | None:
        children = node.children
        name = children[0]
        if name.type != "identifier":
            return None
        start, name_end = self._start(name), self._end(name)
        value = children[-1]
        found: list[Term] = []
        if value.type == "expression" and not node.has_error:
            self._assembly.guarded(
                start, self._end(node), lambda: found.append(self._expression(value))
            )
        if found:
            expression, end = found[0].expression, found[0].end
        else:
            end = self._end(node)
            expression = Name("", name_end, end)
        return Attribute(self._text(name), expression, start, name_end, end)

    def _block(self, node: Node) -> Block:
        type_name = ""
        labels: list[str] = []
        body: list[Node] = []
        header_end = body_start = self._start(node)
        body_end = self._end(node)
        for child in node.children:
            kind = child.type
            if kind in ("identifier", "string_lit"):
                if not type_name:
                    type_name = self._text(child)
                else:
                    start, end = self._start(child), self._end(child)
                    labels.append(self._assembly.label(self._region, start, end))
                header_end = self._end(child)
            elif kind == "block_start":
                body_start = self._end(child)
            elif kind == "block_end":
                body_end = self._start(child)
            else:
                body.append(child)
        inner = self._body(body, body_start, body_end)
        start, end = self._start(node), self._end(node)
        return Block(type_name, tuple(labels), inner, start, header_end, end)

    def _expression(self, node: Node) -> Term:
        """Return what an `expression` node is."""
        self._assembly.descend()
        children = node.children
        if len(children) == 1 and children[0].type == "conditional":
            term = self._conditional(children[0])
        else:
            term = self._operand(children)
        self._assembly.ascend()
        return term

    def _conditional(self, node: Node) -> Term:
        terms: list[Term] = []
        while True:
            condition, _, then, _, otherwise = node.children
            terms.append(self._expression(otherwise))
            terms.append(self._expression(then))
            inner = condition.children
            if len(inner) != 1 or inner[0].type != "conditional":
                terms.append(self._expression(condition))
                terms.reverse()
                return self._assembly.conditional(terms)
            node = inner[0]

    def _operand(self, nodes: list[Node]) -> Term:
        """Return a term and what follows it; its nodes stand side by side in the tree."""
        first = nodes[0]
        following = 1
        if first.type == "(":
            inner = self._expression(nodes[1])
            start, end = self._start(first), self._end(nodes[2])
            term = Term(inner.expression, start, end, is_parenthesised=True)
            following = 3
        else:
            term = self._term(first)
        steps: list[Step] = []
        for node in nodes[following:]:
            self._add_steps(node, steps)
        return self._assembly.steps(term, steps)

    def _term(self, node: Node) -> Term:
        kind = node.type
        start, end = self._start(node), self._end(node)
        assembly = self._assembly
        expression: Expression
        if kind == "variable_expr":
            expression = assembly.word(start, end)
        elif kind == "literal_value":
            expression = self._literal(node.children[0])
        elif kind == "template_expr":
            expression = self._template(node)
        elif kind == "operation":
            return self._operation(node.children[0])
        elif kind == "function_call":
            expression = self._call(node)
        elif kind == "collection_value":
            inner = node.children[0]
            expression = self._tuple(inner) if inner.type == "tuple" else self._object(inner)
        elif kind == "for_expr":
            expression = self._for(node.children[0])
        else:
            self._wrong(start, end)
            expression = Name("", start, end)
        return Term(expression, start, end)

    def _literal(self, node: Node) -> Expression:
        start, end = self._start(node), self._end(node)
        if node.type == "string_lit":
            return self._template(node)
        if node.type == "numeric_lit":
            return self._assembly.number(start, end)
        return self._assembly.word(start, end)

    def _template(self, node: Node) -> Expression:
        return self._assembly.template(self._region.templates[self._start(node)])

    def _operation(self, node: Node) -> Term:
        if node.type == "unary_operation":
            sign = self._place(node.children[0].start_byte)
            operand = self._operand(node.children[1:])
            expression = self._assembly.unary(self._region.signs[sign], operand)
            return Term(expression, self._start(node), operand.end)
        following: list[tuple[str, Term]] = []
        while True:
            children = node.children
            place = next(
                number
                for number, child in enumerate(children)
                if not child.is_named and child.type not in ("(", ")")
            )
            right = self._operand(children[place + 1 :])
            following.append((self._text(children[place]), right))
            left = children[:place]
            inner = left[0].children[0] if left[0].type == "operation" else None
            if len(left) == 1 and inner is not None and inner.type == "binary_operation":
                node = inner
                continue
            following.reverse()
            return self._assembly.chain(self._operand(left), following)

    def _call(self, node: Node) -> Expression:
        children = node.children
        arguments: list[Expression] = []
        expands = False
        for child in children[2:]:
            if child.type != "function_arguments":
                continue
            for argument in child.children:
                if argument.type == "expression":
                    arguments.append(self._expression(argument).expression)
                elif argument.type == "ellipsis":
                    expands = True
        name = self._text(children[0])
        return Call(name, tuple(arguments), expands, self._start(node), self._end(node))

    def _tuple(self, node: Node) -> Expression:
        elements = tuple(
            self._expression(child).expression
            for child in node.children
            if child.type == "expression"
        )
        return TupleExpression(elements, self._start(node), self._end(node))

    def _object(self, node: Node) -> Expression:
        members = tuple(
            self._member(child) for child in node.children if child.type == "object_elem"
        )
        return ObjectExpression(members, self._start(node), self._end(node))

    def _member(self, node: Node) -> ObjectMember:
        key = self._expression(node.children[0])
        value = self._expression(node.children[2])
        return ObjectMember(self._assembly.key(key), value.expression, self._start(node), value.end)

    def _for(self, node: Node) -> Expression:
        names: list[str] = []
        collection: Expression | None = None
        condition: Expression | None = None
        results: list[Expression] = []
        groups = False
        for child in node.children:
            if child.type == "for_intro":
                for part in child.children:
                    if part.type == "identifier":
                        names.append(self._text(part))
                    elif part.type == "expression":
                        collection = self._expression(part).expression
            elif child.type == "expression":
                results.append(self._expression(child).expression)
            elif child.type == "ellipsis":
                groups = True
            elif child.type == "for_cond":
                condition = self._expression(child.children[1]).expression
        start, end = self._start(node), self._end(node)
        key = names[0] if len(names) > 1 else None
        if collection is None:
            return Name("", start, end)
        if node.type == "for_tuple_expr":
            return ForTuple(key, names[-1], collection, results[0], condition, start, end)
        return ForObject(
            key, names[-1], collection, results[0], results[1], groups, condition, start, end
        )

    def _add_steps(self, node: Node, steps: list[Step]) -> None:
        kind = node.type
        if kind == "get_attr":
            name = node.children[1]
            steps.append(AttributeStep(self._text(name), self._start(name), self._end(name)))
        elif kind == "index":
            inner = node.children[0]
            end = self._end(inner)
            if inner.type == "legacy_index":
                written = self._text(inner)[1:].strip()
                steps.append(AttributeStep(written, end - len(written), end))
            else:
                steps.append(IndexStep(self._expression(inner.children[1]).expression, end))
        elif kind == "splat":
            marker, *rest = node.children[0].children
            is_full = node.children[0].type == "full_splat"
            steps.append(SplatStep(is_full, self._end(marker)))
            for following in rest:
                self._add_steps(following, steps)


def _items(nodes: list[Node]) -> list[Node]:
    """Return the attributes, blocks and objects of a body, errors around them looked through."""
    items: list[Node] = []
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if node.type in ("attribute", "block", "object"):
            items.append(node)
        elif node.type in ("config_file", "body", "ERROR"):
            stack.extend(reversed(node.children))
    return items
