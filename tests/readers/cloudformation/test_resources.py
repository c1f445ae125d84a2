"""Native resources of a template in the shape that rules judge."""

from __future__ import annotations

from collections.abc import Callable

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Activity,
    Encryption,
    Form,
    Logging,
    Policy,
    Role,
    StateMachine,
    Tags,
    Unread,
)
from stepguard.deployment.values import REMOVED, OneOf, Reference, Traced, plain

Read = Callable[..., Deployment]

PARAMETERS = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Bare: {Type: String}
  Policies: {Type: CommaDelimitedList}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
"""


def only(deployment: Deployment, address: str) -> StateMachine:
    found = deployment.find(address)
    assert len(found) == 1
    assert isinstance(found[0], StateMachine)
    return found[0]


def role(deployment: Deployment, address: str = "Role") -> Role:
    found = deployment.find(address)[0]
    assert isinstance(found, Role)
    return found


def text(value: Traced | None) -> object:
    return None if value is None else plain(value)


def test_a_state_machine(read: Read) -> None:
    machine = only(
        read(
            """\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: name
      StateMachineType: EXPRESS
      RoleArn: !GetAtt Role.Arn
      Definition: {}
      LoggingConfiguration:
        Level: ALL
        IncludeExecutionData: true
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Logs.Arn}}]
      TracingConfiguration: {Enabled: true}
      EncryptionConfiguration:
        Type: CUSTOMER_MANAGED_KMS_KEY
        KmsKeyId: !GetAtt Key.Arn
        KmsDataKeyReusePeriodSeconds: 300
      Tags: [{Key: team, Value: x}, {Key: cost, Value: !Ref AWS::Region}]
  Role: {Type: AWS::IAM::Role}
  Logs: {Type: AWS::Logs::LogGroup}
  Key: {Type: AWS::KMS::Key}
"""
        ),
        "Machine",
    )
    assert machine.form is Form.CLOUDFORMATION
    assert text(machine.name) == "name"
    assert text(machine.kind) == "EXPRESS"
    assert text(machine.role) == Reference("Role", "Arn")
    assert isinstance(machine.logging, Logging)
    assert text(machine.logging.level) == "ALL"
    assert text(machine.logging.include_execution_data) is True
    assert isinstance(machine.logging.destinations, list)
    assert [plain(one) for one in machine.logging.destinations] == [Reference("Logs", "Arn")]
    assert isinstance(machine.tracing, Traced)
    assert machine.tracing.value is True
    assert isinstance(machine.encryption, Encryption)
    assert text(machine.encryption.key) == Reference("Key", "Arn")
    assert text(machine.encryption.reuse_period_seconds) == 300
    assert isinstance(machine.tags, Tags)
    assert machine.tags.unread is None
    assert {key: plain(value) for key, value in machine.tags.values.items()} == {
        "team": "x",
        "cost": Reference("AWS::Region"),
    }
    assert machine.span is not None
    assert machine.block is not None
    assert (machine.span.text, machine.span.line) == ("Machine", 2)
    assert machine.block.text.startswith("Machine:\n    Type:")
    assert machine.block.text.endswith("Value: !Ref AWS::Region}]")
    assert machine.logging.span is not None
    assert machine.logging.span.line == 10


def test_a_state_machine_without_anything(read: Read) -> None:
    machine = only(
        read("Resources:\n  Machine:\n    Type: AWS::StepFunctions::StateMachine\n"), "Machine"
    )
    assert isinstance(machine.definition, Unread)
    for value in (machine.name, machine.kind, machine.role, machine.logging, machine.tracing):
        assert value is None
    assert (machine.encryption, machine.tags) == (None, None)


def test_settings_that_depend_on_a_condition(read: Read) -> None:
    machine = only(
        read(
            PARAMETERS
            + """\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition: {}
      LoggingConfiguration: !If
        - IsProd
        - {Level: ALL, Destinations: []}
        - !Ref AWS::NoValue
      TracingConfiguration: !Ref Bare
      EncryptionConfiguration: {Type: !If [IsProd, CUSTOMER_MANAGED_KMS_KEY, AWS_OWNED_KEY]}
      Tags: !If [IsProd, [{Key: a, Value: 1}, {Key: b, Value: 2}], [{Key: a, Value: 3}]]
