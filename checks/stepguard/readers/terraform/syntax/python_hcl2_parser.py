"""The grammar of python-hcl2 behind HCL's expression types.

It reads masked text only (see `scanner`); of python-hcl2 only the syntax tree is used. The library
stops at the first error: a body that has one is read again, item by item, so that what is wrong in
one block does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TypeAlias

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

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
from stepguard.readers.terraform.syntax.parser import BUNDLED_GRAMMAR
from stepguard.readers.terraform.syntax.scanner import Region

_Node: TypeAlias = "Tree[Token] | Token"

_EXPRESSION_PREFIX = "x="
_MAXIMUM_ERRORS = 20
_BRACKET_OR_NEWLINE = re.compile(r"[\[\](){}\n]")
_FOLLOWERS = frozenset(
    {"index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term"}
)


class PythonHcl2Grammar:
    """Reads regions with python-hcl2. See `assembly.Grammar`."""

    def __init__(self) -> None:
        # By name, since a fork's module of the same name has no such function.
        name = "hcl2" if find_spec(BUNDLED_GRAMMAR) is None else BUNDLED_GRAMMAR
        self._parse = import_module(name).parses_to_tree

    def body(self, region: Region, assembly: Assembly) -> Body:
        """Return the body that a region is; what is wrong goes to the assembly."""
        try:
            trees = [(self._tree(region.masked), region.start)]
        except UnexpectedInput:
            trees = list(self._items(region, assembly))
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for tree, base in trees:
            reading = _Reading(region, assembly, base)
            body = reading.body(_first(tree), region.start, region.end)
            attributes.extend(body.attributes)
            blocks.extend(body.blocks)
        return Body(tuple(attributes), tuple(blocks), region.start, region.end)

    def expression(self, region: Region, assembly: Assembly) -> Expression | None:
        """Return the expression that a region is; `None`, and a problem, when it is none."""
        base = region.start - len(_EXPRESSION_PREFIX)
        try:
            tree = self._tree(_EXPRESSION_PREFIX + region.masked)
        except UnexpectedInput as error:
            _report(error, base, region, assembly)
            return None
        items = _trees(_first(tree))
        if len(items) != 1 or items[0].data != "attribute":
            if region.is_sound:
                assembly.problem("this is no valid HCL", region.start, region.end)
            return None
        value = items[0].children[-1]
        return _Reading(region, assembly, base).expression(value).expression

    def _tree(self, text: str) -> Tree[Token]:
        tree: Tree[Token] = self._parse(text)
        return tree

    def _items(self, region: Region, assembly: Assembly) -> Iterator[tuple[Tree[Token], int]]:
        """Yield the trees of a body's attributes and blocks, each read on its own."""
        errors = 0
        for start, end in _item_ranges(region.masked):
            try:
                yield self._tree(region.masked[start:end]), region.start + start
            except UnexpectedInput as error:
                errors += 1
                if errors <= _MAXIMUM_ERRORS:
                    _report(error, region.start + start, region, assembly)


