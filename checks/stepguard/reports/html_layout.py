"""Where the states of one container stand in a drawing: in layers, from top to bottom.

The steps are those of Sugiyama, Tagawa and Toda (1981): break cycles, put states into layers, order
each layer by the mean place of the neighbours, and then give coordinates. Everything is decided by
the order of the definition, so that the same workflow is always drawn in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from stepguard.structs import Struct, field

LAYER_GAP = 44.0
"""Pixels between two layers, where the arrows bend."""

NODE_GAP = 28.0
_LANE = 14.0
_SWEEPS = 8
_MAXIMUM_JOINTS = 4_000


class TooGreatError(Exception):
    """A workflow that would make a drawing nobody can read."""


class Edge(Struct, frozen=True):
    """A way from one node to another, by their numbers in the container."""

    source: int
    target: int
    kind: str


class Line(Struct, frozen=True):
    """A drawn line: an SVG path, what it is taken on, its upper end, and its arrow's tip, if any.

    `is_up` tells that the arrow points upwards.
    """

    path: str
    kind: str
    begin: tuple[float, float]
    tip: tuple[float, float] | None
    is_up: bool = False


class Layout(Struct):
    """The upper left corners of the nodes, the lines between them, and the size of it all."""

    corners: list[tuple[float, float]]
    lines: list[Line]
    width: float
    height: float


class _Layers(Struct):
    """Nodes and joints in layers. Joints have numbers above those of the nodes.

    A joint is where a long line passes a layer. Lines to one target share their joints.
    """

    layer: dict[int, int]
    rows: list[list[int]]
    segments: dict[tuple[int, int, str, bool], None] = field(default_factory=dict)
    joints: dict[tuple[int, str, bool, int], int] = field(default_factory=dict)

    def joint(self, target: int, kind: str, is_up: bool, layer: int) -> int:
        key = (target, kind, is_up, layer)
        if key not in self.joints:
            if len(self.joints) >= _MAXIMUM_JOINTS:
                raise TooGreatError
            number = len(self.layer)
            self.joints[key] = number
            self.layer[number] = layer
            self.rows[layer].append(number)
        return self.joints[key]


def layered(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], start: int) -> Layout:
    """Return the layout of nodes of some width and height. Raises `TooGreatError`."""
    layers = _layers(len(sizes), edges, start)
    above, below = _neighbours(layers)
    _order(layers, above, below)
    centres = _centres(layers, above, below, sizes)
    tops, heights = _tops(layers, sizes)
    left = min(
        (centres[one] - _width(one, sizes) / 2 for row in layers.rows for one in row), default=0.0
    )
    for one in centres:
        centres[one] -= left
    corners = [
        (centres[one] - sizes[one][0] / 2, tops[layers.layer[one]]) for one in range(len(sizes))
    ]
    lines = [*_lines(layers, centres, tops, heights, sizes), *_loops(edges, corners, sizes)]
    loops = 2 * _LANE if any(one.source == one.target for one in edges) else 0.0
    width = max((centres[one] + _width(one, sizes) / 2 for one in centres), default=0.0)
    height = tops[-1] + heights[-1] if tops else 0.0
    return Layout(corners, lines, width + loops, height)


def _width(one: int, sizes: Sequence[tuple[float, float]]) -> float:
    return sizes[one][0] if one < len(sizes) else _LANE


def _layers(number: int, edges: Sequence[Edge], start: int) -> _Layers:
    ways = list(dict.fromkeys(one for one in edges if one.source != one.target))
    leaving: dict[int, list[int]] = defaultdict(list)
    for one in ways:
        leaving[one.source].append(one.target)
    found, finished, backward = _depth_first(number, leaving, start)
    layer = dict.fromkeys(range(number), 0)
    for node in reversed(finished):
        for target in leaving[node]:
            if (node, target) not in backward:
                layer[target] = max(layer[target], layer[node] + 1)
    rows: list[list[int]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in found:
        rows[layer[node]].append(node)
    layers = _Layers(layer, rows)
    for one in ways:
        is_up = (one.source, one.target) in backward
        kind = "catch" if one.kind == "catch" else ""
        upper, lower = (one.target, one.source) if is_up else (one.source, one.target)
        path = [
            layers.joint(one.target, kind, is_up, step)
            for step in range(layer[upper] + 1, layer[lower])
        ]
        stops = [upper, *path, lower]
        # A label names one line, so it stays where only that line is: at its source.
        for first, second in pairwise(stops):
            at_source = first == upper and not is_up
            layers.segments[first, second, one.kind if at_source else kind, is_up] = None
    return layers


def _depth_first(
    number: int, leaving: Mapping[int, Sequence[int]], start: int
) -> tuple[list[int], list[int], set[tuple[int, int]]]:
    """Return the nodes as they are found and as they are left, and the ways that close a cycle."""
    finished: list[int] = []
    backward: set[tuple[int, int]] = set()
    state: dict[int, str] = {}
    for root in (start, *range(number)):
        if root in state:
            continue
        state[root] = "open"
        stack = [(root, iter(leaving[root]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if state.get(target) == "open":
                    backward.add((node, target))
                elif target not in state:
                    state[target] = "open"
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                state[node] = "closed"
                finished.append(node)
                stack.pop()
    return list(state), finished, backward


_Neighbours = dict[int, list[int]]


def _neighbours(layers: _Layers) -> tuple[_Neighbours, _Neighbours]:
    above: _Neighbours = defaultdict(list)
    below: _Neighbours = defaultdict(list)
    for upper, lower, _, _ in layers.segments:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _order(layers: _Layers, above: _Neighbours, below: _Neighbours) -> None:
    """Sort each layer by the mean place of the neighbours in the layer before it."""
    place = {one: float(number) for row in layers.rows for number, one in enumerate(row)}
    for sweep in range(_SWEEPS):
        rows, near = (layers.rows, above) if sweep % 2 == 0 else (layers.rows[::-1], below)
        for row in rows:
            means = {
                one: sum(place[other] for other in near[one]) / len(near[one])
                if near[one]
                else place[one]
                for one in row
            }
            row[:] = [one for _, _, one in sorted((means[one], place[one], one) for one in row)]
            place.update((one, float(number)) for number, one in enumerate(row))


def _centres(
    layers: _Layers, above: _Neighbours, below: _Neighbours, sizes: Sequence[tuple[float, float]]
) -> dict[int, float]:
    """Return the middle of each node and joint, as near to its neighbours as the order allows."""
    centres: dict[int, float] = {}
    for row in layers.rows:
        offsets = _offsets(row, sizes)
        centres.update(
            (one, offset - offsets[-1] / 2) for one, offset in zip(row, offsets, strict=True)
        )
    for sweep in range(_SWEEPS * 2):
        last = sweep >= _SWEEPS * 2 - 2
        rows = layers.rows if sweep % 2 == 0 else layers.rows[::-1]
        for row in rows:
            wanted = []
            for one in row:
                near = above[one] + below[one] if last else (above, below)[sweep % 2][one]
                wanted.append(_median([centres[other] for other in near] or [centres[one]]))
            weights = [4.0 if one >= len(sizes) else 1.0 for one in row]
            moved = _apart(wanted, _offsets(row, sizes), weights)
            centres.update(zip(row, moved, strict=True))
    return centres


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _offsets(row: Sequence[int], sizes: Sequence[tuple[float, float]]) -> list[float]:
    """Return how far right of the first each one's middle must be at least."""
    offsets = [0.0]
    for one, other in pairwise(row):
        room = (_width(one, sizes) + _width(other, sizes)) / 2 + NODE_GAP
        offsets.append(offsets[-1] + room)
    return offsets


