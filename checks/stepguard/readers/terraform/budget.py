"""Bounds for the evaluation of one root module: work, size of values, depth."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.values import OneOf, Text, Traced, Unknown

MAXIMUM_STEPS = 400_000
"""Expressions that are evaluated for one root module; what comes after is unknown."""

MAXIMUM_NODES = 300_000
"""Nodes of one value."""

MAXIMUM_DEPTH = 250
"""Containers within containers of one value."""

MAXIMUM_CHARACTERS = 10_000_000
"""Characters of one text."""

MAXIMUM_PARTS = 200_000
"""Pieces and holes of one text."""

TOO_MUCH_WORK = "evaluating it takes too much work"


class EvaluationError(Exception):
    """An expression that Terraform would refuse. `reason` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Budget:
    """Counts the work of an evaluation and measures values."""

    def __init__(self, steps: int = MAXIMUM_STEPS) -> None:
        self._left = steps
        # The value is kept beside its measure so that its identity is not given to another one.
        self._measures: dict[int, tuple[Traced, int, int]] = {}

    @property
    def is_spent(self) -> bool:
        """Whether no work may be done any more."""
        return self._left <= 0

    def spend(self, steps: int = 1) -> bool:
        """Take steps; tell whether there were any left."""
        self._left -= steps
        return self._left > 0

    def limit(self, traced: Traced, expression: str) -> Traced:
        """Return a value that was just computed, or an unknown one when it is too large."""
        value = traced.value
        reason = ""
        if isinstance(value, (str, Text)):
            text = value if isinstance(value, Text) else traced.text
            length = len(value) if isinstance(value, str) else _length(value)
            parts = 1 if text is None else len(text.parts)
            self.spend(length // 2000 + parts // 20)
            if length > MAXIMUM_CHARACTERS or parts > MAXIMUM_PARTS:
                reason = "the text is too long"
        elif isinstance(value, (list, dict, OneOf)):
            nodes, depth = self._measure(traced)
            self.spend(len(value) // 10 if isinstance(value, (list, dict)) else 1)
            if nodes > MAXIMUM_NODES:
                reason = "the value is too large"
            elif depth > MAXIMUM_DEPTH:
                reason = "the value is nested too deeply"
        if not reason:
            return traced
        return Traced(Unknown(expression, reason), traced.span)

    def weigh(self, traced: Traced) -> int:
        """Return how many nodes a value has; shared ones count each time that they stand."""
        return self._measure(traced)[0] if isinstance(traced.value, (list, dict, OneOf)) else 1

    def _measure(self, traced: Traced) -> tuple[int, int]:
        stack = [traced]
        while stack:
            node = stack[-1]
            if id(node) in self._measures:
                stack.pop()
                continue
            containers = [
                child
                for child in _children(node)
                if isinstance(child.value, (list, dict, OneOf)) and id(child) not in self._measures
            ]
            if containers:
                stack.extend(containers)
                continue
            nodes, depth = 1, 0
            for child in _children(node):
                known = self._measures.get(id(child))
                if known is None:
                    nodes += 1
                else:
                    nodes += known[1]
                    depth = max(depth, known[2])
            self._measures[id(node)] = (node, nodes, depth + 1)
            stack.pop()
        measure = self._measures[id(traced)]
        return measure[1], measure[2]


def _children(node: Traced) -> Iterator[Traced]:
    value = node.value
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, OneOf):
        for alternative in value.alternatives:
            if isinstance(alternative, Traced):
                yield alternative


def _length(text: Text) -> int:
    return sum(len(getattr(part, "text", " ")) for part in text.parts)
