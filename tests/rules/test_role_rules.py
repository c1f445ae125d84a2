"""What holds for every rule on roles: no document makes it fail, and nothing unread passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepguard.config import Config
from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Form,
    PolicyDocument,
    Role,
    StateMachine,
    Unread,
)
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
from stepguard.rules.registry import load
from stepguard.rules.rule import Context, Verdict

RULES = ("SFN101", "SFN102", "SFN106", "SFN107", "SFN108", "SFN111", "SFN112")
OPEN = Unknown("var.x", "not set")

words = st.sampled_from(
    [
        "*", "s3:*", "s3:Get*", "s3:GetObject", "dynamodb:PutItem", "arn:aws:s3:::*", "Allow",
        "arn:aws:iam::123456789012:root", "states.amazonaws.com", "sts:AssumeRole", "Deny", "",
        "iam:PassRole", "iam:*", "states:TestState", "states:UpdateStateMachine", "states:Start*",
    ]
)  # fmt: skip
keys = st.sampled_from(
    [
        "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource",
        "Principal", "NotPrincipal", "Condition", "AWS", "Service", "StringEquals",
        "aws:SourceAccount", "ForAnyValue:ArnLikeIfExists",
    ]
)  # fmt: skip
leaves = (
    words
    | st.sampled_from([None, True, 7, OPEN, Reference("R", "Arn"), REMOVED])
    | st.builds(lambda word: Text((Piece(word), Hole(OPEN))), words)
    | st.builds(lambda word: Text((Hole(OPEN), Piece(word))), words)
)
documents = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=5)
        | st.builds(
            lambda members: OpenDict(members, OPEN), st.dictionaries(keys, inner, max_size=3)
        )
        | st.builds(lambda elements: OpenList(elements, OPEN), st.lists(inner, max_size=2))
        | st.builds(lambda one, other: OneOf("C", (one, other)), inner, inner)
    ),
    max_leaves=25,
)


def judge(identifier: str, policy: Document | Unread, trust: Document | Unread) -> Verdict:
    role = Role(
        address="Role",
        type="AWS::IAM::Role",
        form=Form.CLOUDFORMATION,
        trust=trust,
        inline=[PolicyDocument(name="p", document=policy, address="Role")],
    )
    machine = StateMachine(
        address="Machine",
        type="AWS::StepFunctions::StateMachine",
        form=Form.CLOUDFORMATION,
        definition=Document({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, None),
        role=Traced(Reference("Role", "Arn")),
    )
    deployment = Deployment("t", Form.CLOUDFORMATION, [role, machine])
    return load(identifier).judge(role, Context(deployment, Config()))


@given(st.sampled_from(RULES), documents, documents)
def test_no_document_makes_a_rule_fail(identifier: str, policy: Any, trust: Any) -> None:
    verdict = judge(identifier, Document(policy, None), Document(trust, None))
    for one in verdict or ():
        assert one.resource == "Role"


@pytest.mark.parametrize("identifier", RULES)
@pytest.mark.parametrize(
    "value",
    [
        OPEN,
        {"Statement": OPEN},
        {"Statement": [OPEN]},
        OpenDict({}, OPEN),
        {"Statement": OpenList([], OPEN)},
    ],
)
def test_what_is_not_known_does_not_pass(identifier: str, value: Plain) -> None:
    verdict = judge(identifier, Document(value, None), Document(value, None))
    assert verdict


@pytest.mark.parametrize("identifier", RULES)
def test_what_was_not_read_does_not_pass(identifier: str) -> None:
    assert judge(identifier, Unread("lost"), Unread("lost"))
