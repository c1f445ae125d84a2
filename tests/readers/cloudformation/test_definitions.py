"""Definitions: where they may be written, what is substituted, and where everything stands."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import StateMachine, Unread
from stepguard.deployment.values import OneOf, Reference, Text, Unknown, plain, render
from stepguard.deployment.workflow import read_workflow

Read = Callable[..., Deployment]

INCLUDED = "Definition: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: d.json}}}"

HEAD = """\
Parameters:
  Bare: {Type: String}
  Limit: {Type: Number, Default: 300}
  Stage: {Type: String, Default: dev}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Function: {Type: AWS::Lambda::Function}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
"""


def machine(read: Read, properties: str, **files: str) -> StateMachine:
    """Read a template with one machine; in the names of files `_` stands for a dot."""
    deployment = read(
        HEAD + indent(properties, "      "),
        files={name.replace("_", "."): content for name, content in files.items()},
    )
    assert len(deployment.state_machines) == 1
    return deployment.state_machines[0]


def document(read: Read, properties: str, **files: str) -> Document:
    definition = machine(read, properties, **files).definition
    assert isinstance(definition, Document), definition
    return definition


def unread(read: Read, properties: str, **files: str) -> Unread:
    definition = machine(read, properties, **files).definition
    assert isinstance(definition, Unread)
    return definition


def written_at(found: Document, *path: str | int, key: bool = False) -> tuple[str, int, str]:
    """Return file, line and text of what stands at a path; its column must hold, too."""
    span = found.locate(path, key=key)
    assert span is not None
    line = span.file.line(span.line)
    assert line[span.column - 1 :].startswith(span.text.split("\n")[0])
    return span.path, span.line, span.text


def test_a_literal_block(read: Read) -> None:
    found = document(
        read,
        """\
DefinitionString: |
  {
    "StartAt": "A",
    "States": {"A": {"Type": "Task", "Resource": "arn:x"}}
  }
""",
    )
    assert written_at(found, "StartAt") == ("template.yaml", 14, '"A"')
    assert written_at(found, "States", "A", "Resource") == ("template.yaml", 15, '"arn:x"')
    assert written_at(found, "States", "A", key=True) == ("template.yaml", 15, '"A"')
    assert written_at(found, "States", "A")[2] == '{"Type": "Task", "Resource": "arn:x"}'


def test_a_sub_block(read: Read) -> None:
    found = document(
        read,
        """\
DefinitionString: !Sub
  - |-
    {
      "StartAt": "A${Stage}", "TimeoutSeconds": ${Limit},
      "States": {
        "Adev": {"Type": "Task", "Resource": "${Function.Arn}", "Next": "${next}"}
      }
    }
  - {next: !Ref Bare}
""",
    )
    assert found.value["StartAt"] == "Adev"
    assert found.value["TimeoutSeconds"] == 300
    state = found.value["States"]["Adev"]
    assert state["Resource"].holes == (Reference("Function", "Arn"),)
    assert state["Next"].holes == (Unknown("Bare"),)
    assert written_at(found, "States", "Adev", "Resource") == (
        "template.yaml",
        17,
        '"${Function.Arn}"',
    )
    assert written_at(found, "States", "Adev", "Type") == ("template.yaml", 17, '"Task"')
    assert not found.is_complete


def test_a_join_of_pieces(read: Read) -> None:
    found = document(
        read,
        """\
DefinitionString:
  Fn::Join:
    - ''
    - - '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "'
      - !GetAtt Function.Arn
      - '", "End": true}}}'
""",
    )
    assert found.value["States"]["A"]["Resource"].holes == (Reference("Function", "Arn"),)
    assert written_at(found, "StartAt") == ("template.yaml", 15, '"A"')
    assert written_at(found, "States", "A", "End") == ("template.yaml", 17, "true")
    assert found.is_complete


def test_an_object_with_functions_in_it(read: Read) -> None:
    found = document(
        read,
        """\
Definition:
  StartAt: A
  TimeoutSeconds: !Ref Limit
  States:
    A: {Type: Task, Resource: !GetAtt Function.Arn, Comment: '${who}'}
    B: !If [IsProd, {Type: Pass, Next: A}, !Ref 'AWS::NoValue']
