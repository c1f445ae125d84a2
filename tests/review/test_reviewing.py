"""What a change introduces, in real git repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.finding import Severity
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_paths

from .conftest import Project, counts
from .projects import OLD_STATEMENTS, TEMPLATE, statement, terraform

Make = Callable[[Mapping[str, str]], Project]
NAMES = "abcdefgh"


def many() -> dict[str, str]:
    """Return a project with more than a hundred findings."""
    return {f"infra/{name}.tf": terraform(name) for name in NAMES}


def test_one_bad_statement_among_a_hundred_findings_is_one_introduced(project: Make) -> None:
    changed = project(many())
    known = len(scan([Path()]).findings)
    assert known >= 100
    bad = [*OLD_STATEMENTS[:1], statement("dynamodb:*", "arn:aws:dynamodb:*:*:table/t")]
    changed.write({"infra/c.tf": terraform("c", [*bad, *OLD_STATEMENTS[1:]])})
    report = changed.review()
    assert counts(report) == (1, 0, known)
    (found,) = (one for one in report.findings if one.status == "introduced")
    assert (found.rule, found.violation.resource) == ("SFN101", "aws_iam_role_policy.c")
    assert report.exit_code(Severity.MEDIUM, unchanged=False) == 1
    changed.write(many())
    assert changed.review().exit_code(Severity.LOW, unchanged=False) == 0
    assert changed.review().exit_code(Severity.LOW, unchanged=True) == 1


def test_a_statement_that_is_gone_is_fixed(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    changed.write({"main.tf": terraform("a", OLD_STATEMENTS[:2])})
    report = changed.review()
    assert report.change is not None
    assert {one.rule for one in report.change.fixed} == {"SFN101"}
    assert counts(report)[:2] == (0, 1)


def test_reordering_is_no_change(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    text = terraform("a", OLD_STATEMENTS[::-1])
    lines = [one for one in text.split("\n") if "Wait = {" not in one]
    where = next(number for number, one in enumerate(lines) if "States = {" in one)
    lines.insert(where + 1, '      Wait = { Type = "Wait", Seconds = 5, Next = "Send" }')
    machine, _, roles = "\n".join(lines).partition('\nresource "aws_iam_role" ')
    changed.write({"main.tf": f'resource "aws_iam_role" {roles}\n{machine}'})
    assert counts(changed.review())[:2] == (0, 0)


def test_reformatting_and_renaming_the_file_is_no_change(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    text = "# A comment.\n\n" + terraform("a").replace("\n  ", "\n\n    ").replace(" = ", "=")
    (changed.top / "main.tf").unlink()
    changed.write({"workflow.tf": text})
    report = changed.review()
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10


def test_a_renamed_directory_is_no_change(project: Make) -> None:
    changed = project({"infra/main.tf": terraform("a"), "other/main.tf": terraform("b")})
    changed.git("mv", "infra", "deployment")
    assert counts(changed.review())[:2] == (0, 0)


def test_a_renamed_template_or_definition_is_no_change(project: Make) -> None:
    flow = '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Next": "B"}}}'
    files = {"a.yaml": TEMPLATE, "b.yaml": TEMPLATE.replace("Orders", "Bills"), "x.asl.json": flow}
    changed = project(files)
    old = counts(changed.review())
    assert old[:2] == (0, 0)
    changed.git("mv", "a.yaml", "orders.yaml")
    changed.git("mv", "x.asl.json", "flow.asl.json")
    assert counts(changed.review()) == old


def test_a_resource_that_moves_to_another_template_is_no_change(project: Make) -> None:
    role = TEMPLATE[TEMPLATE.index("  Role:") :]
    rest = TEMPLATE.replace(role, "")
    changed = project({"a.yaml": TEMPLATE, "b.yaml": TEMPLATE.replace("Orders", "Bills")})
    changed.write({"a.yaml": rest.replace("!GetAtt Role.Arn", "arn:aws:iam::1:role/x")})
    changed.write({"c.yaml": f"Resources:\n{role}"})
    judged = {"SFN101", "SFN112"}
    found = [one for one in changed.review().findings if one.root == "c.yaml"]
    assert {one.rule for one in found} >= judged
    assert {one.status for one in found if one.rule in judged} == {"unchanged"}


MODULE = """
module "flow" {
  source = "./flow"
}

