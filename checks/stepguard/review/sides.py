"""The two sides of a change: what was there, and what will be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.engine import ScanOptions
from stepguard.place import Place
from stepguard.reading import Progress, Reading, read
from stepguard.report import Notice
from stepguard.structs import Struct, field, replace

if TYPE_CHECKING:
    from stepguard.readers.git.commit_storage import CommitStorage


class Side(Struct, kw_only=True):
    """What was read of one side. `name` is what the user calls it.

    `options` are those it was read with. `top` is the path that it was read at, where that of the
    other side is another one. `notices` are what the user has to know of it.
    """

    name: str
    options: ScanOptions
    reading: Reading
    top: Path | None = None
    notices: list[Notice] = field(default_factory=list)

    @property
    def deployments(self) -> list[Deployment]:
        """What would be deployed."""
        return self.reading.deployments

    def key(self, deployment: Deployment) -> str:
        """Return what a deployment and its partner on the other side have in common: the path."""
        storage = self.options.storage
        root = storage.real(deployment.root)
        top = None if self.top is None else storage.real(self.top)
        if top is not None and root.is_relative_to(top):
            return root.relative_to(top).as_posix()
        return root.as_posix()


class Sides(Struct, kw_only=True):
    """Both sides."""

    before: Side
    after: Side


class NothingToCompareError(Exception):
    """There are no two sides that could be compared: one line for the user."""


def sides_of_plan(path: Path, options: ScanOptions, progress: Progress | None = None) -> Sides:
    """Return the state that a plan was made for, and what the plan makes of it.

    Raises `NothingToCompareError` for anything but a plan: it has one side only.
    """
    prior = replace(options, is_prior=True)
    before = Side(name="prior state", options=prior, reading=read([path], prior))
    after = _side("plan", [path], options, progress)
    if any(one.form is not Form.PLAN for one in after.deployments):
        message = "no plan: give --base REF, or --before and --after, to compare it with something"
        raise NothingToCompareError(f"{path.as_posix()} is {message}")
    return Sides(before=before, after=after)


def sides_of_paths(
    before: Path, after: Path, options: ScanOptions, progress: Progress | None = None
) -> Sides:
    """Return what is at two paths: files or directories.

    Never raises: what cannot be read is an error of the readings.
    """
    sides = [_side(one.as_posix(), [one], options, progress) for one in (before, after)]
    sides[0].top, sides[1].top = before, after
    return Sides(before=sides[0], after=sides[1])


def sides_of_commit(
    name: str, paths: Sequence[Path], options: ScanOptions, progress: Progress | None = None
) -> Sides:
    """Return what is at some paths in a commit, and what is there now.

    The commit is the last one that the history of `name` and that of `HEAD` have in common: what
    others have added to a branch meanwhile is no part of this change. Raises `RepositoryError`,
    and `NothingToCompareError` for a path that is on neither side or in another repository.
    """
    from stepguard.readers.git.commit_storage import CommitStorage
    from stepguard.readers.git.repository import Repository

    repository = Repository.around(paths[0])
    for path in paths:
        # What lies outside the repository would be the same on both sides, whatever it is.
        if Repository.around(path).top != repository.top:
            message = f"not in the repository {repository.top.as_posix()}: review it by itself"
            raise NothingToCompareError(f"{path.as_posix()} is {message}")
    commit = repository.merge_base(name)
    storage = CommitStorage(repository, repository.tree(commit), options.also_readable)
    then = replace(options, storage=storage)
    old = [path for path in paths if storage.sort(path) is not None]
    new = [path for path in paths if options.storage.sort(path) is not None]
    for path in paths:
        if path not in old and path not in new:
            raise NothingToCompareError(f"{path.as_posix()} is neither there nor in {name}")
    shown = f"{name} ({commit.id.decode('ascii')[:12]})"
    before = _side(shown, old, then, progress)
    after = _side("the work tree", new, options, progress)
    after.notices.extend(_only_on_one_side(paths, old, new, name))
    before.notices.extend(_moved_submodules(storage, repository.tree(repository.commit("HEAD"))))
    return Sides(before=before, after=after)


def _side(
    name: str, paths: Sequence[Path], options: ScanOptions, progress: Progress | None
) -> Side:
    reading = read(paths, options, progress)
    return Side(name=name, options=options, reading=reading)


def _only_on_one_side(
    paths: Sequence[Path], old: Sequence[Path], new: Sequence[Path], name: str
) -> list[Notice]:
    notices: list[Notice] = []
    for path in paths:
        place = Place(file=path.as_posix())
        if path not in old:
            message = f"not in {name}: everything in it counts as introduced"
            notices.append(Notice(place=place, message=message))
        elif path not in new:
            message = f"there in {name} and not any more: everything in it counts as fixed"
            notices.append(Notice(place=place, message=message))
    return notices


def _moved_submodules(storage: CommitStorage, head: bytes) -> list[Notice]:
    """Return a notice of each submodule that stands at another commit now."""
    now = storage.submodules_in(head)
    return [
        Notice(
            place=Place(file=path),
            message="a submodule, of which another commit is used now: what changed in it is not "
            "compared",
        )
        for path, commit in sorted(storage.submodules.items())
        if now.get(path, commit) != commit
    ]
