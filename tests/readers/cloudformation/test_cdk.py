"""What the CDK writes beside and into its templates: construct paths and assets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Unread

Read = Callable[..., Deployment]

KEY = "0123abcd.json"
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Machine2E01A3A5": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionS3Location": {
                    "Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"},
                    "Key": KEY,
                },
                "DefinitionSubstitutions": {"Fn": {"Fn::GetAtt": ["Function", "Arn"]}},
                "RoleArn": "arn:aws:iam::123456789012:role/r",
            },
            "Metadata": {"aws:cdk:path": "Stack/Machine/Resource"},
        },
        "Function": {"Type": "AWS::Lambda::Function"},
    }
}
DEFINITION = '{"StartAt": "A",\n "States": {"A": {"Type": "Task", "Resource": "${Fn}"}}}'
ASSETS = {
    "files": {
        "0123abcd": {
            "source": {"path": "asset.0123abcd.json", "packaging": "file"},
            "destinations": {"current": {"bucketName": "b", "objectKey": KEY}},
        }
    }
}
MANIFEST = {
    "artifacts": {
        "Stack.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": "Stack.assets.json"},
        },
        "Stack": {"type": "aws:cloudformation:stack"},
    }
}


def synthesized(read: Read, files: dict[str, Any], template: Any = TEMPLATE) -> Deployment:
    written = {
        name: content if isinstance(content, str) else json.dumps(content)
        for name, content in files.items()
    }
    return read(json.dumps(template, indent=1), "Stack.template.json", files=written)


def test_a_definition_that_is_an_asset_is_read(read: Read) -> None:
    for manifest in ({"manifest.json": MANIFEST}, {}):
        deployment = synthesized(
            read,
            {"Stack.assets.json": ASSETS, "asset.0123abcd.json": DEFINITION, **manifest},
        )
        assert deployment.errors == []
        machine = deployment.state_machines[0]
        assert isinstance(machine.definition, Document)
        place = machine.definition.locate(("States", "A", "Resource"))
        assert place is not None
        assert (place.path, place.line, place.text) == ("asset.0123abcd.json", 2, '"${Fn}"')


def test_the_construct_path_is_the_label(read: Read) -> None:
    deployment = synthesized(read, {})
    assert [one.label for one in deployment.resources] == ["Stack/Machine/Resource", ""]


def test_without_the_assets_the_definition_is_in_s3(read: Read) -> None:
    for files in (
        {},
        {"Stack.assets.json": "{"},
        {"Stack.assets.json": [], "manifest.json": {"artifacts": {"a": 1}}},
        {"manifest.json": MANIFEST},
    ):
        machine = synthesized(read, files).state_machines[0]
        assert isinstance(machine.definition, Unread)
        assert "it is stored in S3, at s3://cdk-assets-${AWS::AccountId}" in (
            machine.definition.reason
        )


def test_a_nested_stack_is_found_by_its_asset(read: Read) -> None:
    template = {
        "Resources": {
            "Nested": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", "x/y.json"]]}},
                "Metadata": {
                    "aws:cdk:path": "Stack/Nested.NestedStack/Nested.NestedStackResource",
                    "aws:asset:path": "StackNested.nested.template.json",
                    "aws:asset:property": "TemplateURL",
                },
            }
        }
    }
    nested = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}
    deployment = synthesized(read, {"StackNested.nested.template.json": nested}, template)
    assert deployment.errors == []
    assert [one.address for one in deployment.resources] == ["Nested", "Nested.Table"]


def test_an_asset_outside_the_root_is_not_read(read: Read) -> None:
    assets = json.loads(json.dumps(ASSETS).replace("asset.0123abcd.json", "../../secret.json"))
    deployment = synthesized(read, {"Stack.assets.json": assets})
    assert [one.message for one in deployment.errors if "outside the scanned root" in one.message]
    assert isinstance(deployment.state_machines[0].definition, Unread)