"""
        ),
        "Machine",
    )
    assert isinstance(machine.logging, Logging)
    assert text(machine.logging.level) == OneOf("IsProd", ("ALL", REMOVED))
    assert isinstance(machine.tracing, Unread)
    assert isinstance(machine.encryption, Encryption)
    assert text(machine.encryption.type) == OneOf(
        "IsProd", ("CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY")
    )
    assert isinstance(machine.tags, Tags)
    assert list(machine.tags.values) == ["a"]
    assert machine.tags.unread is not None


def test_an_activity(read: Read) -> None:
    found = read(
        """\
Resources:
  Activity:
    Type: AWS::StepFunctions::Activity
    Properties: {Name: work, Tags: [{Key: a, Value: b}]}
"""
    ).activities
    assert [text(one.name) for one in found] == ["work"]
    assert isinstance(found[0], Activity)
    assert isinstance(found[0].tags, Tags)


ROLE = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '${AWS::StackName}-role'
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: !Sub 'states.${AWS::Region}.amazonaws.com'}
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - !Sub 'arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess'
        - !Ref Managed
        - !If [IsProd, !Ref Bare, !Ref AWS::NoValue]
      PermissionsBoundary: !Ref Managed
      Policies:
        - PolicyName: one
          PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
        - Fn::If:
            - IsProd
            - PolicyName: two
              PolicyDocument: '{"Statement": []}'
            - !Ref AWS::NoValue
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: managed
      PolicyDocument: {Statement: []}
  Attached:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: attached
      PolicyDocument: {Statement: []}
      Roles: [!Ref Role]
  AttachedByName:
    Type: AWS::IAM::RolePolicy
    Properties:
      PolicyName: by-name
      PolicyDocument: {Statement: []}
      RoleName: !Sub '${AWS::StackName}-role'
"""


def test_a_role_with_everything_that_it_may_do(read: Read) -> None:
    deployment = read(PARAMETERS + ROLE)
    assert deployment.errors == []
    found = role(deployment)
    assert isinstance(found.trust, Document)
    place = found.trust.locate(("Statement", 0, "Action"))
    assert place is not None
    assert place.text == "sts:AssumeRole"
    assert text(found.boundary) == Reference("Managed")
    assert [policy.name for policy in found.inline] == ["one", "two"]
    assert all(isinstance(policy.document, Document) for policy in found.inline)
    policies = deployment.policies_of(found)
    assert [policy.name for policy in policies.documents] == [
        "one",
        "two",
        "managed",
        "attached",
        "by-name",
    ]
    assert len(policies.managed) == 1
    assert [one.reason for one in policies.unread] == ["attached policy Bare is not known"]


def test_the_role_of_a_machine_is_found_however_it_is_named(read: Read) -> None:
    forms = {
        "A": "!GetAtt Role.Arn",
        "B": "!Sub '${Role.Arn}'",
        "C": "!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Role}'",
        "D": "!Sub 'arn:aws:iam::${AWS::AccountId}:role/${AWS::StackName}-role'",
        "E": "!Join [':', ['arn:aws:iam:', !Ref AWS::AccountId, !Sub 'role/path/${Role}']]",
        "F": "{'Fn::GetAtt': [Role, Arn]}",
        "G": "!If [IsProd, !GetAtt Role.Arn, !Ref Bare]",
    }
    machines = "".join(
        f"  {name}:\n    Type: AWS::StepFunctions::StateMachine\n"
        f"    Properties: {{Definition: {{}}, RoleArn: {value}}}\n"
        for name, value in forms.items()
    )
    deployment = read(PARAMETERS + ROLE + machines)
    for name in forms:
        roles = deployment.roles_of(only(deployment, name))
        assert [one.address for one in roles] == ["Role"], name
    elsewhere = read(
        PARAMETERS + ROLE + "  Z:\n    Type: AWS::StepFunctions::StateMachine\n"
        "    Properties: {Definition: {}, RoleArn: !Sub 'arn:aws:iam::1:role/${Bare}'}\n"
    )
    assert elsewhere.roles_of(only(elsewhere, "Z")) == []