DefinitionSubstitutions: {who: !Ref Stage}
""",
    )
    assert found.value["TimeoutSeconds"] == 300
    assert found.value["States"]["A"]["Resource"] == Reference("Function", "Arn")
    assert found.value["States"]["A"]["Comment"] == "dev"
    assert isinstance(found.value["States"]["B"], OneOf)
    assert written_at(found, "States", "A", "Type") == ("template.yaml", 16, "Task")
    assert written_at(found, "States", "B", "Next") == ("template.yaml", 17, "A")


def test_a_json_template_with_an_escaped_definition(read: Read) -> None:
    text = (
        '{"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine",\n'
        '  "Properties": {"DefinitionString":\n'
        '    "{\\n \\"StartAt\\": \\"A\\"}"}}}}'
    )
    deployment = read(text, "template.json")
    found = deployment.state_machines[0].definition
    assert isinstance(found, Document)
    span = found.locate(("StartAt",))
    assert span is not None
    assert (span.line, span.text) == (3, '\\"A\\"')


@pytest.mark.parametrize("name", ["flow.json", "flow.asl.json", "flow"])
def test_a_local_json_file_before_packaging(read: Read, name: str) -> None:
    content = '{"StartAt": "A", "TimeoutSeconds": ${limit},\n "States": {"A": "${fn}/${rest}"}}'
    deployment = read(
        HEAD
        + f"      DefinitionS3Location: {name}\n"
        + "      DefinitionSubstitutions: {limit: 5, fn: !GetAtt Function.Arn}\n",
        files={name: content},
    )
    found = deployment.state_machines[0].definition
    assert isinstance(found, Document)
    assert found.value["TimeoutSeconds"] == 5
    assert render(found.value["States"]["A"]) == "${Function.Arn}/${rest}"
    assert written_at(found, "States", "A") == (name, 2, '"${fn}/${rest}"')
    assert name in {file.path for file in deployment.files}


def test_a_local_yaml_file(read: Read) -> None:
    found = document(
        read,
        "DefinitionS3Location: flow.yaml\nDefinitionSubstitutions: {fn: !Ref Function, n: 3}\n",
        flow_yaml="# flow\nStartAt: A\nTimeoutSeconds: ${n}\nStates:\n  A:\n    Resource: ${fn}\n",
    )
    assert found.value["TimeoutSeconds"] == 3
    assert found.value["States"]["A"]["Resource"] == Text(found_parts(found))
    assert written_at(found, "States", "A", "Resource") == ("flow.yaml", 6, "${fn}")


def found_parts(found: Document) -> tuple[object, ...]:
    text = found.value["States"]["A"]["Resource"]
    assert text.holes == (Reference("Function"),)
    return tuple(text.parts)


def test_substitutions_that_are_not_known(read: Read) -> None:
    found = document(
        read,
        """\
Definition: {StartAt: '${a}', Comment: '${b}${c}${d}'}
DefinitionSubstitutions:
  a: !Ref Bare
  b: !If [IsProd, x, y]
  Fn::Transform: {Name: Mine}
""",
    )
    assert found.value["StartAt"].holes == (Unknown("Bare"),)
    assert [hole.expression for hole in found.value["Comment"].holes] == ["IsProd", "c", "d"]


def test_substitutions_reach_every_part_of_a_definition(read: Read) -> None:
    found = document(
        read,
        """\
Definition:
  a: ['${x}', {b: '${x}/${x}'}, 1]
  b: !If [IsProd, 'p${x}', 'q${x}']
DefinitionSubstitutions: {x: 5}
""",
    )
    assert found.value == {"a": ["5", {"b": "5/5"}, 1], "b": OneOf("IsProd", ("p5", "q5"))}
    found = document(
        read,
        "DefinitionString: !ToJsonString {StartAt: '${x}'}\nDefinitionSubstitutions: {x: A}\n",
    )
    assert found.value == {"StartAt": "A"}


def test_substitutions_cannot_make_a_definition_endless(read: Read) -> None:
    found = unread(
        read,
        'DefinitionString: \'{"a": "' + "${x}" * 20_000 + "\"}'\n"
        "DefinitionSubstitutions: {x: " + "y" * 10_000 + "}\n",
    )
    assert found.reason == "with its substitutions it becomes too long"


def test_too_many_definitions_are_not_looked_at(read: Read) -> None:
    text = HEAD.replace(
        "Resources:",
        "Mappings:\n  M: {"
        + ", ".join(f'k{n}: {{v: \'{{"StartAt": "{n}"}}\'}}' for n in range(8))
        + "}\nResources:",
    )
    choice = "!If [IsProd, '{}', !FindInMap [M, !Ref Bare, v]]"
    deployment = read(text + f"      DefinitionString: {choice}\n")
    found = deployment.state_machines[0].definition
    assert isinstance(found, Unread)
    assert found.reason == "it depends on condition IsProd"
    deployment = read(text + "      DefinitionString: !FindInMap [M, !Ref Bare, v]\n")
    assert len(deployment.state_machines) == 8
    assert deployment.state_machines[1].variant == "alternative 2 of M[Bare]"


@pytest.mark.in_time(20)
@pytest.mark.parametrize("use", ["DefinitionUri: d.json", INCLUDED])
def test_a_file_that_is_used_again_and_again_is_bounded(read: Read, use: str) -> None:
    machines = "".join(
        f"  M{number}:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      {use}\n"
        for number in range(100)
    )
    file = '{"StartAt": "A", "Comment": "' + "x" * 400_000 + '"}'
    text = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
    deployment = read(text + machines, files={"d.json": file})
    definitions = [one.definition for one in deployment.state_machines]
    # The first use and three more: 1.2 of 1.5 million characters.
    assert [isinstance(one, Document) for one in definitions] == [True] * 4 + [False] * 96
    assert deployment.errors


def test_placeholders_without_substitutions_stay(read: Read) -> None:
    found = document(read, "Definition: {StartAt: '${a}'}\nDefinitionSubstitutions: {b: x}\n")
    assert found.value == {"StartAt": "${a}"}


def test_a_definition_that_depends_on_a_condition(read: Read) -> None:
    deployment = read(
        HEAD
        + """\
      DefinitionString: !If [IsProd, '{"StartAt": "P"}', !Ref 'AWS::NoValue']
      DefinitionS3Location: !If [IsProd, !Ref 'AWS::NoValue', flow.json]
