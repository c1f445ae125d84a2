"""Suggestions for JSON templates, which are written in YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stepguard.engine import ScanOptions, scan
from stepguard.json_snippets import json_of

MACHINE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "RoleArn": "arn:aws:iam::123456789012:role/m",
        "DefinitionString": '{"StartAt": "A", "States": {"A": {"Type": "Fail"}}}',
    },
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "states.amazonaws.com"},
                }
            ]
        }
    },
}


@pytest.mark.parametrize(
    ("snippet", "written"),
    [
        ("KmsKeyId: !GetAtt NAME.Arn", '"KmsKeyId": {"Fn::GetAtt": ["NAME", "Arn"]}'),
        ("A: !Ref B", '"A": {"Ref": "B"}'),
        ("A: !Sub 'x-${B}'", '"A": {"Fn::Sub": "x-${B}"}'),
        ("A: !Join ['', [a, !Ref B]]", '"A": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}'),
        ("A: !Transform {Name: b}", '"A": {"Fn::Transform": {"Name": "b"}}'),
        ("Tags:\n  - Key: a\n    Value: …", '"Tags": [\n  {\n    "Key": "a",\n    "Value": "…"'),
        ("- Effect: Allow\n  Action: a:b", '{\n  "Effect": "Allow",\n  "Action": "a:b"\n}'),
        ("a\n# why\nb: c", "a\n# why\nb: c"),
        ("NAME in DefinitionSubstitutions", "NAME in DefinitionSubstitutions"),
    ],
)
def test_members_in_json(snippet: str, written: str) -> None:
    assert json_of(snippet).startswith(written)


def test_what_is_to_be_written_into_a_template_in_json_is_json(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(
        json.dumps({"Resources": {"M": MACHINE, "R": ROLE}}, indent=2)
    )
    report = scan([tmp_path], ScanOptions(pedantic=True))
    suggested = {one.rule: one.violation.suggestion for one in report.findings}
    assert {"SFN112", "SFN201", "SFN206", "SFN301", "SFN601", "SFN701"} <= suggested.keys()
    for rule in ("SFN112", "SFN201", "SFN206", "SFN301", "SFN601", "SFN701"):
        assert json.loads("{" + suggested[rule] + "}"), rule
