"""Patterns against actions and ARNs: yes, no, or not to be known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepguard.deployment.graph import Deployment
from stepguard.deployment.iam.patterns import Symbols, symbols_of
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.values import Hole, Piece, Plain, Reference, Text, Traced, Unknown
from stepguard.permissions.identity import expand
from stepguard.permissions.matching import (
    is_cut_off,
    matches,
    matches_action,
    matches_resource,
    service_in,
    with_variables,
)
from stepguard.permissions.names import Names

REGION = Reference("AWS::Region")
ACCOUNT = Reference("AWS::AccountId")
PARTITION = Reference("AWS::Partition")
X, Y = Unknown("var.x"), Unknown("var.y")


def resource(address: str, kind: str, **attributes: Plain) -> Resource:
    return Resource(
        address=address,
        type=kind,
        form=Form.CLOUDFORMATION,
        attributes=Traced({name: Traced(value) for name, value in attributes.items()}),
    )


DEPLOYMENT = Deployment(
    "",
    Form.CLOUDFORMATION,
    [
        resource("Queue", "AWS::SQS::Queue"),
        resource("Other", "AWS::SQS::Queue"),
        resource("Named", "AWS::SQS::Queue", QueueName="orders"),
        resource("Given", "AWS::SQS::Queue", QueueName=X),
        resource("Twin", "AWS::SQS::Queue", QueueName=X),
        resource("Third", "AWS::SQS::Queue", QueueName=Y),
        resource("Fn", "AWS::Lambda::Function"),
        resource("Live", "AWS::Lambda::Alias", FunctionName=Reference("Fn"), Name="live"),
        resource("Version", "AWS::Lambda::Version", FunctionName=Reference("Fn", "Arn")),
        resource("Bucket", "AWS::S3::Bucket"),
        resource("Api", "AWS::Some::Thing"),
        resource("OtherApi", "AWS::Some::Thing"),
        resource("Parameter", "AWS::SSM::Parameter"),
        resource("aws_sqs_queue.q", "aws_sqs_queue"),
    ],
)
NAMES = Names(DEPLOYMENT)
NOTHING = Names(Deployment("", Form.TERRAFORM))


def text(*parts: str | Unknown | Reference) -> Plain:
    return Text(tuple(Piece(one) if isinstance(one, str) else Hole(one) for one in parts))


def arn(service: str, *rest: str | Unknown | Reference) -> Plain:
    return text("arn:", PARTITION, f":{service}:", REGION, ":", ACCOUNT, ":", *rest)


def symbols(value: Plain) -> Symbols:
    (only,) = expand(value, DEPLOYMENT)
    return only


def answer(pattern: Plain, target: Plain, *, same_place: bool = False) -> bool | None:
    return matches_resource(symbols(pattern), symbols(target), NAMES, same_place=same_place)


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("sqs:SendMessage", "sqs:SendMessage", True),
        ("SQS:sendmessage", "sqs:SendMessage", True),
        ("sqs:Send*", "sqs:SendMessage", True),
        ("sqs:Send?essage", "sqs:SendMessage", True),
        ("*", "sqs:SendMessage", True),
        ("*:*", "sqs:SendMessage", True),
        ("s?s:*", "sqs:SendMessage", True),
        ("sqs:SendMessage", "sqs:SendMessageBatch", False),
        ("sqs:*", "sns:Publish", False),
        ("kms:GenerateDataKey*", "kms:GenerateDataKey*", True),
        ("kms:*", "kms:GenerateDataKey*", True),
        ("kms:GenerateDataKey", "kms:GenerateDataKey*", None),
        ("kms:Decrypt", "kms:GenerateDataKey*", False),
        (X, "sqs:SendMessage", None),
        (text("sqs:", X), "sqs:SendMessage", None),
        (text("sqs:", X), "sns:Publish", False),
    ],
)
def test_actions(pattern: Plain, action: str, expected: bool | None) -> None:
    found = symbols_of(pattern)
    assert found is not None
    assert matches_action(found, tuple(action), NOTHING) is expected


LITERAL = "arn:aws:sqs:eu-west-1:123456789012:orders"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (LITERAL, True),
        ("*", True),
        ("arn:aws:sqs:*:*:orders", True),
        ("arn:aws:sqs:*:*:ord*", True),
        ("arn:aws:sqs:eu-west-?:123456789012:orders", True),
        ("arn:aws:sqs", True),
        ("arn:aws:sqs:eu-west-1", True),
        ("arn:aws:sqs:*", True),
        ("arn:*:sqs:*:*:*", True),
        ("arn:aws:sqs:*:*:Orders", False),
        ("arn:aws:sqs:*:*:orders.fifo", False),
        ("arn:aws:sqs:us-east-1:123456789012:orders", False),
        ("arn:aws:sqs:eu-west-1:210987654321:orders", False),
        ("arn:aws-cn:sqs:eu-west-1:123456789012:orders", False),
        ("arn:aws:sns:eu-west-1:123456789012:orders", False),
        ("orders", False),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", False),
        # A * at the end of a part "can expand to match beyond the colon boundaries".
        ("arn:aws:sqs:*:orders", None),
        ("arn:aws:*:orders", None),
        # Capital letters where no ARN has them.
        ("arn:aws:SQS:eu-west-1:123456789012:orders", None),
        # A policy variable.
        ("arn:aws:sqs:eu-west-1:123456789012:${aws:PrincipalTag/team}", None),
        ("arn:aws:sqs:eu-west-1:123456789012:${aws:PrincipalTag/team}.fifo", False),
    ],
)
def test_an_arn_that_is_written_out(pattern: str, expected: bool | None) -> None:
    assert answer(pattern, LITERAL) is expected


@pytest.mark.parametrize(
    ("pattern", "target", "expected"),
    [
        # A wildcard in the type of a resource "isn't allowed"; whether it works is not said.
        ("arn:aws:lambda:*:*:fun*:pay", "arn:aws:lambda:eu-west-1:123456789012:function:pay", None),
        ("arn:aws:lambda:*:*:*:pay", "arn:aws:lambda:eu-west-1:123456789012:function:other", False),
        ("arn:aws:lambda:*:*:*", "arn:aws:lambda:eu-west-1:123456789012:function:pay", True),
        ("arn:aws:s3:::*/2026/*", "arn:aws:s3:::orders/2026/11.json", True),
        ("arn:aws:s3:::orders*", "arn:aws:s3:::orders/2026/11.json", True),
        # A qualified function is another resource than the function.
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:pay",
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:live",
            False,
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:*",
            "arn:aws:lambda:eu-west-1:123456789012:function:pay",
            False,
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:*",
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:live",
            True,
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:pay*",
            "arn:aws:lambda:eu-west-1:123456789012:function:pay:live",
            True,
        ),
        # An execution is not a state machine, however the region and account are written.
        (
            "arn:aws:states:*:*:stateMachine:*",
            "arn:aws:states:eu-west-1:123456789012:execution:orders:*",
            False,
        ),
        # A need for many: all of it, none of it, or some.
        ("arn:aws:glue:*:*:job/*", "arn:aws:glue:eu-west-1:123456789012:job/*", True),
        ("arn:aws:glue:*:*:job/pack", "arn:aws:glue:eu-west-1:123456789012:job/*", None),
        ("arn:aws:glue:*:*:job/?", "arn:aws:glue:eu-west-1:123456789012:job/*", None),
        ("arn:aws:glue:*:*:crawler/x", "arn:aws:glue:eu-west-1:123456789012:job/*", False),
        ("arn:aws:glue:*:*:job/pack", "*", None),
        ("*", "*", True),
        ("**", "*", True),
    ],
)
def test_other_arns(pattern: str, target: str, expected: bool | None) -> None:
    assert answer(pattern, target) is expected


@pytest.mark.parametrize(
    ("pattern", "target", "expected"),
    [
        (Reference("Queue", "Arn"), Reference("Queue", "Arn"), True),
        (arn("sqs", Reference("Queue", "QueueName")), Reference("Queue", "Arn"), True),
        (Reference("Queue", "Arn"), Reference("Other", "Arn"), False),
        (Reference("Queue", "Arn"), arn("sqs", "orders"), False),
        (arn("sqs", "orders"), Reference("Queue", "Arn"), False),
        (arn("sqs", "orders*"), Reference("Queue", "Arn"), None),
        (arn("sqs", "*"), Reference("Queue", "Arn"), True),
        (arn("sqs", "orders"), Reference("Named", "Arn"), True),
        (arn("sqs", "other"), Reference("Named", "Arn"), False),
        (LITERAL, Reference("Named", "Arn"), None),
        # A name that is given by an unknown value.
        (arn("sqs", X), Reference("Given", "Arn"), True),
        (arn("sqs", "orders"), Reference("Given", "Arn"), None),
        (Reference("Given", "Arn"), Reference("Queue", "Arn"), False),
        (Reference("Given", "Arn"), Reference("Twin", "Arn"), None),
        (Reference("Given", "Arn"), Reference("Third", "Arn"), False),
        (text(Reference("Bucket", "Arn"), "/*"), text(Reference("Bucket", "Arn"), "/in/x"), True),
        (Reference("Bucket", "Arn"), text(Reference("Bucket", "Arn"), "/in/x"), False),
        # Functions, their aliases and versions.
        (Reference("Fn", "Arn"), Reference("Live"), False),
        (text(Reference("Fn", "Arn"), ":*"), Reference("Live"), True),
        (text(Reference("Fn", "Arn"), ":live"), Reference("Live"), True),
        (text(Reference("Fn", "Arn"), ":*"), Reference("Version"), True),
        (Reference("Fn", "Arn"), Reference("Version"), False),
        (Reference("Version"), Reference("Version"), True),
        # What is not known at all.
        (X, X, True),
        (X, Y, None),
        (X, Reference("Queue", "Arn"), None),
        (LITERAL, X, None),
        (text(X, ":*"), X, False),
        (text(X, ":*"), text(X, ":live"), True),
        (text(X, "-a"), text(X, "-b"), False),
        (arn("sqs", X, "-a"), arn("sqs", X, "-b"), False),
        (Unknown("each.value"), Unknown("each.value"), None),
        (Unknown(""), Unknown(""), None),
        # One value that may be a name or a whole ARN.
        (arn("dynamodb", "table/", X), X, True),
        (X, arn("dynamodb", "table/", X), True),
        (arn("lambda", "function:", X, "*"), X, True),
        (arn("lambda", "function:x-", X), X, None),
        (arn("lambda", "function:", X, ":*"), X, None),
        (arn("lambda", "function:", X, ":*"), arn("lambda", "function:", X), False),
        # A name that may begin with a slash.
        (
            arn("ssm", "parameter", Reference("Parameter")),
            arn("ssm", "parameter/", Reference("Parameter")),
            None,
        ),
        # Attributes of which only the type is known.
        (Reference("Api", "Arn"), Reference("Api", "Arn"), True),
        (Reference("Api", "Arn"), Reference("OtherApi", "Arn"), False),
        (Reference("Api", "Arn"), Reference("Queue", "Arn"), None),
        (Reference("Api", "Version"), Reference("OtherApi", "Version"), None),
        (Reference("Elsewhere", "Arn"), Reference("Nowhere", "Arn"), None),
        # An instance of which the key is not known.
        (Reference('aws_sqs_queue.q["a"]', "arn"), Reference("aws_sqs_queue.q", "arn"), None),
    ],
)
def test_references_and_unknown_parts(pattern: Plain, target: Plain, expected: bool | None) -> None:
    assert answer(pattern, target) is expected


@pytest.mark.parametrize(
    ("pattern", "target", "strictly", "leniently"),
    [
        (LITERAL, arn("sqs", "orders"), None, True),
        (arn("sqs", "orders"), LITERAL, None, True),
        ("arn:aws:sqs:*:*:orders", arn("sqs", "orders"), None, True),
        ("arn:*:sqs:*:*:orders", arn("sqs", "orders"), True, True),
        (text("arn:aws:sqs:", X, ":", Y, ":orders"), arn("sqs", "orders"), None, True),
        ("arn:aws:sqs:eu-west-1:123456789012:other", arn("sqs", "orders"), False, False),
        ("arn:aws:sqs:eu-west-1:orders:orders", arn("sqs", "orders"), False, False),
        (
            "arn:aws:sqs:eu-west-1:123456789012:orders",
            "arn:aws:sqs:us-east-1:123456789012:orders",
            False,
            False,
        ),
        (text("arn:aws:", X, ":eu-west-1:123456789012:orders"), LITERAL, None, None),
    ],
)
def test_the_place_of_the_deployment(
    pattern: Plain, target: Plain, strictly: bool | None, leniently: bool | None
) -> None:
    assert answer(pattern, target) is strictly
    assert answer(pattern, target, same_place=True) is leniently


def test_variables_and_parts_of_patterns() -> None:
    assert with_variables(tuple("a${aws:x}b")) == (
        "a",
        Unknown("${aws:x}"),
        "b",
    )
    assert with_variables(tuple("a${b")) == tuple("a${b")
    assert with_variables((*"${", X, "}")) == (*"${", X, "}")
    assert service_in(tuple(LITERAL)) == "sqs"
    assert service_in(tuple("arn:aws:s*:::x")) is None
    assert service_in(("*",)) is None
    assert service_in((X,)) is None
    assert is_cut_off(tuple("arn:aws:sqs"))
    assert not is_cut_off(tuple(LITERAL))
    assert not is_cut_off(("*",))


# Properties: what is certain holds whatever the unknown parts turn out to be.

UNKNOWNS = [Unknown("var.a"), Unknown("var.b")]
PART = st.one_of(st.sampled_from("ab:/-"), st.just("*"), st.just("?"), st.sampled_from(UNKNOWNS))
VALUES = st.text("ab:/-", max_size=4)


def filled(
    symbols: Symbols, values: dict[Unknown, str], stars: list[str], *, is_pattern: bool
) -> str:
    """Return a text for known values of the unknown parts; for a pattern, a regular expression."""
    made = []
    left = list(stars)
    for one in symbols:
        if isinstance(one, Unknown):
            made.append(re.escape(values[one]) if is_pattern else values[one])
        elif is_pattern:
            wildcards = {"*": ".*", "?": "."}
            made.append(wildcards.get(str(one), re.escape(str(one))))
        else:
            made.append(left.pop() if one == "*" and left else str(one).replace("*", ""))
    return "".join(made)


@given(
    pattern=st.lists(PART, max_size=9).map(tuple),
    target=st.lists(PART, max_size=9).map(tuple),
    values=st.tuples(VALUES, VALUES),
    stars=st.lists(VALUES, min_size=9, max_size=9),
)
@settings(max_examples=1500, deadline=None)
def test_what_is_certain_holds_for_every_value(
    pattern: Symbols, target: Symbols, values: tuple[str, str], stars: list[str]
) -> None:
    found = matches(pattern, target, NOTHING)
    known = dict(zip(UNKNOWNS, values, strict=True))
    expression = filled(pattern, known, [], is_pattern=True)
    concrete = filled(target, known, stars, is_pattern=False)
    really = re.fullmatch(expression, concrete, re.DOTALL) is not None
    if found is not None:
        assert found is really


@given(pattern=st.text("ab*?:/", max_size=12), target=st.text("ab:/", max_size=12))
@settings(max_examples=1500, deadline=None)
def test_known_texts_always_have_an_answer(pattern: str, target: str) -> None:
    expression = filled(tuple(pattern), {}, [], is_pattern=True)
    really = re.fullmatch(expression, target, re.DOTALL) is not None
    assert matches(tuple(pattern), tuple(target), NOTHING) is really


@given(st.lists(PART, min_size=1, max_size=12).map(tuple))
@settings(max_examples=500, deadline=None)
def test_a_text_matches_itself(pattern: Symbols) -> None:
    target = tuple("a" if one == "?" else one for one in pattern if one != "*")
    assert matches(target, target, NOTHING) is True
    assert matches(pattern, target, NOTHING) is not False
    assert matches((*pattern, "*"), target, NOTHING) is not False


RUN = st.lists(st.sampled_from(["a", "-", "*", "?"]), max_size=4)


@given(before=RUN, after=RUN, random=st.text("0123456789", min_size=6, max_size=6))
@settings(max_examples=800, deadline=None)
def test_a_made_up_name_is_no_written_one(before: list[str], after: list[str], random: str) -> None:
    name = Reference("Queue", "QueueName")
    pattern = (*before, *after)
    found = matches(pattern, (name,), NAMES)
    expression = filled(pattern, {}, [], is_pattern=True)
    really = re.fullmatch(expression, f"-{random}", re.DOTALL) is not None
    if "*" not in pattern and "?" not in pattern:
        assert found is False
    if found is True:
        assert set(pattern) == {"*"}
    if found is False:
        assert not really


def test_long_patterns_end() -> None:
    pattern = symbols_of("*a" * 200)
    target = symbols_of("a*" * 200)
    assert pattern is not None
    assert target is not None
    assert matches(pattern, target, NOTHING) is None
    assert matches((*pattern, "b"), tuple("a" * 2000), NOTHING) is False