def _item_ranges(masked: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches between newlines that stand in no bracket."""
    start = depth = 0
    for match in _BRACKET_OR_NEWLINE.finditer(masked):
        character = match.group()
        if character in "[({":
            depth += 1
        elif character in "])}":
            depth = max(0, depth - 1)
        elif depth == 0:
            if masked[start : match.start()].strip():
                yield start, match.start()
            start = match.end()
    if masked[start:].strip():
        yield start, len(masked)


def _report(error: UnexpectedInput, base: int, region: Region, assembly: Assembly) -> None:
    # Where the scanner has said what is open, the grammar's word adds nothing.
    if not region.is_sound:
        return
    position = getattr(error, "pos_in_stream", None)
    start = region.end if position is None or position < 0 else base + position
    start = max(region.start, min(start, region.end))
    assembly.problem("this is no valid HCL", start, min(start + 1, region.end))


def _trees(node: Tree[Token]) -> list[Tree[Token]]:
    return [
        child
        for child in node.children
        if isinstance(child, Tree) and child.data != "new_line_or_comment"
    ]


def _first(node: Tree[Token]) -> Tree[Token]:
    return _trees(node)[0]


def _kind(node: _Node) -> str:
    return node.type if isinstance(node, Token) else str(node.data)


class _Reading:
    """The reading of one tree. `base` is added to the tree's offsets."""

    def __init__(self, region: Region, assembly: Assembly, base: int) -> None:
        self._region = region
        self._assembly = assembly
        self._base = base

    def _range(self, node: _Node) -> tuple[int, int]:
        """Return where a node stands, the newlines at its ends left out."""
        if isinstance(node, Token):
            start, end = node.start_pos or 0, node.end_pos or 0
        else:
            start, end = node.meta.start_pos, node.meta.end_pos
        region = self._region
        start, end = start + self._base, min(end + self._base, region.end)
        written = region.masked[start - region.start : end - region.start]
        end -= len(written) - len(written.rstrip())
        start += len(written) - len(written.lstrip())
        return region.begin(start), end

    def _text(self, node: _Node) -> str:
        start, end = self._range(node)
        return self._assembly.text[start:end]

    def body(self, node: Tree[Token], start: int, end: int) -> Body:
        """Return a `body` node's attributes and blocks."""
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for item in _trees(node):
            if item.data == "attribute":
                attributes.append(self._attribute(item))
            else:
                blocks.append(self._block(item))
        return Body(tuple(attributes), tuple(blocks), start, end)

    def _attribute(self, node: Tree[Token]) -> Attribute:
        start, name_end = self._range(node.children[0])
        value = node.children[-1]
        found: list[Term] = []
        _, end = self._range(node)
        self._assembly.guarded(start, end, lambda: found.append(self.expression(value)))
        expression: Expression = Name("", name_end, end)
        if found:
            expression, end = found[0].expression, found[0].end
        return Attribute(self._assembly.text[start:name_end], expression, start, name_end, end)

    def _block(self, node: Tree[Token]) -> Block:
        words: list[str] = []
        start, end = self._range(node)
        header_end = body_start = start
        body: Tree[Token] | None = None
        for child in node.children:
            kind = _kind(child)
            if kind == "LBRACE":
                _, body_start = self._range(child)
            elif kind == "body" and isinstance(child, Tree):
                body = child
            elif kind not in ("RBRACE", "new_line_or_comment"):
                word_start, header_end = self._range(child)
                word = (
                    self._assembly.label(self._region, word_start, header_end)
                    if words
                    else self._text(child)
                )
                words.append(word)
        inner = Body((), (), body_start, end - 1)
        if body is not None:
            inner = self.body(body, body_start, end - 1)
        return Block(words[0], tuple(words[1:]), inner, start, header_end, end)

    def expression(self, node: _Node) -> Term:
        """Return what an expression's node is. Raises `NestingError`."""
        self._assembly.descend()
        kind = _kind(node)
        if isinstance(node, Token):
            start, end = self._range(node)
            term = Term(self._assembly.word(start, end), start, end)
        elif kind == "conditional":
            condition, then, otherwise = _trees(node)
            terms = [self.expression(one) for one in (condition, then, otherwise)]
            term = self._assembly.conditional(terms)
        elif kind == "binary_op":
            term = self._binary(node)
        elif kind == "unary_op":
            term = self._unary(node)
        else:
            term = self._term(node)
        self._assembly.ascend()
        return term

    def _binary(self, node: Tree[Token]) -> Term:
        following: list[tuple[str, Term]] = []
        while True:
            left, right = _trees(node)
            operator, operand = _trees(right)
            following.append((self._text(operator.children[0]).strip(), self.expression(operand)))
            if left.data != "binary_op":
                following.reverse()
                return self._assembly.chain(self.expression(left), following)
            node = left

    def _unary(self, node: Tree[Token]) -> Term:
        sign = node.children[0]
        offset = (sign.start_pos or 0 if isinstance(sign, Token) else 0) + self._base
        operand = self.expression(node.children[1])
        signs = self._region.signs[offset]
        return Term(self._assembly.unary(signs, operand), signs[0], operand.end)

    def _term(self, node: Tree[Token]) -> Term:
        """Return an `expr_term`: a term, and what follows it, which stands around it."""
        wrappers: list[Tree[Token]] = []
        inner: _Node = node
        while isinstance(inner, Tree) and (
            inner.data in _FOLLOWERS
            or (inner.data == "expr_term" and _kind(inner.children[0]) in _FOLLOWERS)
        ):
            if inner.data in _FOLLOWERS:
                wrappers.append(inner)
            inner = inner.children[0]
        steps: list[Step] = []
        for wrapper in reversed(wrappers):
            self._add_steps(wrapper.children[1], steps)
        return self._assembly.steps(self._base_term(inner), steps)

    def _base_term(self, node: _Node) -> Term:
        start, end = self._range(node)
        if isinstance(node, Token):
            return Term(self._assembly.word(start, end), start, end)
        if _kind(node.children[0]) == "LPAR":
            inner = self.expression(_first(node))
            return Term(inner.expression, start, end, is_parenthesised=True)
        inside = node.children[0] if node.data == "expr_term" else node
        if isinstance(inside, Token):
            return Term(self._assembly.word(start, end), start, end)
        return Term(self._simple(inside, start, end), start, end)

    def _simple(self, node: Tree[Token], start: int, end: int) -> Expression:
        kind = node.data
        assembly = self._assembly
        if kind == "string":
            return assembly.template(self._region.templates[start])
        if kind in ("int_lit", "float_lit"):
            return assembly.number(start, end)
        if kind == "tuple":
            elements = tuple(self.expression(child).expression for child in _trees(node))
            return TupleExpression(elements, start, end)
        if kind == "object":
            members = tuple(self._member(child) for child in _trees(node))
            return ObjectExpression(members, start, end)
        if kind == "function_call":
            return self._call(node, start, end)
        if kind in ("for_tuple_expr", "for_object_expr"):
            return self._for(node, start, end)
        return assembly.word(start, end)

    def _member(self, node: Tree[Token]) -> ObjectMember:
        key_node, value_node = _trees(node)
        key = self.expression(key_node.children[0])
        value = self.expression(value_node)
        return ObjectMember(self._assembly.key(key), value.expression, key.start, value.end)

    def _call(self, node: Tree[Token], start: int, end: int) -> Expression:
        name = self._text(node.children[0])
        arguments: list[Expression] = []
        expands = False
        for child in _trees(node)[1:]:
            arguments.extend(self.expression(argument).expression for argument in _trees(child))
            expands = any(_kind(part) == "ELLIPSIS" for part in child.children)
        return Call(name, tuple(arguments), expands, start, end)

    def _for(self, node: Tree[Token], start: int, end: int) -> Expression:
        intro, *rest = _trees(node)
        *names, collection_node = _trees(intro)
        collection = self.expression(collection_node).expression
        condition: Expression | None = None
        results: list[Expression] = []
        for child in rest:
            if child.data == "for_cond":
                condition = self.expression(_first(child)).expression
            else:
                results.append(self.expression(child).expression)
        key = self._text(names[0]) if len(names) > 1 else None
        value = self._text(names[-1])
        if node.data == "for_tuple_expr":
            return ForTuple(key, value, collection, results[0], condition, start, end)
        groups = any(_kind(child) == "ELLIPSIS" for child in node.children)
        return ForObject(
            key, value, collection, results[0], results[1], groups, condition, start, end
        )

    def _add_steps(self, node: _Node, steps: list[Step]) -> None:
        kind = _kind(node)
        start, end = self._range(node)
        if isinstance(node, Token):
            return
        if kind in ("get_attr", "short_index"):
            start, end = self._range(node.children[1])
            steps.append(AttributeStep(self._assembly.text[start:end], start, end))
        elif kind == "braces_index":
            steps.append(IndexStep(self.expression(_first(node)).expression, end))
        else:
            _, marker_end = self._range(node.children[0])
            steps.append(SplatStep(kind == "full_splat", marker_end))
            for following in node.children[1:]:
                self._add_steps(following, steps)
