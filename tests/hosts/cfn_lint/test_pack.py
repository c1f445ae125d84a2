"""The pack in a real cfn-lint, started as users start it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stepguard
from stepguard.engine import ScanOptions, scan
from stepguard.rules.registry import cfn_lint_id, describe, load, rule_ids

PLAIN = "plain.json"
TASK_TIMEOUT = ("W9402", "Import")
PACKAGE = Path(stepguard.__file__).parent


def names(found: list[Any]) -> set[tuple[str, str]]:
    """Return rule and logical id of every match that has both."""
    return {(one.rule, one.path[1]) for one in found if len(one.path) > 1}


def of(found: list[Any], rule: str, file: str) -> list[Any]:
    return [one for one in found if one.rule == rule and one.file == file]


# Ways to load the pack


@pytest.mark.parametrize("given", ["directory", "module"])
def test_it_is_a_directory_and_a_module(cfn_lint: Any, given: str) -> None:
    pack = str(cfn_lint.pack) if given == "directory" else "stepguard.hosts.cfn_lint"
    ended = cfn_lint.run("--append-rules", pack, "--list-rules", pack=())
    listed = dict(
        line.split(": ", 1) for line in ended.stdout.splitlines() if line[:3] in ("E90", "I90")
    )
    assert listed == {
        "E9000": "What stepguard could not read",
        "I9000": "What stepguard could not evaluate",
    }
    for identifier in rule_ids():
        rule = load(identifier)
        title = describe(rule).summary.removesuffix(".")
        assert f"{cfn_lint_id(rule)}: {title}\n" in ended.stdout
    assert TASK_TIMEOUT in names(cfn_lint.matches(PLAIN, pack=("--append-rules", pack)))


def test_arguments_may_come_in_every_order_that_cfn_lint_takes(cfn_lint: Any) -> None:
    pack = cfn_lint.pack
    for arguments in (("--template", PLAIN), ("--", PLAIN)):
        found = cfn_lint.matches("--append-rules", pack, *arguments, pack=())
        assert TASK_TIMEOUT in names(found)


def test_it_stands_in_the_configuration_file(cfn_lint: Any, tmp_path: Path) -> None:
    shutil.copy(cfn_lint.templates / PLAIN, tmp_path)
    (tmp_path / ".cfnlintrc").write_text(
        "append_rules: [stepguard.hosts.cfn_lint]\n"
        "templates: ['*.json']\n"
        "ignore_checks: [W9111]\n"
        "include_checks: [I]\n"
        "configure_rules: {I9701: {required_tags: [Owner, CostCentre]}}\n",
        encoding="utf-8",
    )
    found = cfn_lint.matches(cwd=tmp_path, pack=())
    assert TASK_TIMEOUT in names(found)
    assert "CostCentre" in next(one.message for one in found if one.rule == "I9701")


def test_it_runs_in_the_python_interface(cfn_lint: Any) -> None:
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from cfnlint.api import lint, lint_file\n"
        "from cfnlint.config import ManualArgs\n"
        "config = ManualArgs(append_rules=['stepguard.hosts.cfn_lint'], include_checks=['I'])\n"
        "path = Path(sys.argv[1])\n"
        "for found in (lint_file(path, config=config), lint(path.read_text(), config=config)):\n"
        "    own = [one for one in found if one.rule.id[1] == '9']\n"
        "    print(json.dumps([[one.rule.id, one.path[1], one.linenumber] for one in own]))\n"
    )
    ended = subprocess.run(
        [cfn_lint.python, "-c", program, PLAIN],
        cwd=cfn_lint.templates,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    of_file, of_text = map(json.loads, ended.stdout.splitlines())
    assert ["W9402", "Import", 11] in of_file
    assert of_text == of_file


@pytest.mark.parametrize("name", ["block.yaml", PLAIN, "foreach.yaml"])
def test_a_template_on_standard_input_gets_the_same_findings(
    cfn_lint: Any, everything: list[Any], name: str
) -> None:
    text = (cfn_lint.templates / name).read_text(encoding="utf-8")
    found = cfn_lint.matches("-c", "I", text=text)
    expected = [one for one in everything if one.file == name]
    assert {one.rule for one in expected} >= {"W9402", "I9701"}
    assert names(found) == names(expected)
    assert Counter((one.rule, one.line) for one in found) == Counter(
        (one.rule, one.line) for one in expected
    )


# Where it points


def test_every_match_has_a_path_that_no_ignore_of_another_resource_hides(
    everything: list[Any],
) -> None:
    assert {one.path[0] for one in everything} == {"Resources"}
    assert all(len(one.path) > 1 for one in everything if one.rule[1:] != "9000")


@pytest.mark.parametrize(
    ("rule", "file", "logical_id", "line"),
    [
        ("W9402", "block.yaml", "Billing", '"Charge": {'),
        ("E9101", "block.yaml", "BillingRole", "lambda:*"),
        ("W9402", "plain.json", "Import", '"Run": {'),
        ("E9101", "sam.yaml", "ContractRole", "dynamodb:*"),
        ("W9402", "foreach.yaml", "ReportFrance", "Send:"),
        ("W9402", "foreach.yaml", "ReportNorway", "Send:"),
    ],
)
def test_a_finding_points_at_the_state_or_statement(
    everything: list[Any],
    line_of: Callable[[Any], str],
    rule: str,
    file: str,
    logical_id: str,
    line: str,
) -> None:
    found = [one for one in of(everything, rule, file) if one.path[1] == logical_id]
    assert [line_of(one) for one in found] == [line]


def test_a_definition_in_a_file_is_shown_where_the_template_names_it(
    everything: list[Any], line_of: Callable[[Any], str]
) -> None:
    (found,) = of(everything, "W9402", "sam.yaml")
    assert found.path == ("Resources", "Contract")
    assert line_of(found) == "statemachine/contract.asl.json"
    assert "(statemachine/contract.asl.json:5:5); help: " in found.message


def test_what_is_in_a_nested_stack_is_shown_at_the_stack(
    everything: list[Any], line_of: Callable[[Any], str]
) -> None:
    (found,) = of(everything, "W9402", "stack.yaml")
    assert found.path == ("Resources", "Child")
    assert line_of(found) == "nested/child.yaml"
    assert "(nested/child.yaml:11:11); help: " in found.message


# What cfn-lint's own options do


def test_informational_rules_are_off_unless_asked_for(cfn_lint: Any) -> None:
    assert {one.rule[0] for one in cfn_lint.matches(PLAIN, "open.yaml")} <= {"E", "W"}
    shown = cfn_lint.matches(PLAIN, "-c", "I9701")
    assert {one.rule for one in shown if one.rule[0] == "I"} == {"I9701"}


def imported(cfn_lint: Any, *arguments: str) -> set[str]:
    """Return the modules of stepguard that a run of cfn-lint has imported."""
    program = (
        "import runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n"
        "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally:\n"
        "    own = [name for name in sys.modules if name.startswith('stepguard')]\n"
        "    print(*own, file=sys.stderr)"
    )
    command = [cfn_lint.python, "-c", program, cfn_lint.program, *arguments]
    ended = subprocess.run(
        [*command, "--append-rules", "stepguard.hosts.cfn_lint"],
        cwd=cfn_lint.templates,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "stepguard.hosts.cfn_lint._pack" in ended.stderr
    return set(ended.stderr.split())


def test_rules_that_are_not_shown_do_not_run(cfn_lint: Any) -> None:
    without = imported(cfn_lint, PLAIN)
    with_all = imported(cfn_lint, PLAIN, "-c", "I")
    assert "stepguard.rules.sfn402_no_task_timeout" in without
    assert without < with_all
    assert "stepguard.rules.sfn701_no_tags" in with_all - without
    none = imported(cfn_lint, PLAIN, "-i", "E", "W9")
    assert {name for name in none if name.startswith("stepguard.rules.sfn")} == set()


def test_an_ignore_in_the_metadata_is_for_one_resource(
    cfn_lint: Any, everything: list[Any]
) -> None:
    found = of(everything, "W9402", "ignored.yaml")
    assert [one.path[1] for one in found] == ["Kept"]
    mandatory = cfn_lint.matches("ignored.yaml", "--mandatory-checks", "W9402")
    assert [one.path[1] for one in mandatory if one.rule == "W9402"] == ["Kept", "Ignored"]


def test_an_ignore_in_the_metadata_of_the_template_is_for_all_of_it(
    cfn_lint: Any, tmp_path: Path
) -> None:
    text = (cfn_lint.templates / "ignored.yaml").read_text(encoding="utf-8")
    ignore = "Metadata: {cfn-lint: {config: {ignore_checks: [W9402, E9000]}}}\n"
    (tmp_path / "template.yaml").write_text(ignore + text, encoding="utf-8")
    found = {one.rule for one in cfn_lint.matches("template.yaml", cwd=tmp_path)}
    assert "W9402" not in found
    assert "W9201" in found


def test_suppressions_of_stepguard_itself_hold(cfn_lint: Any, tmp_path: Path) -> None:
    text = (cfn_lint.templates / "foreach.yaml").read_text(encoding="utf-8")
    excused = text.replace("Send:\n", "Send: # stepguard: ignore[SFN402] the job ends by itself\n")
    idle = "# stepguard: ignore[SFN101] there is no role\n" + text
    (tmp_path / "excused.yaml").write_text(excused, encoding="utf-8")
    (tmp_path / "idle.yaml").write_text(idle, encoding="utf-8")
    found = cfn_lint.matches("excused.yaml", "idle.yaml", "-c", "I9000", cwd=tmp_path)
    assert {one.file for one in found if one.rule == "W9402"} == {"idle.yaml"}
    told = [one.message for one in found if one.rule == "I9000"]
    assert any("the suppression of SFN101 excuses nothing" in message for message in told)


def test_an_ignore_on_a_machine_reaches_the_role_that_sam_makes_for_it(
    everything: list[Any], line_of: Callable[[Any], str]
) -> None:
    (found,) = of(everything, "E9101", "generated.yaml")
    assert found.path == ("Resources", "Refund")
    assert line_of(found) == "sqs:*"
    assert of(everything, "W9102", "generated.yaml") == []


@pytest.mark.parametrize("identifier", ["W9402", "W94"])
def test_a_rule_can_be_left_out(cfn_lint: Any, identifier: str) -> None:
    found = cfn_lint.matches(PLAIN, "--ignore-checks", identifier)
    assert TASK_TIMEOUT not in names(found)
    assert found


def test_rules_take_options(cfn_lint: Any) -> None:
    options = (
        "I9701:required_tags=Owner;Cost centre",
        "I9202:log_level=ALL",
        "W9111:trusted_accounts=210987654321",
    )
    arguments = ("options.yaml", "-c", "I")
    without = cfn_lint.matches(*arguments)
    found = cfn_lint.matches(*arguments, "--configure-rule", *options)
    assert {one.rule for one in without} & {"I9202", "I9701"} == set()
    assert "W9111" in {one.rule for one in without}
    by_rule = {one.rule: one.message for one in found}
    assert "Cost centre" in by_rule["I9701"]
    assert "ERROR" in by_rule["I9202"]
    assert "W9111" not in by_rule


def test_a_pedantic_rule_runs_when_it_is_enabled(cfn_lint: Any, everything: list[Any]) -> None:
    pedantic = next(load(one) for one in rule_ids() if load(one).tier == "pedantic")
    assert cfn_lint_id(pedantic) not in {one.rule for one in everything}
    example = PACKAGE / "rules" / "examples" / pedantic.id / "bad" / "template.yaml"
    arguments = (example, "-c", "I")
    assert cfn_lint_id(pedantic) not in {one.rule for one in cfn_lint.matches(*arguments)}
    enabled = ("-x", f"{cfn_lint_id(pedantic)}:enabled=true")
    found = cfn_lint.matches(*arguments, *enabled)
    assert cfn_lint_id(pedantic) in {one.rule for one in found}


def test_an_option_with_a_wrong_value_is_told(cfn_lint: Any) -> None:
    found = cfn_lint.matches(PLAIN, "-c", "I", "--configure-rule", "I9202:log_level=DEBUG")
    (message,) = [one.message for one in found if one.rule == "I9202"]
    assert message == "I9202: log-level: 'DEBUG' is none of ALL, ERROR, FATAL"


def test_options_of_the_project_count_and_those_of_cfn_lint_precede_them(
    cfn_lint: Any, tmp_path: Path
) -> None:
    shutil.copy(cfn_lint.templates / "options.yaml", tmp_path)
    (tmp_path / "stepguard.toml").write_text(
        'log-level = "ALL"\nrequired-tags = ["Owner", "Stage"]\nskip-rules = ["SFN111"]\n',
        encoding="utf-8",
    )
    found = cfn_lint.matches("options.yaml", "-c", "I", cwd=tmp_path)
    assert {"I9202", "I9701"} <= {one.rule for one in found}
    assert "W9111" not in {one.rule for one in found}
    found = cfn_lint.matches(
        *("options.yaml", "-c", "I", "-x", "I9202:log_level=FATAL"), cwd=tmp_path
    )
    assert "I9701" in {one.rule for one in found}
    assert "I9202" not in {one.rule for one in found}


def test_options_that_cannot_be_used_are_an_error(cfn_lint: Any, tmp_path: Path) -> None:
    shutil.copy(cfn_lint.templates / PLAIN, tmp_path)
    (tmp_path / "stepguard.toml").write_text('log-levle = "ALL"\n', encoding="utf-8")
    found = cfn_lint.matches(PLAIN, "-c", "I", cwd=tmp_path)
    assert [one.rule for one in found] == ["E9000"]
    assert "unknown option 'log-levle'" in found[0].message


def test_the_rules_of_cfn_lint_find_what_they_find_without_the_pack(cfn_lint: Any) -> None:
    templates = sorted(path.name for path in cfn_lint.templates.iterdir() if path.is_file())
    arguments = ("--format", "json", *templates, "-c", "I")
    reports = [
        json.loads(cfn_lint.run(*arguments, pack=pack).stdout)
        for pack in ((), ("--append-rules", cfn_lint.pack))
    ]
    without, beside = (
        [match for match in report if match["Rule"]["Id"][1] != "9"] for report in reports
    )
    assert beside == without
    assert len(reports[1]) > len(without) > 0


@pytest.mark.parametrize("form", ["sarif", "junit", "parseable", "pretty"])
def test_every_format_shows_the_findings(cfn_lint: Any, form: str) -> None:
    ended = cfn_lint.run(PLAIN, "--format", form)
    if "Missing optional dependencies" in ended.stderr:
        pytest.skip(f"cfn-lint is installed without its extra {form}")
    assert "W9402" in ended.stdout
    assert ended.returncode & 4
    if form == "parseable":
        (line,) = [one for one in ended.stdout.splitlines() if ":W9402:" in one]
        assert line.startswith("plain.json:11:13:11:")


# What could not be judged


def test_what_could_not_be_evaluated_is_shown_when_asked_for(
    everything: list[Any], line_of: Callable[[Any], str]
) -> None:
    found = [one for one in of(everything, "I9000", "open.yaml") if one.path[1] == "Elsewhere"]
    about_the_definition = [one for one in found if "SFN402" in one.message]
    assert len(about_the_definition) == 1
    assert (
        "SFN901" in about_the_definition[0].message or "SFN902" in about_the_definition[0].message
    )
    assert "not evaluated: " in about_the_definition[0].message


def test_a_file_that_cannot_be_read_is_an_error(cfn_lint: Any, tmp_path: Path) -> None:
    template = (cfn_lint.templates / "sam.yaml").read_text(encoding="utf-8")
    (tmp_path / "template.yaml").write_text(template, encoding="utf-8")
    (tmp_path / "statemachine").mkdir()
    (tmp_path / "statemachine" / "contract.asl.json").write_text("{'a': 1}", encoding="utf-8")
    found = cfn_lint.matches("template.yaml", "-c", "I", cwd=tmp_path)
    told = [
        one
        for one in found
        if one.rule in ("E9000", "I9000") and "contract.asl.json" in one.message
    ]
    assert told


def test_a_template_without_step_functions_costs_no_engine(cfn_lint: Any) -> None:
    modules = imported(cfn_lint, "bucket.yaml")
    assert {name.split(".")[1] for name in modules if "." in name}.isdisjoint({"judging", "rules"})


# The same verdict


def scanned(path: Path) -> set[tuple[str, str]]:
    """Return rule and resource of all findings of a scan, as the pack has them.

    What is in a nested stack counts as the stack, and the role that SAM makes as its machine.
    """
    report = scan([path], ScanOptions(root=path.parent))
    made_for = {address: machine for (_, address), machine in report.made_for.items()}
    found = set()
    for one in report.findings:
        address = made_for.get(one.violation.resource, one.violation.resource)
        found.add((cfn_lint_id(load(one.rule)), address.partition(".")[0]))
    return found


def test_the_findings_are_those_of_a_scan(cfn_lint: Any, everything: list[Any]) -> None:
    root = Path(__file__).resolve().parents[3]
    examples = PACKAGE / "rules" / "examples"
    paths = [*root.glob("fixtures/*/*/template.yaml"), *examples.glob("*/*/template.yaml")]
    assert len(paths) > 20
    shown: dict[Path, list[Any]] = {path: [] for path in paths}
    shown |= {path: [] for path in cfn_lint.templates.iterdir() if path.is_file()}
    for one in cfn_lint.matches(*paths, "-c", "I", cwd=root):
        shown[Path(one.file)].append(one)
    for one in everything:
        shown[cfn_lint.templates / one.file].append(one)
    excused = {("W9402", "Ignored"), ("W9102", "Refund")}
    for path, found in shown.items():
        own = {one for one in names(found) if one[0][1:] != "9000"}
        assert own == scanned(path) - excused, path
