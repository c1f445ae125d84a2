"""References of a plan's configuration, followed to the resources that are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Policy, PolicyAttachment, Role, StateMachine
from stepguard.deployment.values import Reference, Unknown, plain
from stepguard.readers.plan.addresses import longest, modules_of, parse_reference

Read = Callable[..., Deployment]


class Plan:
    """A plan with as much as a test needs, shaped as terraform prints it."""

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self.root: dict[str, Any] = {"resources": []}

    def module(self, path: tuple[str, ...]) -> dict[str, Any]:
        found = self.root
        for name in path:
            calls = found.setdefault("module_calls", {})
            found = calls.setdefault(name, {"module": {"resources": []}})["module"]
        return found

    def call(self, *path: str) -> dict[str, Any]:
        self.module(path)
        call = self.module(path[:-1])["module_calls"][path[-1]]
        assert isinstance(call, dict)
        return call

    def add(
        self,
        address: str,
        after: dict[str, Any] | None = None,
        unknown: dict[str, Any] | None = None,
        expressions: dict[str, Any] | None = None,
        **declared: Any,
    ) -> None:
        """Add an instance, and its declaration."""
        calls = modules_of(address)
        named = (
            parse_reference(address.rsplit("module.", 1)[-1].split(".", 1)[-1])
            if calls
            else (parse_reference(address))
        )
        assert named is not None
        mode = "data" if named.root == "data" else "managed"
        kind, name = named.names[-2:]
        change: dict[str, Any] = {
            "address": address,
            "mode": mode,
            "type": kind,
            "name": name,
            "change": {
                "actions": ["create"],
                "after": after or {},
                "after_unknown": unknown or {},
                "after_sensitive": {},
            },
        }
        local = ".".join(named.names)
        if calls:
            change["module_address"] = address[: address.rindex(f".{local}")]
        if named.steps:
            change["index"] = named.steps[0]
        self.changes.append(change)
        module = self.module(tuple(call for call, _ in calls))
        if all(one["address"] != local for one in module["resources"]):
            module["resources"].append(
                {
                    "address": local,
                    "mode": mode,
                    "type": kind,
                    "name": name,
                    "expressions": expressions or {},
                    **declared,
                }
            )

    def role(self, address: str, **declared: Any) -> None:
        self.add(address, {"name": address}, {"arn": True, "id": True}, {"name": {}}, **declared)

    def machine(self, address: str, *references: str, **declared: Any) -> None:
        expressions = {"role_arn": {"references": list(references)}}
        self.add(address, {}, {"role_arn": True}, expressions, **declared)

    def content(self) -> dict[str, Any]:
        return {
            "format_version": "1.2",
            "resource_changes": self.changes,
            "configuration": {"root_module": self.root},
        }


def role_of(deployment: Deployment, address: str) -> Any:
    assert deployment.errors == []
    machine = deployment.find(address)[0]
    assert isinstance(machine, StateMachine)
    assert machine.role is not None
    return plain(machine.role)


def referring(attribute: str, name: str = "r") -> list[str]:
    return [f"aws_iam_role.{name}.{attribute}", f"aws_iam_role.{name}"]


def test_an_attribute_of_a_resource(read: Read) -> None:
    plan = Plan()
    plan.role("aws_iam_role.r")
    plan.machine("aws_sfn_state_machine.m", *referring("arn"))
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert role == Reference("aws_iam_role.r", "arn")
    assert role.expression == "aws_iam_role.r.arn"


def test_the_only_instance_of_a_resource(read: Read) -> None:
    plan = Plan()
    plan.role("aws_iam_role.r[0]", count_expression={"references": ["var.create"]})
    plan.machine("aws_sfn_state_machine.m", "aws_iam_role.r")
    plan.machine(
        "aws_sfn_state_machine.n", "aws_iam_role.r[0].arn", "aws_iam_role.r[0]", "aws_iam_role.r"
    )
    deployment = read(plan.content())
    assert role_of(deployment, "aws_sfn_state_machine.m") == Reference("aws_iam_role.r[0]")
    assert role_of(deployment, "aws_sfn_state_machine.n") == Reference("aws_iam_role.r[0]", "arn")


def test_one_of_several_instances(read: Read) -> None:
    plan = Plan()
    for key in ("a", "b"):
        plan.role(f'aws_iam_role.r["{key}"]', for_each_expression={})
        plan.machine(
            f'aws_sfn_state_machine.m["{key}"]', "aws_iam_role.r", "each.key",
            for_each_expression={},
        )  # fmt: skip
    plan.machine("aws_sfn_state_machine.n", "aws_iam_role.r", "var.key")
    deployment = read(plan.content())
    for key in ("a", "b"):
        role = role_of(deployment, f'aws_sfn_state_machine.m["{key}"]')
        assert role == Reference(f'aws_iam_role.r["{key}"]')
    # Which one is not said: it is one of them.
    assert role_of(deployment, "aws_sfn_state_machine.n") == Reference("aws_iam_role.r")


def test_inputs_and_outputs_of_nested_modules(read: Read) -> None:
    plan = Plan()
    plan.role("module.roles.module.one.aws_iam_role.r")
    plan.machine("module.flow.module.inner.aws_sfn_state_machine.m", "var.arn")
    plan.call("flow", "inner")["expressions"] = {"arn": {"references": ["var.role"]}}
    plan.call("flow")["expressions"] = {
        "role": {"references": ["module.roles.arn", "module.roles"]}
    }
    plan.module(("roles",))["outputs"] = {
        "arn": {"expression": {"references": ["module.one.arn", "module.one"]}}
    }
    plan.module(("roles", "one"))["outputs"] = {
        "arn": {"expression": {"references": referring("arn")}}
    }
    role = role_of(read(plan.content()), "module.flow.module.inner.aws_sfn_state_machine.m")
    assert role == Reference("module.roles.module.one.aws_iam_role.r", "arn")


def test_an_output_that_is_a_whole_resource(read: Read) -> None:
    plan = Plan()
    plan.role("module.roles.aws_iam_role.r")
    plan.module(("roles",))["outputs"] = {
        "role": {"expression": {"references": ["aws_iam_role.r"]}}
    }
    plan.machine(
        "aws_sfn_state_machine.m", "module.roles.role.arn", "module.roles.role", "module.roles"
    )
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert role == Reference("module.roles.aws_iam_role.r", "arn")


def test_each_value_of_resources(read: Read) -> None:
    plan = Plan()
    for key in ("a", "b"):
        plan.role(f'aws_iam_role.r["{key}"]', for_each_expression={})
        plan.machine(
            f'aws_sfn_state_machine.m["{key}"]', "each.value.arn", "each.value",
            for_each_expression={"references": ["aws_iam_role.r"]},
        )  # fmt: skip
    deployment = read(plan.content())
    for key in ("a", "b"):
        role = role_of(deployment, f'aws_sfn_state_machine.m["{key}"]')
        assert role == Reference(f'aws_iam_role.r["{key}"]', "arn")


def test_what_the_plan_knows_is_no_reason_for_not_knowing(read: Read) -> None:
    """`var.create ? aws_iam_role.r[0].arn : var.arn`, and the name of another resource."""
    plan = Plan()
    plan.role("aws_iam_role.r[0]", count_expression={})
    plan.add("aws_sqs_queue.q", {"name": "q"}, {"arn": True})
    plan.machine(
        "aws_sfn_state_machine.m",
        "var.create", "aws_iam_role.r[0].arn", "aws_iam_role.r[0]", "aws_iam_role.r", "var.arn",
        "aws_sqs_queue.q.name", "aws_sqs_queue.q",
    )  # fmt: skip
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert role == Reference("aws_iam_role.r[0]", "arn")


def test_a_role_among_other_things(read: Read) -> None:
    plan = Plan()
    plan.role("aws_iam_role.r")
    plan.machine("aws_sfn_state_machine.m", "local.create_role", *referring("arn"))
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert role == Reference("aws_iam_role.r", "arn")


def test_a_choice_between_roles_is_not_made(read: Read) -> None:
    plan = Plan()
    plan.role("aws_iam_role.r")
    plan.role("aws_iam_role.s")
    plan.machine("aws_sfn_state_machine.m", *referring("arn"), *referring("arn", "s"))
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert isinstance(role, Unknown)
    assert "aws_iam_role.r.arn, aws_iam_role.s.arn" in role.reason


def test_a_local_value_ends_the_way(read: Read) -> None:
    plan = Plan()
    plan.machine("aws_sfn_state_machine.m", "local.arn")
    role = role_of(read(plan.content()), "aws_sfn_state_machine.m")
    assert isinstance(role, Unknown)
    assert "local.arn" in role.reason


def test_lists_of_links_are_open_where_the_plan_knows_nothing_of_them(read: Read) -> None:
    plan = Plan()
    plan.add("aws_iam_policy.p", {"name": "p"}, {"arn": True})
    plan.add(
        "aws_iam_role.r",
        {"name": "r"},
        {"managed_policy_arns": True},
        {"managed_policy_arns": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}},
    )
    role = read(plan.content()).find("aws_iam_role.r")[0]
    assert isinstance(role, Role)
    assert [plain(one) for one in role.attached] == [Reference("aws_iam_policy.p", "arn")]
    assert len(role.unread) == 1


def test_elements_of_lists_are_matched_in_order(read: Read) -> None:
    plan = Plan()
    plan.role("aws_iam_role.r")
    plan.role("aws_iam_role.s")
    plan.add("aws_iam_policy.p", {"policy": '{"Statement": []}'}, {"arn": True})
    plan.add(
        "aws_iam_policy_attachment.a",
        {"roles": [None, "known", None]},
        {"roles": [True, False, True], "policy_arn": True},
        {
            "roles": {"references": [*referring("id"), *referring("id", "s")]},
            "policy_arn": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]},
        },
    )
    attachment = read(plan.content()).find("aws_iam_policy_attachment.a")[0]
    assert isinstance(attachment, PolicyAttachment)
    assert [plain(one) for one in attachment.roles] == [
        Reference("aws_iam_role.r", "id"),
        "known",
        Reference("aws_iam_role.s", "id"),
    ]


def statement(**values: Any) -> dict[str, Any]:
    return {"actions": ["a:B"], "resources": ["*"], **values}


def test_documents_made_of_documents(read: Read) -> None:
    plan = Plan()
    data = "data.aws_iam_policy_document"
    plan.add(f"{data}.a", {"statement": [statement(sid="a")]}, {"json": True})
    plan.add(
        f"{data}.b",
        {"statement": [statement(sid="b")], "source_policy_documents": [None]},
        {"json": True, "source_policy_documents": [True]},
        {"source_policy_documents": {"references": [f"{data}.a.json", f"{data}.a"]}},
    )
    expressions = {"policy": {"references": [f"{data}.b.json", f"{data}.b"]}}
    plan.add("aws_iam_policy.p", {}, {"policy": True}, expressions)
    policy = read(plan.content()).find("aws_iam_policy.p")[0]
    assert isinstance(policy, Policy)
    value = getattr(policy.document, "value", policy.document)
    assert [one["Sid"] for one in value["Statement"]] == ["a", "b"]


def test_a_document_that_is_only_one_of_those_made_from_leaves_the_rest_open(read: Read) -> None:
    plan = Plan()
    data = "data.aws_iam_policy_document"
    plan.add(f"{data}.a", {"statement": [statement(sid="a")]}, {"json": True})
    plan.add(
        f"{data}.b",
        {},
        {"json": True, "source_policy_documents": True},
        {"source_policy_documents": {"references": [f"{data}.a.json", f"{data}.a", "var.more"]}},
    )
    expressions = {"policy": {"references": [f"{data}.b.json", f"{data}.b"]}}
    plan.add("aws_iam_policy.p", {}, {"policy": True}, expressions)
    policy = read(plan.content()).find("aws_iam_policy.p")[0]
    assert isinstance(policy, Policy)
    value = getattr(policy.document, "value", policy.document)
    assert [one["Sid"] for one in value["Statement"]] == ["a"]
    assert value["Statement"].rest.reason


def test_blocks_of_which_the_configuration_says_nothing_keep_what_is_unknown(read: Read) -> None:
    """Terraform leaves `dynamic` blocks out of the configuration."""
    plan = Plan()
    plan.add(
        "aws_sfn_state_machine.m",
        {"logging_configuration": [{"level": "ALL"}]},
        {"logging_configuration": [{"log_destination": True}], "tracing_configuration": True},
    )
    machine = read(plan.content()).find("aws_sfn_state_machine.m")[0]
    block = plain(machine.attributes)["logging_configuration"][0]
    assert isinstance(block["log_destination"], Unknown)
    assert "tracing_configuration" not in plain(machine.attributes)


def test_references_that_lead_nowhere_or_in_a_circle_do_no_harm(read: Read) -> None:
    plan = Plan()
    plan.machine(
        "aws_sfn_state_machine.m",
        "", "..", "module", "module.a", "module.a.b", "module.a[0].b", "each.value", "data.x",
        "aws_iam_role.none.arn", "var.x.y", "module.c.o", "!", "aws_iam_role.r[*].arn",
    )  # fmt: skip
    plan.call("c")["expressions"] = {"i": {"references": ["module.c.o", "module.c"]}}
    plan.module(("c",))["outputs"] = {"o": {"expression": {"references": ["var.i"]}}}
    assert isinstance(role_of(read(plan.content()), "aws_sfn_state_machine.m"), Unknown)


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["a.b[0].c", "a.b[0]", "a.b"], ["a.b[0].c"]),
        (["a.b", "a.bc", "a.b"], ["a.b", "a.bc"]),
        (["each.value.x", "each.value", "each.key"], ["each.value.x", "each.key"]),
        ([], []),
    ],
)
def test_beginnings_of_references_are_left_out(references: list[str], expected: list[str]) -> None:
    assert longest(references) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", []),
        ("module.a", [("a", None)]),
        ('module.a["x.module.y"].module.b-c[12]', [("a", "x.module.y"), ("b-c", 12)]),
        ('module.a["q\\"]"].aws_x.y', [("a", 'q"]')]),
    ],
)
def test_module_addresses_are_taken_apart(address: str, expected: list[Any]) -> None:
    assert modules_of(address) == expected
