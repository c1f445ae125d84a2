"""State machines of SAM: definition, role, and the properties that SAM names in its own way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Logging, StateMachine, Tags, Unread
from stepguard.deployment.values import Reference, plain, render

Reader = Callable[..., Deployment]

INLINE = "Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}"


def machine_with(*properties: str, body: str = "") -> str:
    """Return a template with one machine that has these lines as its properties."""
    lines = "\n".join(f"      {line}" for line in properties)
    return f"""
Parameters:
  Stage: {{Type: String}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
{body}
    Properties:
{lines}
"""


def only(deployment: Deployment) -> StateMachine:
    machines = deployment.state_machines
    assert len(machines) == 1
    return machines[0]


def definition_of(machine: StateMachine) -> Document:
    assert isinstance(machine.definition, Document)
    return machine.definition


def tag_values(tags: Tags | Unread | None) -> dict[str, object]:
    assert isinstance(tags, Tags)
    return {key: plain(value) for key, value in tags.values.items()}


def test_inline_definition(read: Reader) -> None:
    machine = only(read(machine_with(INLINE)))
    assert machine.form is Form.SAM
    assert machine.type == "AWS::Serverless::StateMachine"
    definition = definition_of(machine)
    assert definition.value["States"]["A"] == {"Type": "Pass", "End": True}
    place = definition.locate(["States", "A"], key=True)
    assert place is not None
    assert place.text == "A"


def test_definition_in_a_json_file(read: Reader) -> None:
    deployment = read(
        machine_with(
            "DefinitionUri: flows/flow.json",
            "DefinitionSubstitutions: {Limit: 30, Function: !GetAtt Worker.Arn}",
        )
        + "  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n",
        flows__flow_json="""\
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Function}",
              "TimeoutSeconds": ${Limit}, "End": true}}}
            """,
    )
    definition = definition_of(only(deployment))
    state = definition.value["States"]["A"]
    assert state["TimeoutSeconds"] == 30
    assert render(state["Resource"]) == "${Worker.Arn}"
    place = definition.locate(["States", "A", "TimeoutSeconds"])
    assert place is not None
    assert place.path.endswith("flows/flow.json")
    assert place.line == 2
    assert any(file.path.endswith("flows/flow.json") for file in deployment.files)


def test_definition_in_a_yaml_file(read: Reader) -> None:
    deployment = read(
        machine_with("DefinitionUri: flow.asl.yaml"),
        **{"flow.asl.yaml": "StartAt: A\nStates:\n  A:\n    Type: Succeed\n"},
    )
    definition = definition_of(only(deployment))
    assert definition.value["States"]["A"]["Type"] == "Succeed"
    place = definition.locate(["States", "A", "Type"])
    assert place is not None
    assert (place.line, place.text) == (4, "Succeed")


@pytest.mark.parametrize(
    "uri", ["s3://bucket/flow.json", "{Bucket: b, Key: flow.json}", "!Ref Stage"]
)
def test_definition_that_is_elsewhere_is_unread(read: Reader, uri: str) -> None:
    deployment = read(machine_with(f"DefinitionUri: {uri}"))
    definition = only(deployment).definition
    assert isinstance(definition, Unread)
    assert definition.reason
    assert definition.span is not None
    assert deployment.errors == []


def test_wrong_file_name_is_an_error_with_its_place(read: Reader) -> None:
    deployment = read(machine_with("DefinitionUri: missing.json"))
    definition = only(deployment).definition
    assert isinstance(definition, Unread)
    assert len(deployment.errors) == 1
    place = deployment.errors[0].span
    assert place is not None
    assert place.text == "missing.json"


def test_definition_file_by_condition_gives_two_alternatives(read: Reader) -> None:
    deployment = read(
        machine_with("DefinitionUri: !If [IsProd, a.json, b.json]"),
        a_json='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        b_json='{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}',
    )
    machines = deployment.state_machines
    assert [definition_of(one).value["StartAt"] for one in machines] == ["A", "B"]
    assert [one.address for one in machines] == ["Machine", "Machine"]
    assert len({one.variant for one in machines}) == 2
    assert len(deployment.roles) == 1


def test_both_definitions_or_none(read: Reader) -> None:
    both = only(read(machine_with(INLINE, "DefinitionUri: a.json"), a_json="{}")).definition
    assert isinstance(both, Unread)
    assert "both Definition and DefinitionUri" in both.reason
    none = only(read(machine_with("Type: EXPRESS"))).definition
    assert isinstance(none, Unread)


def test_properties(read: Reader) -> None:
    machine = only(
        read(
            machine_with(
                INLINE,
                "Name: orders",
                "Type: EXPRESS",
                "Tracing: {Enabled: true}",
                "Tags: {Team: billing}",
                "Logging:",
                "  Level: ALL",
                "  IncludeExecutionData: true",
                "  Destinations:",
                "    - CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Logs.Arn}",
                "Events: {Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}",
                "AutoPublishAlias: live",
                "UseAliasAsEventTarget: true",
            )
            + "  Logs: {Type: AWS::Logs::LogGroup}\n"
        )
    )
    assert machine.name is not None
    assert machine.name.value == "orders"
    assert machine.kind is not None
    assert machine.kind.value == "EXPRESS"
    assert not isinstance(machine.tracing, Unread)
    assert machine.tracing is not None
    assert machine.tracing.value is True
    assert tag_values(machine.tags) == {"Team": "billing"}
    assert isinstance(machine.logging, Logging)
    assert machine.logging.level is not None
    assert machine.logging.level.value == "ALL"
    assert isinstance(machine.logging.destinations, list)
    assert machine.logging.destinations[0].value == Reference("Logs", "Arn")
    events = machine.attributes.get("Events")
    assert events is not None
    assert "Daily" in events.value
    assert machine.attributes.get("AutoPublishAlias") is not None


def test_generated_role_takes_boundary_path_and_tags(read: Reader) -> None:
    deployment = read(
        machine_with(
            INLINE,
            "PermissionsBoundary: !Sub arn:aws:iam::${AWS::AccountId}:policy/limit",
            "RolePath: /flows/",
            "Tags: {Team: billing}",
        )
    )
    role = deployment.roles[0]
    assert role.boundary is not None
    assert render(plain(role.boundary)) == "arn:aws:iam::${AWS::AccountId}:policy/limit"
    path = role.attributes.get("Path")
    assert path is not None
    assert path.value == "/flows/"
    assert tag_values(role.tags) == {"stateMachine:createdBy": "SAM", "Team": "billing"}
    assert role.block is not None
    assert only(deployment).block == role.block


@pytest.mark.parametrize(
    ("shared", "attribute", "own", "marked"),
    [
        ("PropagateTags: true", "", "", False),
        ("PropagateTags: false", "", "", True),
        ("PropagateTags: true", "", "PropagateTags: false", True),
        ("PropagateTags: false", "", "PropagateTags: true", False),
        ("PropagateTags: true", "    IgnoreGlobals: '*'", "", True),
        ("PropagateTags: true", "    IgnoreGlobals: [PropagateTags]", "", True),
    ],
)
def test_propagated_tags_replace_the_mark_of_sam(
    read: Reader, shared: str, attribute: str, own: str, marked: bool
) -> None:
    text = machine_with(INLINE, "Tags: {Team: billing}", own, body=attribute)
    deployment = read(f"Globals: {{StateMachine: {{{shared}}}}}\n" + text)
    assert ("stateMachine:createdBy" in tag_values(deployment.roles[0].tags)) is marked


def test_tracing_gives_the_generated_role_its_policy(read: Reader) -> None:
    deployment = read(machine_with(INLINE, "Tracing: {Enabled: true}"))
    attached = deployment.roles[0].attached
    assert [render(plain(one)) for one in attached] == [
        "arn:${AWS::Partition}:iam::aws:policy/AWSXrayWriteOnlyAccess"
    ]
    place = attached[0].span
    assert place is not None
    assert place.text == "true"


@pytest.mark.parametrize(
    "tracing", ["{Enabled: false}", "{Enabled: !If [IsProd, true, false]}", "{Enabled: 'true'}"]
)
def test_tracing_policy_only_for_a_literal_true(read: Reader, tracing: str) -> None:
    deployment = read(machine_with(INLINE, f"Tracing: {tracing}"))
    assert deployment.roles[0].attached == []


def test_role_of_the_template(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE, "Role: !GetAtt Flow.Arn")
        + "  Flow: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n"
    )
    assert [role.address for role in deployment.roles_of(only(deployment))] == ["Flow"]
    assert not deployment.roles[0].generated


def test_role_elsewhere(read: Reader) -> None:
    deployment = read(machine_with(INLINE, "Role: arn:aws:iam::111122223333:role/flow"))
    assert deployment.roles == []
    assert only(deployment).role is not None


def test_role_by_open_condition_makes_none(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE, "Role: !If [IsProd, !GetAtt Flow.Arn, !Ref AWS::NoValue]")
        + "  Flow: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n"
    )
    assert [role.address for role in deployment.roles] == ["Flow"]


def test_role_and_policies_exclude_each_other(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE, "Role: !GetAtt Flow.Arn", "Policies: [AWSLambdaRole]")
        + "  Flow: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n"
    )
    policies = deployment.policies_of(deployment.roles[0])
    assert [one.reason for one in policies.unread] == [
        "SAM refuses Machine, which has both Role and Policies"
    ]


def test_policy_for_the_generated_role(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE)
        + """\
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref MachineRole]
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]}
"""
    )
    documents = deployment.policies_of(deployment.roles[0]).documents
    assert [policy.address for policy in documents] == ["More"]


def test_the_role_of_a_function_that_a_machine_has_is_read(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE, "Role: !GetAtt WorkerRole.Arn")
        + """\
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Action: 'sts:*', Principal: {Service: states.amazonaws.com}}]
      Policies: [AdministratorAccess]
  Other: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
