"""A scan by several processes of one machine, which says what one process says.

Each input is read and judged by one process, and what that says comes back without the
deployment. What depends on several inputs is decided here: which templates are parts of others,
and which definitions were read with a template.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from functools import partial
from typing import NoReturn, TypeVar

from stepguard.garbage import collected_seldom
from stepguard.guard import describe_defect
from stepguard.inputs import Input, Kind
from stepguard.place import Place
from stepguard.reading import (
    Extent,
    Progress,
    Reading,
    ReadOptions,
    extent_of,
    find_parts,
    is_to_be_read,
    read_input,
)
from stepguard.report import MachineReading, Report, ScanError
from stepguard.structs import Struct, field, replace
from stepguard.suppression import Excusable, find_excusable

_Shown = TypeVar("_Shown")

JudgeReading = Callable[[Reading], Report]
"""Judges what was read of one input; both processes must be able to import it."""


class Part(Struct):
    """What a process says of one input. `extent` is missing where the input could not be read."""

    report: Report
    excusable: Excusable = field(default_factory=Excusable)
    extent: Extent | None = None


class Work(Struct, frozen=True, kw_only=True):
    """What every process has to know.

    `is_detailed` says whether the permissions and graphs of state machines may be asked of the
    report: they are worked out in advance then, since they need the deployment.
    """

    inputs: Sequence[Input]
    options: ReadOptions
    judge: JudgeReading
    is_detailed: bool = True


def judge_in_processes(
    work: Work, jobs: int, reading: Reading, progress: Progress | None = None
) -> list[Part]:
    """Read and judge inputs, in the order of `read`, by so many processes.

    Puts into `reading` what is passed over. Never raises: an input whose process ends, or whose
    judgement cannot be brought back, is an error of its part's report.
    """
    parts: list[tuple[int, Part]] = []
    already: set[str] = set()
    total = len(work.inputs)
    with _Processes(work, min(jobs, total)) as processes:
        # Definitions are looked at when it is known which of them templates have brought along.
        for is_last in (False, True):
            numbers = [
                number
                for number, one in enumerate(work.inputs)
                if (one.kind is Kind.DEFINITION) is is_last
                and is_to_be_read(one, already, work.options, reading)
            ]
            for number, part in processes.parts(numbers):
                parts.append((number, part))
                if progress is not None:
                    progress(len(parts), total, work.inputs[number].shown)
            already.update(*(one.extent.files for _, one in parts if one.extent is not None))
    if progress is not None:
        progress(total, total, "")
    parts.sort(key=lambda one: one[0])
    return _without_nested([part for _, part in parts])


def _without_nested(parts: list[Part]) -> list[Part]:
    """Leave out what is said of templates that another has read as its part."""
    read = [(number, one.extent) for number, one in enumerate(parts) if one.extent is not None]
    nested = {read[position][0] for position in find_parts([extent for _, extent in read])}
    return [one for number, one in enumerate(parts) if number not in nested]


class _Processes:
    """The processes of one scan, which are started when there is something to do first."""

    def __init__(self, work: Work, number: int) -> None:
        self._work = work
        self._number = number
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def parts(self, numbers: Sequence[int]) -> Iterator[tuple[int, Part]]:
        """Yield the parts of some inputs as they are done."""
        lost: list[int] = []
        futures: dict[Future[Part], int] = {}
        for number in numbers:
            try:
                futures[self._begin(number, self._number)] = number
            except BrokenExecutor:
                lost.append(number)
        for future in as_completed(futures):
            number = futures[future]
            part = _result(future, self._work.inputs[number])
            if part is None:
                lost.append(number)
            else:
                yield number, part
        if lost:
            self._end()
            yield from self._one_by_one(sorted(lost))

    def _one_by_one(self, numbers: Iterable[int]) -> Iterator[tuple[int, Part]]:
        """Yield the parts of inputs of which one has ended a process: each alone, to know which."""
        for number in numbers:
            one = self._work.inputs[number]
            part = _result(self._begin(number, 1), one)
            if part is None:
                self._end()
                part = _failed(one, "its process was ended, perhaps for want of memory")
            yield number, part
        self._end()

    def _begin(self, number: int, processes: int) -> Future[Part]:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                processes, initializer=_begin, initargs=(self._work,)
            )
        return self._executor.submit(_part_of, number)

    def _end(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None


def _result(future: Future[Part], one: Input) -> Part | None:
    """Return the part that a process has made; `None` where there is no process any more."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except Exception as error:
        return _failed(one, describe_defect(error, f"the {one.kind.value} reader"))


def _failed(one: Input, message: str) -> Part:
    return Part(Report(errors=[ScanError(place=Place(file=one.shown), message=message)]))


# What a process does

_begun: list[Work] = []
"""In each process: what it has to know."""


def _begin(work: Work) -> None:
    """Keep what every input needs: files that several of them share are read once by a process."""
    _begun[:] = [work]
    # The first process hears of it, too, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _part_of(number: int) -> Part:
    work = _begun[0]
    with collected_seldom():
        reading = read_input(work.inputs[number], work.options)
        report = work.judge(reading)
    prepare = _worked_out if work.is_detailed else _not_to_be_asked
    report.state_machines = [prepare(one) for one in report.state_machines]
    # Every process has the rules' descriptions.
    report.rules = []
    extents = [extent_of(one, work.options.storage) for one in reading.deployments]
    excusable = find_excusable(reading.deployments)
    return Part(report, excusable, extents[0] if extents else None)


def _worked_out(machine: MachineReading) -> MachineReading:
    """Return a reading whose answers are worked out."""
    return replace(
        machine,
        permissions=partial(_same, machine.permissions()),
        graph=partial(_same, machine.graph()),
    )


def _same(answer: _Shown) -> _Shown:
    return answer


def _not_to_be_asked(machine: MachineReading) -> MachineReading:
    return replace(machine, permissions=_refuse, graph=_refuse)


def _refuse() -> NoReturn:
    raise RuntimeError("this report was asked for without details")
