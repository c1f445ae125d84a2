from __future__ import annotations

import random
import re
from itertools import combinations

import pytest

from stepguard.reports.html_drawing import Marks, drawing
from stepguard.reports.html_layout import Edge, Layout, TooGreatError, layered
from stepguard.workflow_graph import StateNode, Transition, WorkflowGraph

SIZE = (100.0, 40.0)
NO_MARKS = Marks(findings={}, fates={})


def edges(*pairs: tuple[int, int]) -> list[Edge]:
    return [Edge(source, target, "") for source, target in pairs]


def overlapping(layout: Layout, sizes: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Return the pairs of nodes that cover each other."""
    boxes = [(*corner, *size) for corner, size in zip(layout.corners, sizes, strict=True)]
    return [
        (one, other)
        for (one, (x, y, w, h)), (other, (x2, y2, w2, h2)) in combinations(enumerate(boxes), 2)
        if x < x2 + w2 and x2 < x + w and y < y2 + h2 and y2 < y + h
    ]


def test_a_sequence_stands_below_each_other() -> None:
    layout = layered([SIZE] * 3, edges((0, 1), (1, 2)), 0)
    assert [x for x, _ in layout.corners] == [0, 0, 0]
    assert [y for _, y in layout.corners] == [0, 84, 168]
    assert (layout.width, layout.height) == (100, 208)
    assert [line.tip for line in layout.lines] == [(50, 84), (50, 168)]


def test_branches_stand_beside_each_other_below_their_middle() -> None:
    layout = layered([SIZE] * 4, edges((0, 1), (0, 2), (1, 3), (2, 3)), 0)
    (top, left, right, bottom) = layout.corners
    assert left[1] == right[1] > top[1]
    assert right[0] - left[0] >= 100
    assert top[0] == bottom[0] == (left[0] + right[0]) / 2


def test_a_cycle_points_back_up() -> None:
    layout = layered([SIZE] * 2, edges((0, 1), (1, 0)), 0)
    down, up = layout.lines
    assert layout.corners[0][1] < layout.corners[1][1]
    assert (down.is_up, up.is_up) == (False, True)
    assert up.tip is not None
    assert up.tip[1] == 40


def test_a_state_that_leads_to_itself_has_a_bow() -> None:
    layout = layered([SIZE], edges((0, 0)), 0)
    assert len(layout.lines) == 1
    assert layout.width > 100


def test_long_lines_to_one_target_share_their_way() -> None:
    chain = [(number, number + 1) for number in range(9)]
    catches = [Edge(number, 10, "catch") for number in range(10)]
    layout = layered([SIZE] * 11, [*edges(*chain), *catches], 0)
    assert sum(line.kind == "catch" for line in layout.lines) < 3 * len(catches)
    assert sum(line.kind == "catch" and line.tip is not None for line in layout.lines) == 2


@pytest.mark.parametrize("seed", range(30))
def test_no_node_covers_another_and_all_is_inside(seed: int) -> None:
    chance = random.Random(seed)
    number = chance.randint(1, 40)
    sizes = [(chance.uniform(60, 300), chance.uniform(40, 200)) for _ in range(number)]
    ways = [
        Edge(chance.randrange(number), chance.randrange(number), chance.choice(["", "catch"]))
        for _ in range(number * 2)
    ]
    layout = layered(sizes, ways, 0)
    assert overlapping(layout, sizes) == []
    for (x, y), (across, down) in zip(layout.corners, sizes, strict=True):
        assert -0.01 <= x <= layout.width - across + 0.01
        assert -0.01 <= y <= layout.height - down + 0.01
    assert layered(sizes, ways, 0) == layout


def node(number: int, parent: int | None = None, scope: int = 0, kind: str = "Pass") -> StateNode:
    return StateNode(
        number=number, name=f"state {number}", type=kind, integration="", scope=scope,
        parent=parent, span=None, is_start=False, is_end=False,
    )  # fmt: skip


def test_all_states_of_nested_containers_are_drawn() -> None:
    states = tuple(node(number, number - 1 if number else None, number) for number in range(5))
    drawn = drawing(WorkflowGraph(states=states), NO_MARKS, "a", "m")
    assert drawn.count('class="state ') == 5
    assert drawn.count('class="state around"') == 4


def test_what_is_nested_too_deep_is_refused() -> None:
    states = tuple(node(number, number - 1 if number else None, number) for number in range(150))
    with pytest.raises(TooGreatError):
        drawing(WorkflowGraph(states=states), NO_MARKS, "a", "m")


def test_what_leads_everywhere_is_drawn_or_refused_in_time() -> None:
    states = tuple(node(number) for number in range(200))
    every = [Transition(source=one, target=two, kind="") for one in range(200) for two in range(4)]
    picture = drawing(WorkflowGraph(states=states, transitions=tuple(every)), NO_MARKS, "a", "m")
    assert picture.count('class="state leaf"') == 200
    chain = [Transition(source=one, target=one + 1, kind="") for one in range(199)]
    far = [Transition(source=one, target=199 - one, kind="catch") for one in range(100)]
    graph = WorkflowGraph(states=states, transitions=(*chain, *far))
    with pytest.raises(TooGreatError):
        drawing(graph, NO_MARKS, "a", "m")


def test_a_picture_has_the_size_of_what_is_in_it() -> None:
    picture = drawing(WorkflowGraph(states=(node(0),)), NO_MARKS, "a", "m")
    found = re.search(r'width="(\d+)" height="(\d+)" viewBox="0 0 (\d+) (\d+)"', picture)
    assert found is not None
    assert found.groups()[:2] == found.groups()[2:] == ("144", "76")