def test_policies_that_may_be_there_are_unread(read: Read) -> None:
    deployment = read(
        PARAMETERS
        + """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: !Ref Policies
      Policies:
        - !Ref Bare
        - {PolicyName: no-document}
        - {PolicyName: unknown, PolicyDocument: !Ref Bare}
        - {PolicyName: broken, PolicyDocument: '{'}
"""
    )
    found = role(deployment)
    assert len(found.unread) == 2
    assert [(one.name, isinstance(one.document, Unread)) for one in found.inline] == [
        ("no-document", True),
        ("unknown", True),
        ("broken", True),
    ]
    assert found.trust is None
    assert deployment.policies_of(found).state == "none"


def test_a_policy_on_alternatives(read: Read) -> None:
    deployment = read(
        PARAMETERS
        + """\
Resources:
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyDocument: !If [IsProd, {Statement: [{Sid: a}]}, {Statement: [{Sid: b}]}]
      Roles: [x]
  Q: {Type: AWS::IAM::Policy, Properties: {Roles: !Ref Policies}}
"""
    )
    found = [one for one in deployment.of_type(Policy) if one.address == "P"]
    documents = [one.document.value for one in found if isinstance(one.document, Document)]
    assert documents == [{"Statement": [{"Sid": "a"}]}, {"Statement": [{"Sid": "b"}]}]
    without = next(one for one in deployment.of_type(Policy) if one.address == "Q")
    assert isinstance(without.document, Unread)
    assert without.unread


def test_every_other_resource_keeps_its_properties(read: Read) -> None:
    deployment = read(
        "Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n"
        "    Properties: {RetentionInDays: 7, KmsKeyId: !Ref AWS::NoValue}\n"
    )
    logs = deployment.find("Logs")[0]
    assert (logs.type, plain(logs.attributes)) == ("AWS::Logs::LogGroup", {"RetentionInDays": 7})


def test_properties_that_are_not_known_are_not_absent(read: Read) -> None:
    deployment = read(
        """\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {Fn::Transform: {Name: Mine}}
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: x, Fn::Transform: {Name: Mine}}
"""
    )
    machine = only(deployment, "Machine")
    assert isinstance(machine.definition, Unread)
    assert "the macro Mine" in machine.definition.reason
    assert "the macro Mine" in role(deployment).unread[0].reason


def test_a_trust_that_depends_on_a_condition_is_unread(read: Read) -> None:
    deployment = read(
        PARAMETERS
        + """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !If [IsProd, {Statement: []}, {Statement: [1]}]
      Tags: [!Ref Bare, {Key: !Ref Bare, Value: x}, {Key: a}]
  Other:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: !If [IsProd, {Statement: []}, {Statement: []}]}
"""
    )
    found = role(deployment)
    assert isinstance(found.trust, Unread)
    assert "IsProd" in found.trust.reason
    assert isinstance(found.tags, Tags)
    assert list(found.tags.values) == ["a"]
    assert found.tags.unread is not None
    assert isinstance(role(deployment, "Other").trust, Document)


def test_destinations_of_a_log_that_are_not_known(read: Read) -> None:
    for destinations in (
        "!Ref Policies",
        "[!Ref Bare]",
        "[{CloudWatchLogsLogGroup: !Ref Bare}]",
        "[{CloudWatchLogsLogGroup: {}}]",
    ):
        deployment = read(
            PARAMETERS
            + f"""\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {{LoggingConfiguration: {{Destinations: {destinations}}}}}
"""
        )
        logging = only(deployment, "Machine").logging
        assert isinstance(logging, Logging)
        assert isinstance(logging.destinations, Unread), destinations


def test_a_condition_on_the_whole_of_the_properties(read: Read) -> None:
    deployment = read(
        PARAMETERS
        + """\
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {Definition: {}, Tags: !If [IsProd, !Ref Bare, [{Key: a, Value: b}]]}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: !If
        - IsProd
        - [{PolicyName: p, PolicyDocument: {Statement: []}}]
        - [{PolicyName: q, PolicyDocument: {Statement: []}}]
"""
    )
    tags = only(deployment, "Machine").tags
    assert isinstance(tags, Tags)
    assert (tags.values, tags.unread is None) == ({}, False)
    assert [one.name for one in role(deployment).inline] == ["p", "q"]
