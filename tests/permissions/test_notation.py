"""How ARNs, statements and conditions are written in the languages of policies."""

from __future__ import annotations

import json

import pytest
import yaml

from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Unknown
from stepguard.permissions.notation import (
    Comparison,
    Elsewhere,
    Language,
    Notation,
    join_statements,
    module_of,
    write_condition,
    write_policy,
    write_principal,
    write_resource,
    write_statement,
)

HCL = Notation(Language.HCL)
BLOCK = Notation(Language.BLOCK)
TEXT = Notation(Language.TEXT)
RENDERED = Notation(Language.RENDERED)
YAML = Notation(Language.YAML)
JSON = Notation(Language.JSON)
QUEUE = Reference("aws_sqs_queue.q", "arn", "aws_sqs_queue.q.arn")
PLACE = Text(
    (
        Piece("arn:"),
        Hole(Reference("AWS::Partition")),
        Piece(":sqs:"),
        Hole(Reference("AWS::Region", "", "AWS::Region")),
        Piece(":"),
        Hole(Reference("AWS::AccountId", "", "local.account")),
        Piece(":"),
        Hole(Unknown("var.name")),
    )
)
IN_TERRAFORM = (
    "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:"
    "${local.account}:${var.name}"
)


@pytest.mark.parametrize(
    ("value", "notation", "expected"),
    [
        ("*", HCL, '"*"'),
        ("*", JSON, '"*"'),
        (Text((Hole(QUEUE),)), HCL, "aws_sqs_queue.q.arn"),
        (QUEUE, BLOCK, "aws_sqs_queue.q.arn"),
        (QUEUE, TEXT, '"${aws_sqs_queue.q.arn}"'),
        (QUEUE, RENDERED, '"${aws_sqs_queue.q.arn}"'),
        (PLACE, HCL, f'"{IN_TERRAFORM}"'),
        (PLACE, RENDERED, f'"{IN_TERRAFORM}"'),
        (Reference("Topic"), YAML, "!Ref Topic"),
        (Reference("Topic"), JSON, '{"Ref": "Topic"}'),
        (Reference("Topic", "TopicArn"), YAML, "!GetAtt Topic.TopicArn"),
        (Reference("Topic", "TopicArn"), JSON, '{"Fn::GetAtt": ["Topic", "TopicArn"]}'),
        (Unknown("Name"), YAML, "!Ref Name"),
        (Unknown("Name"), JSON, '{"Ref": "Name"}'),
        (Unknown("Fn::ImportValue shared"), YAML, "!ImportValue shared"),
        (Unknown("Fn::ImportValue shared"), JSON, '{"Fn::ImportValue": "shared"}'),
        (Unknown("resolve:ssm:/a"), YAML, '"{{resolve:ssm:/a}}"'),
        (Unknown("Fn::Cidr"), YAML, '"<Fn::Cidr>"'),
        (Unknown("IsProd", "depends on condition IsProd"), YAML, '"<what IsProd decides>"'),
        (
            Text((Hole(Reference("Bucket", "Arn")), Piece("/*"))),
            YAML,
            '!Sub "${Bucket.Arn}/*"',
        ),
        (
            Text((Hole(Reference("Bucket", "Arn")), Piece("/*"))),
            JSON,
            '{"Fn::Sub": "${Bucket.Arn}/*"}',
        ),
        (Text((Piece("a-"), Hole(Unknown("Fn::Cidr")))), JSON, '{"Fn::Sub": "a-<Fn::Cidr>"}'),
    ],
)
def test_resources_are_written(value: Plain, notation: Notation, expected: str) -> None:
    assert write_resource(value, notation) == expected