"""
    )
    (role,) = deployment.roles
    assert (role.address, role.type, role.generated) == ("WorkerRole", "AWS::IAM::Role", False)
    assert deployment.roles_of(deployment.state_machines[0]) == [role]
    assert isinstance(role.trust, Document)
    assert "states.amazonaws.com" in str(role.trust.value)
    assert len(role.attached) == 1
    assert [one.reason for one in role.unread] == [
        "what SAM adds to the role of function Worker is not read"
    ]
    assert isinstance(role.tags, Tags)
    assert list(role.tags.values) == ["lambda:createdBy"]


def test_the_role_of_a_function_without_policies_is_for_lambda(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE, "Role: !GetAtt WorkerRole.Arn")
        + "  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n"
        + "  Other: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n"
    )
    (role,) = deployment.roles
    assert role.address == "WorkerRole"
    assert isinstance(role.trust, Document)
    assert "lambda.amazonaws.com" in str(role.trust.value)


def test_other_serverless_resources_are_kept(read: Reader) -> None:
    deployment = read(
        machine_with(INLINE)
        + "  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n"
        + "  Items: {Type: AWS::Serverless::SimpleTable}\n"
    )
    worker = deployment.find("Worker")[0]
    assert worker.form is Form.SAM
    assert plain(worker.attributes) == {"Handler": "a.b"}
    assert deployment.find("Items")[0].type == "AWS::Serverless::SimpleTable"


@pytest.mark.parametrize(
    "properties",
    [
        "7",
        "[]",
        "!Ref Stage",
        "{Policies: {}, Definition: 7, Tags: 7, Tracing: 7, Logging: 7}",
        "{Policies: !Ref Stage, DefinitionUri: [], Tags: [], Role: {}, Tracing: []}",
        "{Policies: [{}, null, [], {Statement: }], DefinitionUri: {}, Role: 7}",
        "{Policies: [{1: 2}, {null: {}}], Definition: {}, DefinitionSubstitutions: 7}",
        "{DefinitionUri: ../../../../../etc/passwd, Tracing: {Enabled: {}}}",
        "{Tags: {a: {b: c}, d: }, RolePath: [], PermissionsBoundary: {}, PropagateTags: {}}",
    ],
)
def test_odd_properties_do_not_stop_the_reading(read: Reader, properties: str) -> None:
    deployment = read(
        f"""
Parameters: {{Stage: {{Type: String}}}}
Globals: {{StateMachine: 7}}
Resources:
  Machine: {{Type: 'AWS::Serverless::StateMachine', Properties: {properties}}}
"""
    )
    assert [machine.address for machine in deployment.state_machines] == ["Machine"]
    definition = only(deployment).definition
    assert isinstance(definition, (Document, Unread))