moved {
  from = aws_sfn_state_machine.a
  to   = module.flow.aws_sfn_state_machine.a
}
moved {
  from = aws_iam_role.a
  to   = module.flow.aws_iam_role.a
}
moved {
  from = aws_iam_role_policy.a
  to   = module.flow.aws_iam_role_policy.a
}
"""


def test_moving_into_a_module_with_moved_is_no_change(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    changed.write({"main.tf": MODULE, "flow/main.tf": terraform("a")})
    report = changed.review()
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10
    changed.write({"main.tf": MODULE.split("moved", 1)[0]})
    assert counts(changed.review())[:2] == (counts(report)[2], counts(report)[2])


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ('module "m" {\n source = "./flow"\n}', 'module "n" {\n source = "./flow"\n}',
         "from = module.m\n to = module.n"),
        ('module "m" {\n source = "./flow"\n}', 'module "m" {\n source = "./flow"\n count = 1\n}',
         "from = module.m\n to = module.m[0]"),
        ('module "m" {\n source = "./flow"\n}',
         'module "m" {\n source = "./flow"\n for_each = toset(["x"])\n}',
         'from = module.m\n to = module.m["x"]'),
    ],
)  # fmt: skip
def test_moved_modules(project: Make, before: str, after: str, moved: str) -> None:
    changed = project({"main.tf": before, "flow/main.tf": terraform("a")})
    changed.write({"main.tf": f"{after}\nmoved {{\n {moved}\n}}\n"})
    report = changed.review()
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10


def test_moved_within_a_module_and_in_json(project: Make) -> None:
    call = 'module "m" {\n source = "./flow"\n}'
    changed = project({"main.tf": call, "flow/main.tf": terraform("a")})
    moves = [
        f'{{"from": "{kind}.a", "to": "{kind}.z"}}'
        for kind in ("aws_sfn_state_machine", "aws_iam_role", "aws_iam_role_policy")
    ]
    renamed = re.sub(r'(aws_\w+"?) ?([".])a\b', r"\1 \2z", terraform("a")).replace(" .z", ".z")
    changed.write(
        {"flow/main.tf": renamed, "flow/moved.tf.json": f'{{"moved": [{", ".join(moves)}]}}'}
    )
    report = changed.review()
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10


def test_count_is_added_to_a_resource(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    text = terraform("a").replace('machine" "a" {', 'machine" "a" {\n  count = 1')
    changed.write({"main.tf": text})
    assert counts(changed.review())[:2] == (0, 0)


def test_a_suppressed_finding_is_not_fixed_and_one_shown_again_is_introduced(
    project: Make,
) -> None:
    changed = project({"a.yaml": TEMPLATE})
    known = counts(changed.review())[2]
    line = "                Action: lambda:*\n"
    excused = TEMPLATE.replace(line, f"{line[:-1]}  # stepguard:ignore[SFN101] it is meant\n")
    changed.write({"a.yaml": excused})
    report = changed.review()
    assert len(report.suppressed) == 1
    assert counts(report) == (0, 0, known - 1)
    changed.commit()
    changed.git("branch", "-f", "main", "HEAD")
    changed.write({"a.yaml": TEMPLATE})
    assert counts(changed.review()) == (1, 0, known - 1)


def test_two_directories(tmp_path: Path) -> None:
    for side in ("old", "new"):
        for name in ("a", "b"):
            target = tmp_path / side / name
            target.mkdir(parents=True)
            extra = [statement("ec2:*")] if (side, name) == ("new", "b") else []
            (target / "main.tf").write_text(terraform(name, [*OLD_STATEMENTS, *extra]))
    options = ScanOptions()
    report = review(sides_of_paths(tmp_path / "old", tmp_path / "new", options), options)
    introduced = [one for one in report.findings if one.status == "introduced"]
    assert {one.violation.resource for one in introduced} == {"aws_iam_role_policy.b"}
    assert counts(report)[1] == 0


def test_two_templates_of_different_names(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TEMPLATE)
    (tmp_path / "b.yaml").write_text(TEMPLATE.replace("sqs:*", "sns:*"))
    options = ScanOptions()
    sides = sides_of_paths(tmp_path / "a.yaml", tmp_path / "b.yaml", options)
    report = review(sides, options)
    assert {one.rule for one in report.findings if one.status == "introduced"} >= {"SFN101"}
    assert counts(report)[0] == counts(report)[1]


def test_what_could_not_be_read_before_is_a_notice_and_no_error(project: Make) -> None:
    changed = project({"main.tf": terraform("a") + "\n}}}"})
    changed.write({"main.tf": terraform("a")})
    report = changed.review()
    assert report.errors == []
    assert any("not read in main" in one.message for one in report.notices)
    changed.write({"main.tf": terraform("a") + "\n}}}"})
    again = changed.review()
    assert again.errors
    assert not any("not read" in one.message for one in again.notices)


TASK = """      Ask{0} = {{
        Type       = "Task"
        Resource   = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Parameters = {{ QueueUrl = "q", "MessageBody.$" = "$$.Task.Token" }}
        Next       = "Wait"
      }}