@pytest.mark.parametrize(
    ("reference", "module", "expected"),
    [
        (QUEUE, "", "aws_sqs_queue.q.arn"),
        # What the configuration says, where it is of the same module.
        (Reference("aws_sqs_queue.q", "arn", "local.queue"), "", "local.queue"),
        (
            Reference("aws_sqs_queue.q", "arn", "aws_sqs_queue.q[0].arn"),
            "",
            "aws_sqs_queue.q[0].arn",
        ),
        (Reference("aws_sqs_queue.q", "arn", "var.queue"), "", "aws_sqs_queue.q.arn"),
        (
            Reference("module.a.aws_sqs_queue.q", "arn", "module.a.aws_sqs_queue.q.arn"),
            "module.a.",
            "aws_sqs_queue.q.arn",
        ),
        (
            Reference('module.a["k.1"].aws_sqs_queue.q', "arn"),
            "module.a.",
            "aws_sqs_queue.q.arn",
        ),
        # The output of a module that is called beside the policy.
        (Reference("module.a.aws_sqs_queue.q", "arn", "module.a.queue"), "", "module.a.queue"),
        # What no expression of the module gives.
        (
            Reference("module.b.aws_sqs_queue.q", "arn", "module.b.queue"),
            "module.a.",
            '"<arn of module.b.aws_sqs_queue.q>"',
        ),
        (
            Reference("module.a.aws_sqs_queue.q", "arn", "module.a.aws_sqs_queue.q.arn"),
            "",
            '"<arn of module.a.aws_sqs_queue.q>"',
        ),
        (QUEUE, "module.a.", '"<arn of aws_sqs_queue.q>"'),
    ],
)
def test_a_reference_is_one_of_the_policys_own_module(
    reference: Reference, module: str, expected: str
) -> None:
    assert write_resource(reference, Notation(Language.HCL, module)) == expected


def test_a_reference_within_a_nested_stack_is_written_without_the_stack() -> None:
    nested = Notation(Language.YAML, "Child.")
    assert write_resource(Reference("Child.Queue", "Arn"), nested) == "!GetAtt Queue.Arn"
    assert write_resource(Reference("Child.More.Queue", "Arn"), YAML) == '"<Child.More.Queue.Arn>"'


def test_the_data_sources_of_the_module_are_named() -> None:
    notation = Notation(Language.HCL, "", (("aws_region", "here"),))
    assert write_resource(Reference("AWS::Region"), notation) == "data.aws_region.here.name"
    account = write_resource(Reference("AWS::AccountId"), notation)
    assert account == "data.aws_caller_identity.current.account_id"


def test_statements_are_written() -> None:
    actions = ["sqs:SendMessage", "sqs:GetQueueUrl"]
    assert write_statement(actions, [Text((Hole(QUEUE),))], HCL) == (
        '{ Effect = "Allow", Action = ["sqs:SendMessage", "sqs:GetQueueUrl"], '
        "Resource = aws_sqs_queue.q.arn }"
    )
    assert write_statement(actions, [QUEUE], BLOCK) == (
        "statement {\n"
        '  actions   = ["sqs:SendMessage", "sqs:GetQueueUrl"]\n'
        "  resources = [aws_sqs_queue.q.arn]\n"
        "}"
    )
    assert write_statement(actions[:1], [QUEUE], TEXT) == (
        '{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${aws_sqs_queue.q.arn}"}'
    )
    assert write_statement(actions[:1], ["a", Reference("Q", "Arn")], YAML) == (
        '{Effect: Allow, Action: "sqs:SendMessage", Resource: ["a", !GetAtt Q.Arn]}'
    )


@pytest.mark.parametrize("notation", [TEXT, RENDERED, JSON])
def test_what_is_json_can_be_read_as_json(notation: Notation) -> None:
    statement = write_statement(["a:B"], ["x", Reference("Q", "Arn"), PLACE], notation)
    read = json.loads(write_policy(statement, notation))
    assert read["Statement"][0]["Effect"] == "Allow"
    condition = write_condition([Comparison("StringEquals", "aws:SourceAccount", ("1",))], notation)
    assert json.loads(f"{{{condition}}}") == {
        "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}
    }
    principal = write_principal("AWS", write_resource(QUEUE, notation), notation)
    assert "AWS" in json.loads(f"{{{principal}}}")["Principal"]