def _apart(
    wanted: Sequence[float], offsets: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Return places nearest to those wanted that keep the order and the room between them.

    That is isotonic regression, by pooling adjacent violators.
    """
    pools: list[tuple[float, float, int]] = []
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, size = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, other_weight, other_size = pools.pop()
            mean = (mean * total + other * other_weight) / (total + other_weight)
            total, size = total + other_weight, size + other_size
        pools.append((mean, total, size))
    means = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _tops(layers: _Layers, sizes: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    tops: list[float] = []
    heights: list[float] = []
    top = 0.0
    for row in layers.rows:
        tops.append(top)
        heights.append(max((sizes[one][1] for one in row if one < len(sizes)), default=0.0))
        top += heights[-1] + LAYER_GAP
    return tops, heights


def _lines(
    layers: _Layers,
    centres: Mapping[int, float],
    tops: Sequence[float],
    heights: Sequence[float],
    sizes: Sequence[tuple[float, float]],
) -> Iterator[Line]:
    leave = _ports(layers, centres, sizes, is_below=True)
    arrive = _ports(layers, centres, sizes, is_below=False)
    for segment in layers.segments:
        upper, lower, kind, is_up = segment
        top, bottom = tops[layers.layer[upper]], tops[layers.layer[lower]]
        bend = top + heights[layers.layer[upper]]
        begin = top + sizes[upper][1] if upper < len(sizes) else top
        x, to = leave[segment], arrive[segment]
        middle = (bend + bottom) / 2
        path = (
            f"M{x:.1f} {begin:.1f}V{bend:.1f}"
            f"C{x:.1f} {middle:.1f} {to:.1f} {middle:.1f} {to:.1f} {bottom:.1f}"
        )
        tip = None
        if is_up and upper < len(sizes):
            tip = (x, begin)
        elif not is_up and lower < len(sizes):
            tip = (to, bottom)
        yield Line(path, kind, (x, begin), tip, is_up)


_Segment = tuple[int, int, str, bool]


def _ports(
    layers: _Layers,
    centres: Mapping[int, float],
    sizes: Sequence[tuple[float, float]],
    *,
    is_below: bool,
) -> dict[_Segment, float]:
    """Return where each line touches the lower or upper side of what it begins or ends at."""
    touching: dict[int, list[_Segment]] = defaultdict(list)
    for segment in layers.segments:
        touching[segment[0] if is_below else segment[1]].append(segment)
    ports: dict[_Segment, float] = {}
    for one, segments in touching.items():
        if one >= len(sizes):
            ports.update((segment, centres[one]) for segment in segments)
            continue
        far = [centres[lower if is_below else upper] for upper, lower, _, _ in segments]
        segments = [segment for _, segment in sorted(zip(far, segments, strict=True))]
        room = min(26.0, (sizes[one][0] - 24) / max(len(segments), 1))
        first = centres[one] - room * (len(segments) - 1) / 2
        ports.update((segment, first + room * number) for number, segment in enumerate(segments))
    return ports


def _loops(
    edges: Sequence[Edge],
    corners: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
) -> Iterator[Line]:
    """Yield a bow at the right of each node that leads to itself."""
    for one in dict.fromkeys(edge for edge in edges if edge.source == edge.target):
        x, y = corners[one.source]
        x, y = x + sizes[one.source][0], y + sizes[one.source][1] / 2
        bow = f"M{x:.1f} {y + 10:.1f}c{2 * _LANE} 6 {2 * _LANE} -26 0 -20"
        yield Line(bow, one.kind, (x, y), None)