""",
        files={"flow.json": '{"StartAt": "D"}'},
    )
    found = [
        (one.variant, one.definition.value)
        for one in deployment.state_machines
        if isinstance(one.definition, Document)
    ]
    assert found == [("IsProd", {"StartAt": "P"}), ("not (IsProd)", {"StartAt": "D"})]


@pytest.mark.parametrize(
    ("properties", "reason", "place"),
    [
        ("RoleArn: x\n", "the machine has no definition", None),
        ("DefinitionString: !Ref Bare\n", "Bare is not known: it is a parameter", (12, 25)),
        ("DefinitionS3Location: s3://bucket/x\n", "stored elsewhere, at s3://bucket/x", (12, 29)),
        ("DefinitionS3Location: {Bucket: b, Key: k}\n", "in S3, at s3://b/k", (12, 29)),
        ("DefinitionS3Location: {Bucket: b, Key: !Ref Bare}\n", "s3://b/${Bare}", (12, 29)),
        ("DefinitionS3Location: !Ref Bare\n", "its location: Bare is not known", (12, 29)),
    ],
)
def test_a_definition_that_is_not_in_the_project(
    read: Read, properties: str, reason: str, place: tuple[int, int] | None
) -> None:
    deployment = read(HEAD + indent(properties, "      "))
    assert deployment.errors == []
    found = deployment.state_machines[0].definition
    assert isinstance(found, Unread)
    assert reason in found.reason
    if place is not None:
        assert found.span is not None
        assert (found.span.line, found.span.column) == place


@pytest.mark.parametrize(
    ("properties", "reason", "place"),
    [
        ("DefinitionString: nonsense\n", "not valid JSON: expecting value", (12, 25)),
        (
            'DefinitionString: |\n  {"StartAt": "A",\n   // why\n   "States": {}}\n',
            "JSON has no comments",
            (14, 10),
        ),
        (
            'DefinitionString: !Sub |\n  {"A": "${Function}",\n   "B": ${Limit} "C": 1}\n',
            "not valid JSON: expecting ',' delimiter",
            (14, 24),
        ),
        (
            'DefinitionString: !Sub |\n  {"A": 1,\n   "B" ${Limit}}\n',
            "not valid JSON: expecting ':' delimiter",
            (14, 14),
        ),
        ("DefinitionString: ''\n", "the text is empty", None),
        ("DefinitionString: 3\n", "it is neither an object nor a text", (12, 25)),
        ("DefinitionS3Location: gone.json\n", "gone.json: no such file", (12, 29)),
        ("DefinitionS3Location: ../up.json\n", "outside the scanned root", (12, 29)),
        ("DefinitionS3Location: ''\n", "its location is no path", (12, 29)),
    ],
)
def test_a_definition_that_cannot_be_read_is_an_error_with_its_place(
    read: Read, properties: str, reason: str, place: tuple[int, int] | None
) -> None:
    deployment = read(HEAD + indent(properties, "      "))
    found = deployment.state_machines[0].definition
    assert isinstance(found, Unread)
    assert reason in found.reason
    assert [one for one in deployment.errors if reason in one.message]
    if place is not None:
        assert found.span is not None
        assert (found.span.line, found.span.column) == place


@pytest.mark.parametrize(
    ("name", "content", "reason", "line"),
    [
        ("bad.json", '{"StartAt": "A"\n  "States": {}}', "expecting ',' delimiter", 2),
        ("bad.json", '{"A": 1,\n "B": ${Limit}}', "nothing is substituted for ${Limit}, which", 2),
        ("bad.json", '{\n  /* why */\n  "StartAt": "A"}', "JSON has no comments", 2),
        ("bad.yaml", "StartAt: A\n\tStates: {}\n", "not YAML", 2),
        ("bad.yaml", "just text\n", "neither an object nor a list", 1),
    ],
)
def test_a_file_that_is_no_definition_is_an_error_in_that_file(
    read: Read, name: str, content: str, reason: str, line: int
) -> None:
    deployment = read(HEAD + f"      DefinitionS3Location: {name}\n", files={name: content})
    assert len(deployment.errors) == 1
    error = deployment.errors[0]
    assert reason in error.message
    assert error.path == name
    assert error.span is not None
    assert error.span.line == line


def test_keys_that_stand_twice_in_a_definition_are_told(read: Read) -> None:
    found = document(read, "Definition:\n  StartAt: A\n  States: {A: {Type: Pass}, A: {}}\n")
    assert [one.key for one in found.duplicates] == ["A"]


@pytest.mark.parametrize(
    ("definition", "files", "place"),
    [
        ("Definition: {States: {}, States: {A: {}}}", {}, ("template.yaml", 12, 32)),
        (
            'DefinitionString: \'{"A": 1, "States": 1, "States": {}}\'',
            {},
            ("template.yaml", 12, 48),
        ),
        ('DefinitionString: !Sub \'{"A": 1, "A": "${B}"}\'', {}, ("template.yaml", 12, 40)),
        ("DefinitionS3Location: a.json", {"a.json": '{"A": 1,\n "A": {}}'}, ("a.json", 2, 2)),
        ("DefinitionS3Location: a.yaml", {"a.yaml": "A: 1\nB: 1\nA: {}\n"}, ("a.yaml", 3, 1)),
    ],
)
def test_a_key_that_stands_twice_in_a_definition_is_an_error(
    read: Read, definition: str, files: dict[str, str], place: tuple[str, int, int]
) -> None:
    deployment = read(HEAD + f"      {definition}\n", files=files)
    assert len(deployment.errors) == 1
    error = deployment.errors[0]
    assert error.message.endswith("stands twice in one object: only the last one is read")
    assert error.span is not None
    assert (error.path, error.span.line, error.span.column) == place


def test_a_second_document_in_the_file_of_a_definition_is_an_error(read: Read) -> None:
    files = {"a.yaml": "StartAt: A\n---\nStartAt: B\n"}
    deployment = read(HEAD + "      DefinitionS3Location: a.yaml\n", files=files)
    assert [one.message for one in deployment.errors] == [
        "a second YAML document: only the first one is read"
    ]
    error = deployment.errors[0]
    assert error.span is not None
    assert (error.path, error.span.line, error.span.column) == ("a.yaml", 2, 1)


def test_the_workflow_of_a_template_with_references_is_resolved(read: Read) -> None:
    found = machine(
        read,
        'DefinitionString: !Sub \'{"StartAt": "A", "States": {"A": {"Type": "Task",'
        ' "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",'
        ' "Parameters": {"FunctionName": "${Function.Arn}"}}}}\'\n',
    )
    assert isinstance(found.definition, Document)
    workflow = read_workflow(found.definition)
    assert workflow.definition_state == "resolved"
    assert workflow.tasks[0].integration.service == "lambda"
    assert plain(found.attributes)["DefinitionString"]


YAML_DEFINITION = """
    StartAt: Pause
    States:
      Pause:
        Type: Wait
        Seconds: ${Seconds}
        Comment: "${Seconds}"
        Next: ${End}
      Done:
        Type: Succeed
        OutputPath: ${Unknown}
"""


def test_a_yaml_file_is_parsed_after_its_substitutions(read: Read) -> None:
    """The resource handler replaces in the text: `Seconds: ${X}` becomes a number."""
    deployment = read(
        """
        Parameters: {Open: {Type: Number}}
        Resources:
          M:
            Type: AWS::Serverless::StateMachine
            Properties:
              DefinitionUri: d.asl.yaml
              DefinitionSubstitutions:
                Seconds: 30
                End: Done
                Unknown: !Ref Open
        """,
        files={"d.asl.yaml": YAML_DEFINITION},
    )
    document = deployment.state_machines[0].definition
    assert isinstance(document, Document)
    states = document.value["States"]
    assert states["Pause"] == {"Type": "Wait", "Seconds": 30, "Comment": "30", "Next": "Done"}
    assert isinstance(states["Done"]["OutputPath"], Unknown)
    span = document.locate(("States", "Pause", "Seconds"))
    assert span is not None
    assert (span.path, span.line) == ("d.asl.yaml", 6)