def test_what_is_yaml_can_be_read_as_yaml() -> None:
    statement = write_statement(["a:B"], ["x"], YAML)
    expected = {"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "x"}]}
    assert yaml.safe_load(write_policy(statement, YAML)) == expected
    tests = [
        Comparison("StringEquals", "iam:PassedToService", ("a", "b")),
        Comparison("Bool", "k", ("true",)),
    ]
    assert yaml.safe_load(write_condition(tests, YAML)) == {
        "Condition": {
            "StringEquals": {"iam:PassedToService": ["a", "b"]},
            "Bool": {"k": "true"},
        }
    }


def test_conditions_in_terraform() -> None:
    test = Comparison("StringEquals", "iam:PassedToService", ("ecs-tasks.amazonaws.com",))
    assert write_condition([test], HCL) == (
        'Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }'
    )
    assert write_condition([test], BLOCK) == (
        "condition {\n"
        '  test     = "StringEquals"\n'
        '  variable = "iam:PassedToService"\n'
        '  values   = ["ecs-tasks.amazonaws.com"]\n'
        "}"
    )
    assert write_principal("AWS", "aws_iam_role.r.arn", BLOCK) == (
        "identifiers = [aws_iam_role.r.arn]"
    )


def test_a_rendered_file_is_handed_what_it_refers_to() -> None:
    assert "handed to the template" in RENDERED.remark('"${aws_sqs_queue.q.arn}"')
    assert RENDERED.remark('"*"') == ""
    assert TEXT.remark('"${aws_sqs_queue.q.arn}"') == ""


def test_the_module_of_an_address() -> None:
    assert module_of("aws_iam_role.r") == ""
    assert module_of('module.a["x.y"].module.b[0].aws_iam_role.r') == "module.a.module.b."


NESTED = Text((Piece('a"b:'), Hole(Unknown('replace(var.url, "a", "b")'))))


@pytest.mark.parametrize("notation", [HCL, BLOCK, TEXT, RENDERED])
def test_quotes_within_an_interpolation_stay_as_they_are(notation: Notation) -> None:
    expected = '"a\\"b:${replace(var.url, "a", "b")}"'
    assert write_resource(NESTED, notation) == expected


def test_what_is_no_expression_is_text() -> None:
    of_other = Reference('module.b["k"].aws_sqs_queue.q', "arn")
    written = write_resource(Text((Piece("a:"), Hole(of_other))), HCL)
    assert written == '"a:<arn of module.b[\\"k\\"].aws_sqs_queue.q>"'


def test_an_expression_that_was_cut_is_none() -> None:
    cut = Unknown("coalesce(var.a, …")
    assert write_resource(cut, HCL) == '"<coalesce(var.a, …>"'


def test_statements_one_after_the_other() -> None:
    assert join_statements(["{a}", "{b}"], HCL) == "{a}, {b}"
    assert join_statements(["statement {\n}", "statement {\n}"], BLOCK) == (
        "statement {\n}\nstatement {\n}"
    )


ELSEWHERE = Notation(
    Language.HCL,
    "module.a.",
    elsewhere=Elsewhere({"module.b", "var.b", "data.aws_region.there", "aws_sqs_queue.b"}),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Unknown("module.a.arn"), "module.a.arn"),
        (Unknown("var.bc"), "var.bc"),
        (Unknown("module.b.arn"), '"<module.b.arn of another module>"'),
        (Unknown('module.b["k"].arn'), '"<module.b[\\"k\\"].arn of another module>"'),
        (
            Unknown("one(aws_sqs_queue.b[*].arn)"),
            '"<one(aws_sqs_queue.b[*].arn) of another module>"',
        ),
        (
            Text((Piece("a/"), Hole(Unknown("var.b")))),
            '"a/<var.b of another module>"',
        ),
        # Account, region and partition are the same in every module.
        (
            Reference("AWS::Region", "", "data.aws_region.there.name"),
            "data.aws_region.current.name",
        ),
    ],
)
def test_what_another_module_declares_is_no_expression_here(value: Plain, expected: str) -> None:
    assert write_resource(value, ELSEWHERE) == expected


def test_data_sources_that_the_module_has_not_are_to_be_declared() -> None:
    written = write_resource(PLACE, HCL)
    bare = Notation(Language.HCL, "", ())
    assert bare.remark(written) == (
        ' (declare data "aws_partition" "current" {} and data "aws_region" "current" {} in the '
        "module, too)"
    )
    some = Notation(Language.HCL, "", (("aws_partition", "current"), ("aws_region", "current")))
    assert some.remark(written) == ""
    # Where it is not known what the module has, nothing is said.
    assert HCL.remark(written) == ""
    assert Notation(Language.YAML, "", ()).remark('"arn:${AWS::Partition}"') == ""
    rendered = Notation(Language.RENDERED, "", (("aws_partition", "current"),))
    assert rendered.remark(written) == (
        " (with what stands in ${…} handed to the template as variables) "
        '(declare data "aws_region" "current" {} in the module, too)'
    )
