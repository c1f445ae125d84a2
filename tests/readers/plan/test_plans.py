"""Plans that terraform has made: what will be there, what is known of it, what belongs together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import (
    Encryption,
    Form,
    Logging,
    Policy,
    PolicyAttachment,
    Resource,
    Role,
    StateMachine,
    Tags,
    Unread,
)
from stepguard.deployment.values import Reference, Unknown, plain, render, unknowns

Read = Callable[..., Deployment]
Kind = TypeVar("Kind", bound=Resource)


def one(deployment: Deployment, address: str, kind: type[Kind]) -> Kind:
    found = deployment.find(address)
    assert [type(resource) for resource in found] == [kind], (address, found)
    resource = found[0]
    assert isinstance(resource, kind)
    return resource


def value(document: object) -> Any:
    assert isinstance(document, Document), document
    return render(document.value)


def addresses(deployment: Deployment, kind: type[Resource] = Resource) -> set[str]:
    return {resource.address for resource in deployment.of_type(kind)}


ALL = ["create", "destroy", "modules", "no-op", "replace", "sensitive", "update"]


@pytest.mark.parametrize("name", ALL)
def test_every_plan_is_read_without_errors(read: Read, name: str) -> None:
    deployment = read(name)
    assert deployment.errors == []
    assert deployment.form is Form.PLAN
    assert deployment.root == "project/plan.json"
    assert [file.path for file in deployment.files] == ["project/plan.json"]
    assert {resource.form for resource in deployment.resources} <= {Form.PLAN}


def test_what_is_created_is_read(read: Read) -> None:
    deployment = read("create")
    audit = one(deployment, "aws_sfn_state_machine.audit", StateMachine)
    definition = value(audit.definition)
    retry = definition["States"]['Write "all"']["Retry"]
    assert retry == [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}]
    assert audit.kind is not None
    assert audit.kind.value == "STANDARD"
    # Terraform plans them as known after apply, because nothing sets them.
    absent = (audit.logging, audit.tracing, audit.encryption, audit.tags)
    assert absent == (None, None, None, None)


def test_what_is_known_after_apply_says_so(read: Read) -> None:
    orders = one(read("create"), "aws_sfn_state_machine.orders", StateMachine)
    assert isinstance(orders.definition, Unread)
    assert "known only after apply" in orders.definition.reason
    assert "aws_lambda_function.charge.arn" in orders.definition.reason
    assert "--source" in orders.definition.reason
    assert isinstance(orders.logging, Logging)
    assert orders.logging.level is not None
    assert orders.logging.level.value == "ALL"
    assert isinstance(orders.logging.destinations, list)
    destination = orders.logging.destinations[0].value
    # It may be more than the group's ARN, and is: the plan does not say.
    assert isinstance(destination, Unknown)
    assert "aws_cloudwatch_log_group.orders.arn" in destination.reason


def test_roles_and_policies_are_linked_by_what_the_configuration_refers_to(read: Read) -> None:
    deployment = read("create")
    role = one(deployment, "aws_iam_role.workflow", Role)
    for name in ("orders", "audit"):
        machine = one(deployment, f"aws_sfn_state_machine.{name}", StateMachine)
        assert machine.role is not None
        assert machine.role.value == Reference("aws_iam_role.workflow", "arn")
        assert deployment.roles_of(machine) == [role]
    policies = deployment.policies_of(role)
    assert [policy.address for policy in policies.documents] == ["aws_iam_role_policy.workflow"]
    assert policies.state == "partial"


def test_a_policy_document_that_is_read_during_apply_is_put_together(read: Read) -> None:
    policy = one(read("create"), "aws_iam_role_policy.workflow", Policy)
    document = value(policy.document)
    assert document["Version"] == "2012-10-17"
    invoke, store = document["Statement"]
    assert store == {
        "Sid": "Store",
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::orders/*",
    }
    assert invoke["Action"] == "lambda:InvokeFunction"
    assert len(invoke["Resource"]) == 2
    assert isinstance(policy.document, Document)
    reasons = {unknown.reason for unknown in unknowns(policy.document.value)}
    assert len(reasons) == 1
    assert "aws_lambda_function.charge.arn" in reasons.pop()


def test_a_data_source_that_was_read_is_known(read: Read) -> None:
    deployment = read("create")
    role = one(deployment, "aws_iam_role.workflow", Role)
    condition = value(role.trust)["Statement"][0]["Condition"]
    assert condition == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    caller = deployment.find("data.aws_caller_identity.current")[0]
    assert caller.type == "data.aws_caller_identity"
    assert plain(caller.attributes)["account_id"] == "123456789012"


def test_a_data_source_that_is_read_again_is_there_once(
    read: Read, load: Callable[[str], dict[str, Any]]
) -> None:
    plan = load("create")
    known = plan["prior_state"]["values"]["root_module"]["resources"][0]
    change = {"actions": ["read"], "after": {}, "after_unknown": {"json": True, "id": True}}
    plan["resource_changes"].append({**known, "change": change})
    assert len(read(plan).find(known["address"])) == 1


def test_an_update_is_read_as_it_will_be(read: Read) -> None:
    deployment = read("update")
    machine = one(deployment, "aws_sfn_state_machine.reports", StateMachine)
    assert value(machine.definition)["States"]["Read"]["Retry"][0]["MaxAttempts"] == 5
    policy = one(deployment, "aws_iam_role_policy.table", Policy)
    assert value(policy.document)["Statement"][0]["Action"] == ["dynamodb:*"]
    role = one(deployment, "aws_iam_role.workflow", Role)
    assert deployment.roles_of(machine) == [role]
    assert "aws_iam_role_policy.export[0]" not in addresses(deployment)


def test_policies_of_their_own_are_not_those_of_the_roles_block(read: Read) -> None:
    """The provider reads back all policies of a role: also what this plan changes or deletes."""
    deployment = read("update")
    role = one(deployment, "aws_iam_role.workflow", Role)
    assert role.inline == []
    assert role.attached == []
    policies = deployment.policies_of(role)
    assert [policy.name for policy in policies.documents] == ["table"]
    assert [plain(one) for one in policies.managed] == [
        "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
    ]
    assert policies.state == "full"


def test_a_policy_of_a_role_that_nobody_manages_stays(
    read: Read, load: Callable[[str], dict[str, Any]]
) -> None:
    plan = load("update")
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    for change in plan["resource_changes"]:
        if change["address"] == "aws_iam_role.workflow":
            change["change"]["after"]["inline_policy"].append({"name": "hand", "policy": document})
            change["change"]["after"]["managed_policy_arns"].append("arn:aws:iam::aws:policy/Hand")
    role = one(read(plan), "aws_iam_role.workflow", Role)
    assert [policy.name for policy in role.inline] == ["hand"]
    assert [plain(one) for one in role.attached] == ["arn:aws:iam::aws:policy/Hand"]


def test_what_aws_has_where_nothing_is_set_is_not_there(read: Read) -> None:
    """The provider keeps empty texts for what is absent."""
    machine = one(read("update"), "aws_sfn_state_machine.reports", StateMachine)
    assert isinstance(machine.logging, Logging)
    assert machine.logging.level is not None
    assert machine.logging.level.value == "OFF"
    assert machine.logging.destinations == []
    assert isinstance(machine.encryption, Encryption)
    assert machine.encryption.key is None
    role = one(read("update"), "aws_iam_role.workflow", Role)
    assert role.boundary is None


def test_a_replacement_is_read_as_it_will_be(read: Read) -> None:
    deployment = read("replace")
    machine = one(deployment, "aws_sfn_state_machine.cleanup", StateMachine)
    assert machine.name is not None
    assert machine.name.value == "cleanup-v2"
    assert [role.address for role in deployment.roles_of(machine)] == ["aws_iam_role.workflow"]


def test_what_does_not_change_is_read(read: Read) -> None:
    deployment = read("no-op")
    assert addresses(deployment) == {"aws_iam_role.workflow", "aws_sfn_state_machine.nightly"}
    machine = deployment.state_machines[0]
    assert value(machine.definition)["StartAt"] == "Wait"
    assert [role.address for role in deployment.roles_of(machine)] == ["aws_iam_role.workflow"]


def test_what_is_destroyed_is_not_there(read: Read) -> None:
    assert read("destroy").resources == []


def test_links_go_through_modules_and_their_instances(read: Read) -> None:
    deployment = read("modules")
    assert addresses(deployment, StateMachine) == {
        'module.workflow["invoices"].aws_sfn_state_machine.this[0]',
        'module.workflow["refunds"].aws_sfn_state_machine.this[0]',
    }
    role = one(deployment, "module.role.aws_iam_role.this[0]", Role)
    for machine in deployment.state_machines:
        assert deployment.roles_of(machine) == [role]
    # for_each over the instances of a module, then an output of each.
    assert [policy.address for policy in deployment.policies_of(role).documents] == [
        'module.workflow["invoices"].aws_iam_policy.send',
        'module.workflow["refunds"].aws_iam_policy.send',
    ]
    for key in ("invoices", "refunds"):
        attachment = one(
            deployment, f'aws_iam_role_policy_attachment.send["{key}"]', PolicyAttachment
        )
        assert attachment.policy is not None
        assert attachment.policy.value == Reference(
            f'module.workflow["{key}"].aws_iam_policy.send', "arn"
        )


def test_the_tags_of_the_provider_count(read: Read) -> None:
    deployment = read("modules")
    machine = one(
        deployment, 'module.workflow["refunds"].aws_sfn_state_machine.this[0]', StateMachine
    )
    assert isinstance(machine.tags, Tags)
    assert {key: plain(tag) for key, tag in machine.tags.values.items()} == {
        "owner": "payments",
        "workflow": "refunds",
    }
    assert machine.tags.unread is None


def test_the_tags_of_the_provider_count_where_the_plan_leaves_them_open(
    read: Read, load: Callable[[str], dict[str, Any]]
) -> None:
    plan = load("create")
    providers = plan["configuration"]["provider_config"]["aws"]["expressions"]
    address = "aws_sfn_state_machine.audit"
    providers["default_tags"] = [{"tags": {"constant_value": {"owner": "a"}}}]
    tags = one(read(plan), address, StateMachine).tags
    assert isinstance(tags, Tags)
    assert {key: plain(tag) for key, tag in tags.values.items()} == {"owner": "a"}
    assert tags.unread is None
    providers["default_tags"] = [{"tags": {"references": ["local.tags"]}}]
    tags = one(read(plan), address, StateMachine).tags
    assert isinstance(tags, Tags)
    assert tags.unread is not None


SECRETS = ("hush-token", "hush-address")


def test_what_is_sensitive_is_masked(read: Read) -> None:
    deployment = read("sensitive")
    machine = one(deployment, "aws_sfn_state_machine.calls", StateMachine)
    assert isinstance(machine.definition, Unread)
    assert "sensitive" in machine.definition.reason
    parameter = deployment.find("module.mail.aws_ssm_parameter.password")[0]
    masked = parameter.attributes.get("value")
    assert masked is not None
    assert masked.sensitive
    for resource in deployment.resources:
        content = repr(plain(resource.attributes))
        assert not any(secret in content for secret in SECRETS), resource.address


def test_a_tag_that_is_sensitive_is_masked_among_all_tags(read: Read) -> None:
    """Terraform marks `tags`, not `tags_all`, which repeats them."""
    role = one(read("sensitive"), "aws_iam_role.workflow", Role)
    assert isinstance(role.tags, Tags)
    assert role.tags.values["token"].sensitive
    assert plain(role.tags.values["stage"]) == "test"
