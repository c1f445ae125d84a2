"""Several processes say what one process says; an input that ends its process hides no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from stepguard.cli.main import main
from stepguard.deployment.source import SourceFile, Span
from stepguard.engine import ScanOptions, scan
from stepguard.inputs import discover
from stepguard.parallel import Work, judge_in_processes
from stepguard.reading import Reading, ReadOptions
from stepguard.report import MachineReading, PermissionReading, Report, ScanError
from stepguard.reports.formats import FORMATS, SHOWING_PERMISSIONS, render
from stepguard.structs import replace
from stepguard.workflow_graph import WorkflowGraph

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tests" / "hosts" / "cfn_lint" / "templates"
CORPUS = os.environ.get("STEPGUARD_CORPUS")

MACHINE = """\
Resources:
  # stepguard: ignore[SFN301] nothing here is secret
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/workflow
      DefinitionString: '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
"""


def both(paths: list[Path], options: ScanOptions | None = None) -> tuple[Report, Report]:
    """Return what one process says and what two say."""
    options = options or ScanOptions()
    return scan(paths, options), scan(paths, replace(options, jobs=2))


def told(machine: MachineReading) -> MachineReading:
    """Return a machine without what it can be asked for, which is another function each time."""
    return replace(machine, permissions=PermissionReading, graph=WorkflowGraph)


@pytest.mark.usefixtures("in_root")
def test_every_report_is_the_same() -> None:
    alone, shared = both([Path("fixtures"), Path("tests/hosts/cfn_lint/templates")])
    assert len(alone.state_machines) > 10
    for form in FORMATS:
        assert render(shared, form) == render(alone, form)


def test_what_the_source_excuses_is_excused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(MACHINE)
    (tmp_path / "c.yaml").write_text(MACHINE.replace("SFN301", "SFN404"))
    alone, shared = both([tmp_path])
    assert [one.rule for one in alone.suppressed] == ["SFN301", "SFN301"]
    assert [one.fingerprint for one in shared.suppressed] == [
        one.fingerprint for one in alone.suppressed
    ]
    assert len(alone.notices) == 1
    assert shared.notices == alone.notices


def test_everything_in_the_report_is_the_same() -> None:
    alone, shared = both([ROOT / "fixtures", TEMPLATES], ScanOptions(pedantic=True))
    assert shared.outcomes == alone.outcomes
    assert shared.evaluated == alone.evaluated
    assert shared.resources == alone.resources
    assert shared.made_for == alone.made_for
    assert shared.rules == alone.rules
    assert shared.passed_over == alone.passed_over
    assert list(shared.read) == list(alone.read)
    assert [str(one) for one in shared.notices] == [str(one) for one in alone.notices]


def test_a_nested_stack_is_no_input_of_its_own() -> None:
    alone, shared = both([TEMPLATES / "nested", TEMPLATES / "stack.yaml"], ScanOptions(root=ROOT))
    assert [one.address for one in alone.state_machines] == ["Child.Inner"]
    assert [one.address for one in shared.state_machines] == ["Child.Inner"]


def test_a_definition_that_a_template_brings_along_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "flow.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}')
    (tmp_path / "other.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}')
    (tmp_path / "unnamed.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}')
    (tmp_path / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n  Flow:\n    Type: AWS::Serverless::StateMachine\n"
        "    Properties:\n      DefinitionUri: flow.asl.json\n"
    )
    alone, shared = both([tmp_path])
    assert len(alone.state_machines) == 2
    assert list(map(told, shared.state_machines)) == list(map(told, alone.state_machines))
    assert shared.passed_over == alone.passed_over


@pytest.mark.skipif(not CORPUS, reason="STEPGUARD_CORPUS names no folder of real templates")
def test_real_templates_get_the_same_report() -> None:
    alone, shared = both([Path(str(CORPUS)) / "cloudformation", Path(str(CORPUS)) / "plans"])
    assert len(alone.findings) > 100
    assert render(shared, "json") == render(alone, "json")


def test_the_command_has_the_option(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(MACHINE)
    reports = [
        CliRunner().invoke(main, ["scan", str(tmp_path), "--format", form, "--jobs", jobs])
        for form in ("text", "json")
        for jobs in ("1", "2", "0")
    ]
    assert [one.exit_code for one in reports] == [reports[0].exit_code] * 6
    assert len({one.output for one in reports}) == 2


def test_a_report_without_details_refuses_to_be_asked_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MACHINE)
    report = scan([tmp_path], ScanOptions(jobs=2, is_detailed=False))
    with pytest.raises(RuntimeError):
        report.state_machines[0].permissions()
    for form in set(FORMATS) - SHOWING_PERMISSIONS:
        assert render(report, form)


# What goes wrong


def judge_or_end(reading: Reading) -> Report:
    """Judge nothing, but let one input end its process, and another raise."""
    root = reading.deployments[0].root
    if root.endswith("ends.yaml"):
        os._exit(1)
    if root.endswith("raises.yaml"):
        raise ValueError("a secret of the template")
    return Report(read={root: SourceFile(root, "")})


def test_an_input_that_ends_its_process_is_an_error_and_hides_no_other(tmp_path: Path) -> None:
    names = [f"{number}.yaml" for number in range(6)] + ["ends.yaml", "raises.yaml"]
    for name in names:
        (tmp_path / name).write_text(MACHINE)
    work = Work(inputs=discover(tmp_path).found, options=ReadOptions(), judge=judge_or_end)
    assert len(work.inputs) == len(names)
    done: list[int] = []
    parts = judge_in_processes(work, 3, Reading(), lambda number, total, name: done.append(number))
    errors = [error for one in parts for error in one.report.errors]
    assert [Path(one.place.file).name for one in errors] == ["ends.yaml", "raises.yaml"]
    assert "its process was ended" in errors[0].message
    assert "ValueError" in errors[1].message
    assert "secret" not in errors[1].message
    judged = [Path(path).name for one in parts for path in one.report.read]
    assert judged == [f"{number}.yaml" for number in range(6)]
    assert done == [*range(1, 9), 8]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MACHINE)
    (tmp_path / "b.yaml").write_text(MACHINE + "  : [\n")
    alone, shared = both([tmp_path])
    assert isinstance(alone.errors[0], ScanError)
    assert shared.errors == alone.errors
    assert shared.exit_code(None) == 2


def test_what_one_reading_of_a_file_hides_is_hidden_in_all() -> None:
    first, second = SourceFile("a.tf", "key = secret"), SourceFile("a.tf", "key = secret")
    first.hide(Span(first, 6, 12))
    second.hide_alike(first)
    assert second.line(1) == "key = ******"
    third = SourceFile("a.tf", "key = secret")
    third.hide(Span(third, 0, 3))
    third.hide_alike(second)
    assert {one.line(1) for one in (first, second, third)} == {"*** = ******"}
