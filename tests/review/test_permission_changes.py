"""What roles gain and lose by a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepguard.change import RoleChange
from stepguard.engine import ScanOptions
from stepguard.review import coverage, role_snapshots
from stepguard.review.reviewing import review
from stepguard.review.sides import sides_of_plan

from .changes import STATES_TRUST, allow, deny, reviewed, role_of, template, told
from .projects import statement, terraform

SEND_TO_QUEUE = allow("sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]})
TEAM = {"StringEquals": {"aws:ResourceTag/team": ["pay", "ship"]}}
PLANS = Path(__file__).resolve().parents[2] / "fixtures" / "plans"


def changed(directory: Path, before: dict[str, Any], after: dict[str, Any]) -> RoleChange:
    change = role_of(reviewed(directory, before, after))
    assert change is not None
    assert (change.address, change.fate) == ("Role", "changed")
    return change


CHANGES: dict[str, tuple[list[Any], list[Any], list[str], list[str]]] = {
    "a new action": (
        [],
        [allow("s3:GetObject", "arn:aws:s3:::b/*")],
        ["s3:GetObject on arn:aws:s3:::b/*"],
        [],
    ),
    "an action that is gone": ([allow("s3:GetObject")], [], [], ["s3:GetObject on *"]),
    "a wider resource": (
        [allow("s3:GetObject", "arn:aws:s3:::b/in/*")],
        [allow("s3:GetObject", "arn:aws:s3:::b/*")],
        ["s3:GetObject on arn:aws:s3:::b/*"],
        [],
    ),
    "a narrower resource": (
        [allow("s3:GetObject", "arn:aws:s3:::b/*")],
        [allow("s3:GetObject", "arn:aws:s3:::b/in/*")],
        [],
        ["s3:GetObject on arn:aws:s3:::b/*"],
    ),
    "a wider action": (
        [allow("sqs:Send*")],
        [allow("sqs:*")],
        ["sqs:* other than sqs:Send* on *"],
        [],
    ),
    "a narrower action": (
        [allow("sqs:*")],
        [allow(["sqs:SendMessage", "sqs:ListQueues"])],
        [],
        ["sqs:* other than sqs:ListQueues, sqs:SendMessage on *"],
    ),
    "another resource": (
        [allow("sqs:SendMessage", "arn:aws:sqs:*:*:a")],
        [allow("sqs:SendMessage", ["arn:aws:sqs:*:*:b", "arn:aws:sqs:*:*:c"])],
        ["sqs:SendMessage on arn:aws:sqs:*:*:b, arn:aws:sqs:*:*:c"],
        ["sqs:SendMessage on arn:aws:sqs:*:*:a"],
    ),
    "a new Deny is a loss": (
        [allow("s3:*")],
        [allow("s3:*"), deny("s3:DeleteObject")],
        [],
        ["Deny s3:DeleteObject on *"],
    ),
    "a Deny that is gone is a gain": (
        [allow("s3:*"), deny("s3:DeleteObject")],
        [allow("s3:*")],
        ["Deny s3:DeleteObject on *"],
        [],
    ),
    "all but some actions": (
        [],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        ["* other than iam:* on *"],
        [],
    ),
    "less is left out of the actions": (
        [{"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
        ["* other than iam:* on *"],
        [],
    ),
    "more is left out of the resources": (
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*"}],
        [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
            }
        ],
        [],
        ["s3:GetObject on * other than arn:aws:s3:::a/*"],
    ),
    "a condition that is gone": (
        [allow("s3:GetObject", Condition=TEAM)],
        [allow("s3:GetObject")],
        ["s3:GetObject on *"],
        [],
    ),
    "a condition that is new": (
        [allow("s3:GetObject")],
        [allow("s3:GetObject", Condition=TEAM)],
        [],
        ["s3:GetObject on *"],
    ),
    "a condition with fewer values": (
        [allow("s3:GetObject", Condition=TEAM)],
        [allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceTag/team": ["pay"]}})],
        [],
        ["s3:GetObject on *"],
    ),
    "a condition with IfExists": (
        [allow("s3:GetObject", Condition=TEAM)],
        [
            allow(
                "s3:GetObject",
                Condition={"StringEqualsIfExists": {"aws:ResourceTag/team": ["pay", "ship"]}},
            )
        ],
        ["s3:GetObject on *"],
        [],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_gained_and_lost(name: str, tmp_path: Path) -> None:
    before, after, gained, lost = CHANGES[name]
    change = changed(tmp_path, template(*before), template(*after))
    assert (told(change.gained), told(change.lost)) == (gained, lost)
    assert change.unread == ()


SAME: dict[str, tuple[list[Any], list[Any]]] = {
    "what a wider pattern covers already": (
        [allow("s3:*", "arn:aws:s3:::b/*")],
        [allow("s3:*", "arn:aws:s3:::b/*"), allow("s3:GetObject", "arn:aws:s3:::b/in/*")],
    ),
    "another order": (
        [allow(["s3:GetObject", "sqs:ListQueues"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])],
        [allow(["sqs:ListQueues", "s3:GetObject"], ["arn:aws:s3:::b/*", "arn:aws:s3:::a/*"])],
    ),
    "one statement for each action": (
        [allow(["s3:GetObject", "sqs:ListQueues"])],
        [allow("sqs:ListQueues"), allow("s3:GetObject")],
    ),
    "another case": ([allow("s3:GetObject")], [allow("S3:getobject")]),
    "a pattern that means the same actions": (
        [allow("sqs:SendMessage*")],
        [allow("sqs:SendMessage")],
    ),
    "what a Deny takes away": ([deny("s3:*")], [deny("s3:*"), allow("s3:GetObject")]),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_no_change(name: str, tmp_path: Path) -> None:
    before, after = SAME[name]
    assert role_of(reviewed(tmp_path, template(*before), template(*after))) is None


def test_wildcards_are_counted_by_access_level(tmp_path: Path) -> None:
    change = changed(tmp_path, template(allow("sqs:Send*")), template(allow("sqs:*")))
    levels = dict(change.gained[0].access_levels)
    assert [*levels] == ["Permissions management", "Write", "Read"]
    assert all(number > 1 for number in levels.values())
    one = changed(tmp_path, template(), template(allow("sqs:SendMessage")))
    assert one.gained[0].access_levels == (("Write", 1),)


def test_conditions_are_told_with_what_they_were(tmp_path: Path) -> None:
    bare, bound = template(allow("s3:GetObject")), template(allow("s3:GetObject", Condition=TEAM))
    words = "aws:resourcetag/team stringequals pay or ship"
    assert changed(tmp_path, bound, bare).gained[0].condition == f"before only if {words}"
    assert changed(tmp_path, bare, bound).lost[0].condition == f"now only if {words}"
    new = changed(tmp_path, template(), bound).gained[0]
    assert (new.is_conditional, new.condition) == (True, f"if {words}")


def test_the_states_that_need_what_is_new(tmp_path: Path) -> None:
    (gained,) = changed(tmp_path, template(), template(SEND_TO_QUEUE)).gained
    assert (gained.states, gained.used, gained.source) == (("Flow: Send",), "yes", "Role")
    assert gained.resources == ("${Queue.Arn}",)


def test_what_nothing_uses(tmp_path: Path) -> None:
    after = template(SEND_TO_QUEUE, allow("ses:SendEmail"))
    (gained,) = changed(tmp_path, template(SEND_TO_QUEUE), after).gained
    assert (gained.states, gained.used) == ((), "no")


OTHERS = {
    "others may take the role": {
        "trust": (STATES_TRUST, {**STATES_TRUST, "Principal": {"AWS": "123456789012"}})
    },
    "a task without a resource": {"states": {"Call": {"Type": "Task", "End": True}}},
    "a resource that is not known": {
        "states": {"Call": {"Type": "Task", "Resource": {"Fn::ImportValue": "r"}, "End": True}}
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_unused_is_only_said_where_it_is_known(name: str, tmp_path: Path) -> None:
    others: dict[str, Any] = OTHERS[name]
    after = template(allow("ses:SendEmail"), **others)
    (gained,) = changed(tmp_path, template(**others), after).gained
    assert gained.used == "unknown"


def test_a_state_does_not_need_what_the_role_had_before(tmp_path: Path) -> None:
    after = template(SEND_TO_QUEUE, allow("sqs:*"))
    (gained,) = changed(tmp_path, template(SEND_TO_QUEUE), after).gained
    assert (gained.states, gained.used) == ((), "unknown")


def test_policies_of_aws_are_told_by_name(tmp_path: Path) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    full = template(role={"ManagedPolicyArns": [arn]})
    change = changed(tmp_path, template(), full)
    assert [one.policy for one in change.gained] == ["AmazonSQSFullAccess"]
    assert told(change.gained) == ["sqs:* on *"]
    assert [one.policy for one in changed(tmp_path, full, template()).lost] == [
        "AmazonSQSFullAccess"
    ]
    same = reviewed(tmp_path, template(allow("sqs:*")), full)
    assert role_of(same) is None


def test_what_a_policy_of_aws_allows_in_part(tmp_path: Path) -> None:
    arn = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"
    change = changed(tmp_path, template(), template(role={"ManagedPolicyArns": [arn]}))
    assert {one.policy for one in change.gained} == {"AWSLambda_FullAccess"}
    assert any(one.action.startswith("some of ") for one in change.gained)


def test_an_attached_policy_that_is_not_known_is_told(tmp_path: Path) -> None:
    arn = "arn:aws:iam::123456789012:policy/own"
    change = changed(tmp_path, template(), template(role={"ManagedPolicyArns": [arn]}))
    assert change.unread == (f"the attached policy {arn} is not part of the project",)
    assert (change.gained, change.lost) == ((), ())
    gone = changed(tmp_path, template(role={"ManagedPolicyArns": [arn]}), template())
    assert gone.unread == (
        f"before the change, the attached policy {arn} is not part of the project",
    )


def test_a_policy_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    unread = template(allow("s3:GetObject"))
    policy = unread["Resources"]["Role"]["Properties"]["Policies"][0]
    policy["PolicyDocument"] = {"Fn::ImportValue": "one"}
    change = changed(tmp_path, template(allow("s3:GetObject")), unread)
    assert "policy 'all' could not be read" in " ".join(change.unread)
    assert role_of(reviewed(tmp_path, unread, unread)) is None
    other = template()
    policy = other["Resources"]["Role"]["Properties"]["Policies"][0]
    policy["PolicyDocument"] = {"Fn::ImportValue": "two"}
    assert changed(tmp_path, unread, other).unread != ()


def test_a_resource_that_may_be_the_same_is_neither_gained_nor_lost(tmp_path: Path) -> None:
    before = template(allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:jobs"))
    after = template(allow("sqs:SendMessage", {"Fn::ImportValue": "queue"}))
    change = changed(tmp_path, before, after)
    assert (change.gained, change.lost) == ((), ())
    assert "whether these are the same resources is not known" in change.unread[0]


def test_a_boundary_is_told(tmp_path: Path) -> None:
    bound = {"PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}
    assert "no permissions boundary any more" in " ".join(
        changed(tmp_path, template(role=bound), template()).unread
    )
    assert "a permissions boundary now" in " ".join(
        changed(tmp_path, template(), template(role=bound)).unread
    )


def trust(principal: Any, **others: Any) -> dict[str, Any]:
    return {**STATES_TRUST, "Principal": principal, **others}


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
WORDS = "aws:sourceaccount stringequals 123456789012"
TRUSTS: dict[str, tuple[list[Any], list[Any], list[str], list[str]]] = {
    "gained": (
        [STATES_TRUST],
        [STATES_TRUST, trust({"AWS": "arn:aws:iam::999999999999:root"})],
        ["AWS arn:aws:iam::999999999999:root"],
        [],
    ),
    "lost": (
        [STATES_TRUST, trust({"Service": "events.amazonaws.com"})],
        [STATES_TRUST],
        [],
        ["Service events.amazonaws.com"],
    ),
    "loosened": (
        [trust({"Service": "states.amazonaws.com"}, Condition=ACCOUNT)],
        [STATES_TRUST],
        [f"Service states.amazonaws.com (before only if {WORDS})"],
        [],
    ),
    "tightened": (
        [STATES_TRUST],
        [trust({"Service": "states.amazonaws.com"}, Condition=ACCOUNT)],
        [],
        [f"Service states.amazonaws.com (now only if {WORDS})"],
    ),
    "everyone": ([STATES_TRUST], [STATES_TRUST, trust("*")], ["everyone"], []),
    "denied": (
        [STATES_TRUST],
        [STATES_TRUST, trust({"AWS": "123456789012"}, Effect="Deny")],
        [],
        ["AWS 123456789012 (denied now)"],
    ),
}


@pytest.mark.parametrize("name", TRUSTS)
def test_trust(name: str, tmp_path: Path) -> None:
    before, after, gained, lost = TRUSTS[name]
    change = changed(tmp_path, template(trust=tuple(before)), template(trust=tuple(after)))
    assert (list(change.trust_gained), list(change.trust_lost)) == (gained, lost)
    assert (change.gained, change.lost) == ((), ())


def test_a_role_that_is_new_and_one_that_is_gone(tmp_path: Path) -> None:
    with_role = template(SEND_TO_QUEUE)
    without = template()
    del without["Resources"]["Role"], without["Resources"]["Flow"]
    new = role_of(reviewed(tmp_path, without, with_role))
    assert new is not None
    assert (new.fate, told(new.gained)) == ("added", ["sqs:SendMessage on ${Queue.Arn}"])
    assert new.trust_gained == ("Service states.amazonaws.com",)
    gone = role_of(reviewed(tmp_path, with_role, without))
    assert gone is not None
    assert (gone.fate, told(gone.lost)) == ("removed", ["sqs:SendMessage on ${Queue.Arn}"])
    assert gone.trust_lost == ("Service states.amazonaws.com",)


def test_a_role_of_something_else_is_not_compared(tmp_path: Path) -> None:
    sides = []
    for statements in ([], [allow("s3:*")]):
        one = template()
        other = template(*statements, trust=(trust({"Service": "lambda.amazonaws.com"}),))
        one["Resources"]["Other"] = other["Resources"]["Role"]
        sides.append(one)
    assert role_of(reviewed(tmp_path, *sides)) is None


def test_terraform(tmp_path: Path) -> None:
    before = terraform("flow", [statement("lambda:InvokeFunction", "${var.function}")])
    after = terraform(
        "flow",
        [statement("lambda:InvokeFunction", "${var.function}"), statement("dynamodb:*")],
    )
    change = role_of(reviewed(tmp_path, before, after, "tf"))
    assert change is not None
    assert (change.address, told(change.gained)) == ("aws_iam_role.flow", ["dynamodb:* on *"])
    assert change.gained[0].source == "aws_iam_role_policy.flow"
    assert change.place.line is not None


def test_a_plan() -> None:
    options = ScanOptions(source=PLANS / "update")
    change = role_of(review(sides_of_plan(PLANS / "update" / "plan.json", options), options))
    assert change is not None
    table = "arn:aws:dynamodb:eu-west-1:123456789012:table/reports"
    assert told(change.gained) == [f"dynamodb:* other than dynamodb:GetItem on {table}"]
    assert told(change.lost) == ["s3:PutObject on arn:aws:s3:::reports/*"]
    assert change.gained[0].states == ()
    assert change.unread == ()


@pytest.mark.parametrize("name", ["no-op", "replace"])
def test_a_plan_that_changes_no_role(name: str) -> None:
    options = ScanOptions(source=PLANS / name)
    report = review(sides_of_plan(PLANS / name / "plan.json", options), options)
    assert report.change is not None
    assert [one for one in report.change.roles if one.gained or one.lost] == []


def test_no_sensitive_value_is_told() -> None:
    options = ScanOptions(source=PLANS / "sensitive")
    report = review(sides_of_plan(PLANS / "sensitive" / "plan.json", options), options)
    assert report.change is not None
    assert len(report.change.machines) > 0
    assert "hush" not in repr((report.change.roles, report.change.machines))


def test_more_than_the_bounds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MAXIMUM_COMPARISONS", 3)
    before = template(*(allow("s3:GetObject", f"arn:aws:s3:::a{n}/*") for n in range(5)))
    after = template(*(allow("s3:GetObject", f"arn:aws:s3:::b{n}/*") for n in range(5)))
    change = changed(tmp_path, before, after)
    assert any("pairs of its permissions are compared" in one for one in change.unread)
    monkeypatch.setattr("stepguard.review.permits.MAXIMUM_PERMITS", 2)
    monkeypatch.setattr(role_snapshots, "MAXIMUM_PERMITS", 2)
    change = changed(tmp_path, before, after)
    assert "only the first 2 permissions are compared" in change.unread
    statements = [allow("s3:GetObject", f"arn:aws:s3:::a{n}/*") for n in range(6)]
    longer = template(*statements)
    change = changed(tmp_path, before, longer)
    assert change.unread == ("only the first 2 permissions are compared",)
    assert role_of(reviewed(tmp_path, before, before)) is None


def test_a_defect_of_the_comparison_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr("stepguard.review.permission_changes.snapshot", broken)
    change = changed(tmp_path, template(), template(allow("s3:*")))
    assert "internal error in the comparison of roles" in change.unread[0]
    assert "hush" not in change.unread[0]


def test_a_moved_role_has_not_changed(tmp_path: Path) -> None:
    before = terraform("old")
    after = (
        terraform("old")
        .replace("aws_iam_role.old", "aws_iam_role.new")
        .replace('resource "aws_iam_role" "old"', 'resource "aws_iam_role" "new"')
    )
    after += "\nmoved {\n  from = aws_iam_role.old\n  to   = aws_iam_role.new\n}\n"
    report = reviewed(tmp_path, before, after, "tf")
    assert report.change is not None
    assert (report.change.roles, report.change.machines) == ((), ())