"""


def with_tasks(count: int) -> str:
    tasks = "".join(TASK.format(number) for number in range(count))
    return terraform("a").replace("    States = {\n", f"    States = {{\n{tasks}")


def no_timeout(project: Project) -> tuple[list[str | None], int]:
    """Return the statuses of the findings about waiting tasks, and how many are fixed."""
    report = project.review()
    assert report.change is not None
    found = [one for one in report.findings if one.rule == "SFN402"]
    waiting = [one.status for one in found if one.violation.subject == "waiting tasks"]
    gone = [one for one in report.change.fixed if one.rule == "SFN402"]
    return waiting, len(gone)


def test_one_task_more_is_introduced_though_the_finding_is_one(project: Make) -> None:
    changed = project({"main.tf": with_tasks(1)})
    assert no_timeout(changed) == (["unchanged"], 0)
    changed.write({"main.tf": with_tasks(2)})
    assert no_timeout(changed) == (["introduced"], 0)
    changed.write({"main.tf": with_tasks(0)})
    # One of two tasks is mended: what is said of the other one is nothing new.
    assert no_timeout(changed) == (["unchanged"], 0)


BROKEN = {
    "a mistake": "resource aws_iam_role_policy = = {\n",
    "another encoding": "\ufeffresource".encode("utf-16-le"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_judged_any_more_is_not_fixed(tmp_path: Path, what: str) -> None:
    """A further file of which nothing is known may have what was found to be missing."""
    for side in ("before", "after"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "main.tf").write_text(f'provider "aws" {{}}\n{terraform("a")}')
    content = BROKEN[what]
    text = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "after" / "more.tf").write_bytes(text)
    report = review(
        sides_of_paths(tmp_path / "before", tmp_path / "after", ScanOptions()), ScanOptions()
    )
    assert report.change is not None
    assert report.errors
    assert report.change.fixed == []
    assert {one.rule for one in report.findings} >= {"SFN101"}
    told = [str(one) for one in report.notices]
    assert any("SFN601" in one and "cannot be judged after it" in one for one in told), told


@pytest.mark.parametrize(
    "content", [b"\xff\xfer\x00", b"Resources: ["], ids=["another encoding", "no YAML"]
)
def test_nothing_is_removed_from_a_template_that_cannot_be_read(
    tmp_path: Path, content: bytes
) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(TEMPLATE)
    after.write_bytes(content)
    report = review(sides_of_paths(before, after, ScanOptions()), ScanOptions())
    assert report.change is not None
    assert report.errors
    assert (report.change.fixed, report.change.roles, report.change.machines) == ([], (), ())
    told = [str(one) for one in report.notices]
    assert any("is not seen after it" in one for one in told), told


def test_what_is_fixed_here_is_fixed_whatever_cannot_be_judged_elsewhere(project: Make) -> None:
    changed = project({"a.yaml": TEMPLATE, "b.yaml": TEMPLATE})
    tagged = TEMPLATE.replace("  Orders:", "  Orders:", 1)
    place = tagged.index("    Properties:\n") + len("    Properties:\n")
    tagged = f"{tagged[:place]}      Tags: [{{Key: Project, Value: p}}]\n{tagged[place:]}"
    loop = "  Fn::ForEach::L: [X, !Ref Names, {'A${X}': {Type: AWS::SNS::Topic}}]\n"
    changed.write({"a.yaml": tagged, "b.yaml": f"{TEMPLATE.rstrip()}\n{loop}"})
    report = changed.review()
    assert report.change is not None
    fixed = {(one.rule, one.root) for one in report.change.fixed}
    assert fixed == {("SFN701", "a.yaml")}
    assert any("SFN701" in str(one) and "b.yaml" in str(one) for one in report.notices)
