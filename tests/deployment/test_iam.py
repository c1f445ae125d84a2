"""Policy documents: statements, conditions, principals, ARNs and patterns with unknown parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepguard.deployment.documents import Document, read_document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam import is_step_functions_role
from stepguard.deployment.iam.arns import split_arn
from stepguard.deployment.iam.patterns import ANYTHING, action_matches, covers, literal, symbols_of
from stepguard.deployment.iam.principals import account_of, service_of
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.iam.trust import lets_anyone_in, lets_step_functions_in
from stepguard.deployment.resources import Form, Role, StateMachine, Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import (
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    Piece,
    Plain,
    Reference,
    Text,
    Traced,
    Unknown,
)

REGION = Reference("AWS::Region")
ACCOUNT = Reference("AWS::AccountId")
SUFFIX = Reference("AWS::URLSuffix")
TABLE = Unknown("var.table")
OPEN = Unknown("var.x", "not set")


def text(*parts: str | Unknown | Reference) -> Text:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def statements(*given: Plain) -> tuple[Statement, ...]:
    return read_statements(Document({"Statement": list(given)}, None)).known


def only(given: Plain) -> Statement:
    (statement,) = statements(given)
    return statement


def values(statement: Statement, element: str = "actions") -> list[Plain]:
    return [entry.value for entry in getattr(statement, element).entries]


# Patterns


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("s3:*Object*Acl", "s3:GetObjectVersionAcl", True),
        ("s3:GetObject?", "s3:GetObject", False),
        ("s3", "s3:GetObject", False),
        ("", "s3:GetObject", False),
    ],
)
def test_actions_match_whatever_their_case(pattern: str, action: str, matches: bool) -> None:
    assert action_matches(pattern, action) is matches


def test_a_hole_matches_itself_and_a_star_matches_everything() -> None:
    name = symbols_of(text("table/", TABLE))
    assert name is not None
    assert covers(symbols_of(text("table/", TABLE)) or (), name)
    assert covers("table/*", name)
    assert covers("*", name)
    assert not covers(symbols_of(text("table/", OPEN)) or (), name)
    assert not covers("table/?", name)
    assert not covers(symbols_of(text("table/", TABLE)) or (), "table/orders")


def test_only_a_star_covers_every_name() -> None:
    every = (*"table/", ANYTHING)
    assert covers("table/*", every)
    assert not covers("table/?", every)
    assert not covers("table/a*", every)
    assert not covers(symbols_of(text("table/", TABLE)) or (), every)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert not covers("*a" * 2_000, "a" * 1_000 + "b")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_patterns_agree_with_the_definition(pattern: str, given_text: str) -> None:
    def matches(left: str, right: str) -> bool:
        if not left:
            return not right
        if left[0] == "*":
            return matches(left[1:], right) or (bool(right) and matches(left, right[1:]))
        return bool(right) and left[0] in ("?", right[0]) and matches(left[1:], right[1:])

    assert covers(pattern, given_text) is matches(pattern, given_text)


# ARNs


@pytest.mark.parametrize(
    ("value", "service", "resource"),
    [
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "dynamodb", "table/orders"),
        ("arn:aws:lambda:*:*:function:pay:live", "lambda", "function:pay:live"),
        ("arn:aws:s3:::bucket/a:b", "s3", "bucket/a:b"),
        ("arn:aws:sqs", "sqs", "*"),
        ("arn:aws:sqs:eu-west-1", "sqs", "*"),
        ("arn:aws", "*", "*"),
        ("*", "*", "*"),
    ],
)
def test_an_arn_is_taken_apart_and_completed(value: str, service: str, resource: str) -> None:
    arn = split_arn(value)
    assert arn is not None
    assert (literal(arn.service), literal(arn.resource)) == (service, resource)


def test_an_arn_keeps_its_holes() -> None:
    arn = split_arn(text("arn:aws:dynamodb:", REGION, ":", ACCOUNT, ":table/", TABLE))
    assert arn is not None
    assert (arn.region, arn.account) == ((REGION,), (ACCOUNT,))
    assert arn.resource == (*"table/", TABLE)
    assert literal(arn.resource) is None


@pytest.mark.parametrize(
    "value", ["", "orders", "table/*", text(TABLE, ":x"), TABLE, ["arn:aws:s3:::x"], 7, None]
)
def test_what_is_no_arn_is_none(value: Plain) -> None:
    assert split_arn(value) is None


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:*", True),
        ("arn:aws:states:*:123456789012:*", True),
        (text("arn:aws:states:*:", ACCOUNT, ":*"), True),
        (text("arn:aws:states:*:", Unknown("var.account"), ":*"), True),
        ("arn:aws:states:eu-west-1:*:stateMachine:pay", False),
        ("arn:aws:states:eu-west-1:1234*:stateMachine:pay", False),
        ("arn:aws:states:eu-west-1:????????????:stateMachine:pay", False),
        ("arn:aws:states:*", False),
        ("arn:aws:s3:::bucket", False),
        ("*", False),
    ],
)
def test_whether_an_arn_is_bound_to_an_account(value: Plain, bound: bool) -> None:
    arn = split_arn(value)
    assert arn is not None
    assert arn.is_account_bound is bound


# Statements


def test_a_statement_is_read_in_every_part() -> None:
    statement = only(
        {
            "Sid": "Pay",
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
            "Resource": "*",
            "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ["1", "2"]}},
        }
    )
    assert (statement.sid, statement.effect, statement.path) == ("Pay", "Allow", ("Statement", 0))
    assert values(statement) == ["sqs:SendMessage", "sqs:GetQueueUrl"]
    assert statement.actions is not None
    assert statement.actions.entries[1].path == ("Statement", 0, "Action", 1)
    assert statement.resources is not None
    assert statement.resources.entries[0].path == ("Statement", 0, "Resource")
    assert statement.not_actions is None
    assert statement.unread == ()
    (condition,) = statement.conditions.known
    assert (condition.key, condition.operator) == ("aws:sourceaccount", "stringequals")
    assert condition.if_exists
    assert condition.is_positive
    assert condition.is_certain


def test_a_single_statement_needs_no_list_and_names_no_case() -> None:
    document = Document({"statement": {"effect": "allow", "action": "s3:GetObject"}}, None)
    (statement,) = read_statements(document).known
    assert statement.path == ("statement",)
    assert statement.allows
    assert values(statement) == ["s3:GetObject"]


def test_each_value_says_where_it_is_written() -> None:
    written = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": ["a:b", "c:*"], "Resource": "*"}]}
    )
    document = read_document(Traced(written, Span(SourceFile("p.json", written), 0, len(written))))
    (statement,) = read_statements(document).known
    assert statement.actions is not None
    span = document.locate(statement.actions.entries[1].path)
    assert span is not None
    assert span.text.strip('"') == "c:*"


def test_every_alternative_is_read() -> None:
    statement = only(
        {
            "Effect": OneOf("Prod", ("Allow", "Deny")),
            "Action": OneOf("Prod", (["a:b", OPEN], "c:d")),
            "Resource": [OneOf("Prod", ("x", REMOVED)), "y"],
        }
    )
    assert statement.allows
    assert values(statement) == ["a:b", OPEN, "c:d"]
    assert values(statement, "resources") == ["x", "y"]
    assert statement.actions is not None
    assert {entry.condition for entry in statement.actions.entries} == {"Prod"}
    assert statement.actions.reasons == ("var.x is not known before deployment",)


def test_what_is_not_known_says_why() -> None:
    given = [
        {"Effect": OPEN, "Action": OpenList(["a:b"], OPEN), "Resource": "*"},
        OPEN,
        "text",
        OneOf("C", ({"Effect": "Deny", "Action": "x:y"}, REMOVED)),
        OpenDict({"Effect": "Allow", "Action": "x:z"}, OPEN),
    ]
    read = read_statements(Document({"Statement": OpenList(given, Unknown("local.more"))}, None))
    first, second, third = read.known
    assert first.effect is None
    assert first.unread == ("its effect is not known",)
    assert first.actions is not None
    assert first.actions.unread == ("var.x is not known before deployment",)
    assert second.effect == "Deny"
    assert third.unread == ("var.x is not known before deployment",)
    assert read.unread == (
        "a statement is not known: var.x is not known before deployment",
        "a statement is no object",
        "a statement is not known: local.more is not known before deployment",
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "it has no statements"),
        ({"Statement": None}, None),
        ({"Statement": []}, None),
        ([], "the policy is no object"),
        (OpenDict({}, OPEN), "var.x is not known before deployment"),
    ],
)
def test_a_document_without_statements(value: Plain, reason: str | None) -> None:
    read = read_statements(Document(value, None))
    assert read.known == ()
    assert read.unread == (() if reason is None else (reason,))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just(OPEN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Action", "Principal", "AWS", "Condition", "x"]
            ),
            inner,
            max_size=4,
        )
        | st.builds(lambda a, b: OneOf("C", (a, b)), inner, st.just(REMOVED) | inner)
    ),
    max_leaves=20,
)


@given(json_values)
def test_no_document_makes_the_reader_fail(value: Any) -> None:
    for statement in read_statements(Document(value, None)).known:
        lets_anyone_in(statement)
        lets_step_functions_in(statement)


# Conditions


def test_a_condition_that_may_be_missing_is_not_certain() -> None:
    statement = only(
        {
            "Effect": "Allow",
            "Action": "x:y",
            "Condition": {
                "StringEquals": OneOf("C", ({"aws:SourceAccount": "1"}, {"aws:X": "2"})),
                "ForAllValues:ArnNotLike": {"aws:SourceArn": "arn:x"},
            },
        }
    )
    found = {one.key: one for one in statement.conditions.known}
    assert not found["aws:sourceaccount"].is_certain
    assert found["aws:sourcearn"].is_certain
    assert found["aws:sourcearn"].quantifier == "forallvalues"
    assert not found["aws:sourcearn"].is_positive
    assert [one.key for one in statement.conditions.of("aws:sourcearn", "aws:x")] == ["aws:x"]


def test_a_whole_condition_that_may_be_missing_is_not_certain() -> None:
    condition = OneOf("C", ({"StringEquals": {"aws:SourceAccount": "1"}}, REMOVED))
    statement = only({"Effect": "Allow", "Action": "x:y", "Condition": condition})
    (one,) = statement.conditions.known
    assert not one.is_certain


def test_a_condition_that_is_not_known_says_so() -> None:
    statement = only({"Effect": "Allow", "Action": "x:y", "Condition": OPEN})
    assert statement.conditions.unread == ("its condition var.x is not known before deployment",)


# Principals and trust


@pytest.mark.parametrize(
    ("value", "service"),
    [
        ("states.amazonaws.com", "states"),
        ("States.amazonaws.com", "states"),
        ("states.eu-west-1.amazonaws.com", "states"),
        ("states.cn-north-1.amazonaws.com.cn", "states"),
        ("states.amazonaws.com.cn", "states"),
        (text("states.", REGION, ".amazonaws.com"), "states"),
        (text("states.", REGION, ".", SUFFIX), "states"),
        (text("states.", SUFFIX), "states"),
        (text("states.", Unknown("var.region"), ".amazonaws.com"), "states"),
        ("lambda.amazonaws.com", "lambda"),
        ("states.example.com", "states.example.com"),
        ("mystates.amazonaws.com", "mystates"),
        ("states", None),
        (text(Unknown("var.service"), ".amazonaws.com"), None),
        (text("states", Unknown("var.rest")), None),
        (OPEN, None),
        (7, None),
    ],
)
def test_the_service_of_a_principal(value: Plain, service: str | None) -> None:
    assert service_of(value) == service


@pytest.mark.parametrize(
    ("value", "account"),
    [
        ("123456789012", "123456789012"),
        ("arn:aws:iam::123456789012:root", "123456789012"),
        ("arn:aws:iam::123456789012:role/x", "123456789012"),
        (text("arn:aws:iam::", ACCOUNT, ":root"), ACCOUNT),
        (ACCOUNT, ACCOUNT),
        (text(ACCOUNT), ACCOUNT),
        ("arn:aws:iam::*:role/x", None),
        (Reference("aws_iam_role.r", "arn"), None),
        (OPEN, None),
        ("*", None),
    ],
)
def test_the_account_of_a_principal(value: Plain, account: Plain) -> None:
    assert account_of(value) == account


def trust(principal: Plain, action: Plain = "sts:AssumeRole", **more: Plain) -> dict[str, Plain]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


@pytest.mark.parametrize(
    ("statement", "lets_in"),
    [
        (trust({"Service": "states.amazonaws.com"}), True),
        (trust({"Service": ["lambda.amazonaws.com", "states.eu-west-1.amazonaws.com"]}), True),
        (trust({"Service": "states.amazonaws.com"}, "sts:*"), True),
        (trust({"Service": "states.amazonaws.com"}, ["sts:TagSession"]), False),
        (trust({"Service": "states.amazonaws.com"}, OPEN), None),
        (trust({"Service": "states.amazonaws.com"}, Effect="Deny"), False),
        (trust({"Service": "states.amazonaws.com"}, Effect=OPEN), None),
        (trust({"Service": "lambda.amazonaws.com"}), False),
        (trust({"Service": text(OPEN, ".amazonaws.com")}), None),
        (trust({"Service": OpenList(["lambda.amazonaws.com"], OPEN)}), None),
        (trust(OPEN), None),
        (trust("*"), False),
        (trust({"AWS": "123456789012"}), False),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, False),
        (
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "NotAction": "sts:TagSession",
            },
            True,
        ),
    ],
)
def test_whether_a_statement_lets_step_functions_in(
    statement: dict[str, Plain], lets_in: bool | None
) -> None:
    assert lets_step_functions_in(only(statement)) is lets_in


def role(given_trust: Document | Unread | None, **more: Any) -> Role:
    return Role(address="R", type="AWS::IAM::Role", form=Form.SAM, trust=given_trust, **more)


def test_which_roles_are_of_step_functions() -> None:
    by_trust = role(Document({"Statement": trust({"Service": "states.amazonaws.com"})}, None))
    other = role(Document({"Statement": trust({"Service": "lambda.amazonaws.com"})}, None))
    perhaps = role(Document({"Statement": trust(OPEN)}, None))
    empty = Deployment("t", Form.SAM, [by_trust, other, perhaps])
    assert is_step_functions_role(by_trust, empty)
    assert not is_step_functions_role(other, empty)
    assert not is_step_functions_role(perhaps, empty)
    assert is_step_functions_role(role(None, generated=True), empty)
    unread = role(Unread("lost"))
    machine = StateMachine(
        address="M",
        type="x",
        form=Form.SAM,
        definition=Unread("lost"),
        role=Traced(Reference("R", "Arn")),
    )
    assert is_step_functions_role(unread, Deployment("t", Form.SAM, [unread, machine]))
