"""Suppressions: where they may stand, what they need, and what is told of idle ones."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from stepguard.config import Config
from stepguard.engine import ScanOptions, scan
from stepguard.report import Report
from stepguard.reports.json_report import report_as_dict
from stepguard.reports.sarif import report_as_sarif

TERRAFORM = """\
{above}
resource "aws_sfn_state_machine" "m" {{{header}
  role_arn   = "r"
  definition = jsonencode({{
    StartAt        = "A"
    TimeoutSeconds = 60
    States = {{
      {before_state}
      A = {{
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Comment  = "{comment}"
        End      = true
      }}
    }}
  }})
}}
"""

TEMPLATE = """\
Resources:
  M:  {header}
    Type: AWS::StepFunctions::StateMachine
    Metadata: {metadata}
    Properties:
      RoleArn: r
      Definition:
        StartAt: A
        TimeoutSeconds: 60
        States:
          {before_state}
          A:
            Type: Task
            Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken
            End: true
"""

IGNORE = "stepguard: ignore[SFN402] the queue answers within a minute"


def scanned(path: Path, content: str, config: Config | None = None) -> Report:
    path.write_text(content)
    rules = ("SFN402", "SFN403")
    return scan([path], ScanOptions(rules=rules, config=config or Config()))


def terraform(tmp_path: Path, config: Config | None = None, **parts: str) -> Report:
    names = ("above", "header", "before_state", "comment")
    content = TERRAFORM.format(**{name: parts.get(name, "") for name in names})
    return scanned(tmp_path / "main.tf", content, config)


def template(tmp_path: Path, **parts: str) -> Report:
    given = {"header": "", "before_state": "", "metadata": "{}", **parts}
    return scanned(tmp_path / "t.yaml", TEMPLATE.format(**given))


def rules(report: Report) -> tuple[list[str], list[str]]:
    return [one.rule for one in report.findings], [one.rule for one in report.suppressed]


@pytest.mark.parametrize(
    "parts",
    [
        {"above": f"# {IGNORE}"},
        {"above": f"// {IGNORE}"},
        {"above": f"# {IGNORE}\n# and another comment"},
        {"header": f" # {IGNORE}"},
        {"before_state": f"# {IGNORE}"},
        {"comment": IGNORE},
    ],
)
def test_comments_in_terraform(tmp_path: Path, parts: dict[str, str]) -> None:
    report = terraform(tmp_path, **parts)
    assert rules(report) == (["SFN403"], ["SFN402"])
    assert report.suppressed[0].excuse == "the queue answers within a minute"
    assert report.notices == []


@pytest.mark.parametrize(
    "parts",
    [
        {"header": f"# {IGNORE}"},
        {"before_state": f"# {IGNORE}"},
        {"metadata": '{stepguard: {ignore: [{rules: [SFN402], reason: "known"}]}}'},
        {"metadata": "{stepguard: {ignore: {rules: SFN402, reason: known}}}"},
    ],
)
def test_comments_and_metadata_in_templates(tmp_path: Path, parts: dict[str, str]) -> None:
    report = template(tmp_path, **parts)
    assert rules(report) == (["SFN403"], ["SFN402"])
    assert report.notices == []


def test_several_rules_and_either_form_of_an_id(tmp_path: Path) -> None:
    report = terraform(tmp_path, above="# stepguard: ignore[W9402, sfn403] known")
    assert rules(report) == ([], ["SFN402", "SFN403"])


def test_a_definition_in_a_file_of_its_own(tmp_path: Path) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "End": True,
        "Comment": IGNORE,
    }
    content = json.dumps({"StartAt": "A", "TimeoutSeconds": 9, "States": {"A": state}}, indent=1)
    report = scanned(tmp_path / "x.asl.json", content)
    assert rules(report) == (["SFN403"], ["SFN402"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stepguard: ignore[SFN402]", "needs a reason"),
        ("stepguard: ignore because", "names its rules in brackets"),
        ("stepguard: ignore[] because", "names its rules in brackets"),
        ("stepguard: ignore[SFN999] because", "'SFN999', which is no rule"),
        ("stepguard: ignore[SFN402] until=soon because", "no date"),
        ("stepguard: ignore[SFN402] until=2020-01-31 because", "ended on 2020-01-31"),
    ],
)
def test_what_is_wrong_excuses_nothing_and_is_told(tmp_path: Path, text: str, words: str) -> None:
    report = terraform(tmp_path, above=f"# {text}")
    assert rules(report) == (["SFN402", "SFN403"], [])
    assert len(report.notices) == 1
    assert words in report.notices[0].message
    assert report.notices[0].place.line == 1


def test_a_suppression_holds_until_its_day(tmp_path: Path) -> None:
    day = datetime.date.today() + datetime.timedelta(days=1)
    text = f"# stepguard: ignore[SFN402] until={day.isoformat()} the queue is replaced then"
    assert rules(terraform(tmp_path, above=text)) == (["SFN403"], ["SFN402"])


def test_an_idle_suppression_is_told_and_one_of_a_rule_that_did_not_run_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "main.tf"
    content = TERRAFORM.format(above=f"# {IGNORE}", header="", before_state="", comment="")
    path.write_text(
        content.replace(".waitForTaskToken", "").replace("A = {", "A = {\n TimeoutSeconds = 5")
    )
    report = scan([path], ScanOptions(rules=("SFN402",)))
    assert [one.message for one in report.notices] == [
        "the suppression of SFN402 excuses nothing: take it out"
    ]
    assert scan([path], ScanOptions(rules=("SFN403",))).notices == []


def test_the_options_can_forbid_it(tmp_path: Path) -> None:
    config = Config(unsuppressible_rules=("SFN402",))
    report = terraform(tmp_path, config, above=f"# {IGNORE}")
    assert rules(report) == (["SFN402", "SFN403"], [])
    assert "does not allow SFN402" in report.notices[0].message


def test_reports_show_the_reason(tmp_path: Path) -> None:
    report = terraform(tmp_path, above=f"# {IGNORE}")
    shown = report_as_dict(report)
    assert shown["summary"]["suppressed"] == 1
    assert shown["suppressed"][0]["reason"] == "the queue answers within a minute"
    results = report_as_sarif(report)["runs"][0]["results"]
    assert results[-1]["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "the queue answers within a minute",
        }
    ]


SEVERAL = """\
resource "aws_sfn_state_machine" "m" {{
  role_arn   = "r"
  definition = jsonencode({{
    StartAt        = "A"
    TimeoutSeconds = 60
    States = {{
      {before_a}
      A = {{
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Next     = "B"
      }}
      {before_b}
      B = {{
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Comment  = "{comment_b}"
        End      = true
      }}
    }}
  }})
}}
"""


def several(tmp_path: Path, **parts: str) -> Report:
    given = {"before_a": "", "before_b": "", "comment_b": "", **parts}
    return scanned(tmp_path / "main.tf", SEVERAL.format(**given))


@pytest.mark.parametrize(
    "parts",
    [{"before_a": f"# {IGNORE}"}, {"before_b": f"# {IGNORE}"}, {"comment_b": IGNORE}],
)
def test_one_of_several_states_excuses_the_others_not(
    tmp_path: Path, parts: dict[str, str]
) -> None:
    report = several(tmp_path, **parts)
    assert rules(report) == (["SFN402", "SFN403"], [])
    assert report.notices == []


@pytest.mark.parametrize("second", ["before_b", "comment_b"])
def test_a_finding_of_several_states_is_excused_by_all_of_them(tmp_path: Path, second: str) -> None:
    text = IGNORE if second.startswith("comment") else f"# {IGNORE}"
    other = "# stepguard: ignore[SFN402] and so does the other"
    report = several(tmp_path, **{"before_a": other, second: text})
    assert rules(report) == (["SFN403"], ["SFN402"])
    assert report.suppressed[0].excuse == (
        "and so does the other; the queue answers within a minute"
    )
    assert report.notices == []


def test_states_that_a_finding_only_mentions_need_no_excuse(tmp_path: Path) -> None:
    text = "# stepguard: ignore[SFN401] the queue's own limit ends it"
    content = SEVERAL.format(before_a="", before_b="", comment_b="")
    content = content.replace("    TimeoutSeconds = 60\n", "")
    content = content.replace("    StartAt ", f"    {text}\n    StartAt ")
    (tmp_path / "main.tf").write_text(content)
    report = scan([tmp_path / "main.tf"], ScanOptions(rules=("SFN401",)))
    assert rules(report) == ([], ["SFN401"])
    assert report.notices == []


# Several deployments


@pytest.mark.parametrize("where", ["comment", "metadata"])
def test_a_resource_of_another_template_with_the_same_id_is_not_excused(
    tmp_path: Path, where: str
) -> None:
    metadata = '{stepguard: {ignore: [{rules: [SFN402], reason: "an example"}]}}'
    excused = (
        TEMPLATE.format(header=f"# {IGNORE}", metadata="{}", before_state="")
        if where == "comment"
        else TEMPLATE.format(header="", metadata=metadata, before_state="")
    )
    (tmp_path / "a.yaml").write_text(excused)
    (tmp_path / "b.yaml").write_text(TEMPLATE.format(header="", metadata="{}", before_state=""))
    report = scan([tmp_path], ScanOptions(rules=("SFN402",)))
    assert [Path(one.root).name for one in report.suppressed] == ["a.yaml"]
    assert [Path(one.root).name for one in report.findings] == ["b.yaml"]


def test_a_comment_in_a_shared_definition_is_of_use_if_it_excuses_in_one_project(
    tmp_path: Path,
) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Comment": IGNORE,
                "End": True,
            }
        },
    }
    module = 'resource "aws_sfn_state_machine" "m" {\n  role_arn = "r"\n'
    module += f"  definition = jsonencode({json.dumps(definition)})\n}}\n"
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text(module)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text('module "m" {\n  source = "../module"\n}\n')
    report = scan([tmp_path], ScanOptions(rules=("SFN402",)))
    assert len(report.state_machines) == 2
    assert report.findings == []
    assert report.suppressed
    assert report.notices == []
