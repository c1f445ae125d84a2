"""Which deployment of one side is which of the other."""

from __future__ import annotations

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.review.pairing import pair


def deployment(root: str, *addresses: str) -> Deployment:
    resources = [Resource(address=one, type="t", form=Form.SAM) for one in addresses]
    return Deployment(root=root, form=Form.SAM, resources=resources)


def paired(before: list[Deployment], after: list[Deployment]) -> set[tuple[str, str]]:
    found = pair(before, after, lambda one: one.root, lambda one: one.root)
    assert len(found) <= len(before) + len(after)
    return {
        ("" if one.before is None else one.before.root, "" if one.after is None else one.after.root)
        for one in found
    }


def test_paths_come_first() -> None:
    before = [deployment("a", "x"), deployment("b", "y")]
    after = [deployment("b", "x"), deployment("a", "y")]
    assert paired(before, after) == {("a", "a"), ("b", "b")}


def test_one_on_each_side_belong_together() -> None:
    assert paired([deployment("a", "x")], [deployment("b", "y")]) == {("a", "b")}


def test_contents_tell_what_has_another_path() -> None:
    before = [deployment("a", "x", "y", "z"), deployment("b", "p", "q"), deployment("c", "m")]
    after = [deployment("n", "p", "q", "r"), deployment("o", "x", "y"), deployment("d", "s")]
    assert paired(before, after) == {("a", "o"), ("b", "n"), ("c", ""), ("", "d")}


def test_those_with_most_in_common_come_first() -> None:
    before = [deployment("a", "x", "y", "z"), deployment("b", "x", "y", "z", "w")]
    after = [deployment("c", "x", "y", "z", "w"), deployment("d", "x", "y")]
    assert paired(before, after) == {("b", "c"), ("a", "d")}


def test_everything_is_new_or_gone() -> None:
    some = [deployment("a", "x"), deployment("b", "y")]
    assert paired([], some) == {("", "a"), ("", "b")}
    assert paired(some, []) == {("a", ""), ("b", "")}
    assert paired([], []) == set()
    empty = [deployment("a"), deployment("b")]
    assert paired(empty, [deployment("c"), deployment("d")]) == {
        ("a", ""), ("b", ""), ("", "c"), ("", "d"),
    }  # fmt: skip


def test_many_are_compared_by_their_paths_alone() -> None:
    before = [deployment(f"a{number}", f"x{number}") for number in range(300)]
    after = [deployment(f"b{number}", f"x{number}") for number in range(300)]
    assert len(paired(before, after)) == 600
