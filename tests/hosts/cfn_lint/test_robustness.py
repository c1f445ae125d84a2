"""No template and no defect of ours keeps the rules of cfn-lint from running, or goes untold."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

MACHINE = "Type: AWS::StepFunctions::StateMachine"
TEMPLATES = {
    "nothing.yaml": "",
    "a-list.yaml": f"- {MACHINE}\n",
    "no-resources.yaml": f"Description: '{MACHINE}'\n",
    "resources-null.yaml": f"Description: '{MACHINE}'\nResources:\n",
    "resources-list.yaml": f"Resources:\n  - {MACHINE}\n",
    "resource-null.yaml": "Resources:\n  AWS::StepFunctions::StateMachine:\n",
    "properties-null.yaml": f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n",
    "properties-text.yaml": f"Resources:\n  M:\n    {MACHINE}\n    Properties: text\n",
    "definition-text.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n      DefinitionString: '{{'\n"
    ),
    "definition-list.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n      Definition: [1, [2]]\n"
    ),
    "states-odd.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n"
        "      Definition: {StartAt: 1, States: {A: [], 2: {Type: {}}, B: {Retry: 1}}}\n"
    ),
    "metadata-odd.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Metadata: {{stepguard: [1], cfn-lint: {{}}}}\n"
    ),
    "intrinsic-odd.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n"
        "      DefinitionString: {'Fn::Sub': [1, 2, 3]}\n      RoleArn: {'Fn::GetAtt': {}}\n"
    ),
    "deep.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n"
        f"      Definition: {'[' * 150}{']' * 150}\n"
    ),
    "deep-text.json": json.dumps(
        {
            "Resources": {
                "M": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": {"DefinitionString": '{"States":' + "[" * 100_000},
                }
            }
        }
    ),
    "control.yaml": (
        f"Resources:\n  M:\n    {MACHINE}\n    Properties:\n"
        '      Definition: {StartAt: "A\\e[31m\\r\\n", States: {"A\\e[31m\\r\\n": {Type: Wait}}}\n'
    ),
    "alias.yaml": (
        f"Resources:\n  M: &m\n    {MACHINE}\n    Properties: &p\n"
        "      Definition: {StartAt: A, States: {A: {Type: Succeed}}}\n"
        "  N: *m\n  O:\n    <<: *m\n    Properties: {<<: *p}\n"
    ),
}


def each(cfn_lint: Any, directory: Path, *pack: str) -> dict[str, subprocess.CompletedProcess[str]]:
    """Return how cfn-lint ends on each template."""
    directory.mkdir()
    ended = {}
    for name, text in TEMPLATES.items():
        (directory / name).write_text(text, encoding="utf-8")
        ended[name] = cfn_lint.run(*(name, "--format", "json", "-c", "I"), cwd=directory, pack=pack)
    return ended


def test_no_template_makes_the_pack_fail(cfn_lint: Any, tmp_path: Path) -> None:
    without = each(cfn_lint, tmp_path / "without")
    loaded = each(cfn_lint, tmp_path / "with", "--append-rules", "stepguard.hosts.cfn_lint")
    judged = 0
    for name in TEMPLATES:
        if "Traceback" in without[name].stderr:
            assert "Traceback" in loaded[name].stderr, name
            continue
        matches = json.loads(loaded[name].stdout)
        rest = [one for one in matches if one["Rule"]["Id"][1] != "9"]
        own = [one for one in matches if one["Rule"]["Id"][1] == "9"]
        assert rest == json.loads(without[name].stdout), name
        assert "internal error" not in " ".join(one["Message"] for one in own), name
        assert not any(character in one["Message"] for one in own for character in "\x1b\r"), name
        judged += bool(own)
    assert judged > 5


def test_a_defect_of_ours_is_told_once_and_the_rules_of_cfn_lint_run(cfn_lint: Any) -> None:
    program = (
        "import sys\n"
        "import stepguard.hosts.cfn_lint._judgement as judgement\n"
        "def broken(*given, **named):\n"
        "    raise RuntimeError('secret')\n"
        "for name in sys.argv.pop(1).split(','):\n"
        "    setattr(judgement, name, broken)\n"
        "from cfnlint.runner import main\n"
        "main()\n"
    )
    # `replace` fails for the rule with an option of its own alone.
    for broken in ("judge_reading", "read_template", "shown_of", "wanted_rules", "replace"):
        arguments = ["plain.json", "--format", "json", "-x", "I9202:log_level=ALL", "-c", "I"]
        arguments += ["--append-rules", "stepguard.hosts.cfn_lint"]
        ended = subprocess.run(
            [cfn_lint.python, "-c", program, broken, *arguments],
            cwd=cfn_lint.templates,
            capture_output=True,
            text=True,
            check=False,
        )
        matches = json.loads(ended.stdout)
        own = [one for one in matches if one["Rule"]["Id"][1] == "9"]
        told = [one for one in own if "internal error in" in one["Message"]]
        assert [one["Rule"]["Id"] for one in told] == ["E9000"], broken
        assert "RuntimeError" in told[0]["Message"]
        assert "secret" not in ended.stdout
        assert ended.returncode & 2
        if broken != "replace":
            assert own == told


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers of processors")
def test_what_takes_too_long_to_read_is_told(cfn_lint: Any) -> None:
    program = (
        "import stepguard.hosts.cfn_lint._judgement as judgement\n"
        "def endless(*given, **named):\n"
        "    while True:\n"
        "        pass\n"
        "judgement.read_template, judgement.SECONDS = endless, 0.5\n"
        "from cfnlint.runner import main\n"
        "main()\n"
    )
    arguments = ["plain.json", "--format", "json", "--append-rules", "stepguard.hosts.cfn_lint"]
    ended = subprocess.run(
        [cfn_lint.python, "-c", program, *arguments],
        cwd=cfn_lint.templates,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [one for one in json.loads(ended.stdout) if one["Rule"]["Id"][1] == "9"]
    assert [one["Rule"]["Id"] for one in told] == ["E9000"]
    assert "reading is given up: it takes more than" in told[0]["Message"]
    assert ended.returncode & 2


def test_nothing_of_the_pack_runs_before_a_template_is_matched(cfn_lint: Any) -> None:
    program = (
        "from cfnlint.rules import CloudFormationLintRule\n"
        "from stepguard.hosts.cfn_lint import RULES\n"
        "own = [name for name, rule in RULES.items()\n"
        "       if rule.initialize is not CloudFormationLintRule.initialize]\n"
        "print(len(RULES), own)\n"
    )
    ended = subprocess.run(
        [cfn_lint.python, "-c", program], capture_output=True, text=True, check=False
    )
    number, own = ended.stdout.split()
    assert int(number) > 50
    assert own == "[]"
