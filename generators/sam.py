"""Makes the data files on SAM out of aws-sam-translator, the reference implementation.

Run it in an environment that has that library (it is no dependency of the project):

    python generators/sam.py

What it writes is described in `checks/stepguard/data/README.md`.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

LIBRARY = "aws-sam-translator"
DATA = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "data"

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PROFILE_VARIABLE = re.compile(r"%\{([\w.]+)\}")
_ROLE_POLICY = "AWS_IAM_ROLE_MANAGED_POLICY"
_LOGICAL_ID = "%{logicalId}"


class UnexpectedContentError(Exception):
    """The library's data has something that the files made here cannot say."""


def policy_templates() -> dict[str, Any]:
    """Return each policy template's parameters and statements.

    A parameter stands in a text as `${Name}`, a pseudo parameter as `${AWS::Region}`. Raises
    `UnexpectedContentError` for any other intrinsic function.
    """
    source = _library_file("policy_templates_data/policy_templates.json")
    templates = {}
    for name, template in sorted(source["Templates"].items()):
        parameters = sorted(template["Parameters"])
        statements = _inline(template["Definition"]["Statement"], parameters)
        if list(template["Definition"]) != ["Statement"]:
            raise UnexpectedContentError(f"{name} has more than statements")
        templates[name] = {"parameters": parameters, "statements": statements}
    return {"templates": templates}


def connectors() -> dict[str, Any]:
    """Return what a connector grants, and where its ends have their ARN and role.

    `profiles` is by source and destination type. Those that make a policy for the role of one
    end say which end and which statements; for the others only the `kind` is kept, since they
    grant no role anything. In the statements' texts `${DestinationArn}` stands for an attribute of
    one end. `resources` says for each type which property names its role and
    which attribute gives its ARN and the like (`""`: what `Ref` returns).
    """
    source = _library_file("model/connector_profiles/profiles.json")
    profiles = {
        start: {end: _profile(profile) for end, profile in sorted(ends.items())}
        for start, ends in sorted(source["Permissions"].items())
    }
    resources = {
        type_: _resource(properties)
        for type_, properties in sorted(source["CfnResourceProperties"].items())
    }
    return {"profiles": profiles, "resources": resources}


def managed_policies() -> dict[str, Any]:
    """Return the names of the AWS managed policies of the partition `aws`, by their path."""
    source = _library_file("internal/data/aws_managed_policies.json")
    paths: dict[str, list[str]] = {}
    for name, arn in sorted(source["aws"].items()):
        prefix = "arn:aws:iam::aws:policy/"
        if not arn.startswith(prefix) or not arn.endswith(name):
            raise UnexpectedContentError(f"{arn} is not the ARN of {name}")
        paths.setdefault(arn[len(prefix) : -len(name)], []).append(name)
    return {"paths": dict(sorted(paths.items()))}


MADE = {
    "sam_policy_templates": policy_templates,
    "sam_connectors": connectors,
    "aws_managed_policies": managed_policies,
}
"""The data files' names, and what makes their content."""


def _library_file(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        files("samtranslator").joinpath(path).read_text(encoding="utf-8")
    )
    return content


def _inline(value: Any, parameters: list[str]) -> Any:
    """Return a part of a policy template with its intrinsic functions written into the texts."""
    if isinstance(value, list):
        return [_inline(element, parameters) for element in value]
    if isinstance(value, dict):
        if len(value) == 1 and "Ref" in value:
            return _reference(value, parameters)
        if len(value) == 1 and "Fn::Sub" in value:
            return _substituted(value["Fn::Sub"], parameters)
        for key in value:
            if key == "Ref" or key.startswith("Fn::"):
                raise UnexpectedContentError(f"intrinsic function {key}")
        return {key: _inline(member, parameters) for key, member in value.items()}
    if isinstance(value, str) and "${" in value:
        raise UnexpectedContentError(f"{value} is not substituted")
    return value


def _reference(value: Mapping[str, str], parameters: list[str]) -> str:
    if value["Ref"] not in parameters:
        raise UnexpectedContentError(f"{value['Ref']} is no parameter")
    return "${" + value["Ref"] + "}"


def _substituted(value: Any, parameters: list[str]) -> str:
    text, variables = (value, {}) if isinstance(value, str) else value

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in variables:
            return _reference(variables[name], parameters)
        if not name.startswith("AWS::"):
            raise UnexpectedContentError(f"{name} is neither a variable nor a pseudo parameter")
        return match.group()

    return _VARIABLE.sub(replace, text)


def _profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    if profile["Type"] != _ROLE_POLICY:
        return {"kind": profile["Type"]}
    properties = profile["Properties"]
    made: dict[str, Any] = {
        "kind": _ROLE_POLICY,
        "role_of": "source" if properties["SourcePolicy"] else "destination",
        "access": {
            name: _connector_texts(category["Statement"])
            for name, category in properties["AccessCategories"].items()
        },
    }
    if "ValidAccessCategories" in properties:
        made["combinations"] = [sorted(one) for one in properties["ValidAccessCategories"]]
    return made


def _connector_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_connector_texts(element) for element in value]
    if isinstance(value, dict):
        return {key: _connector_texts(member) for key, member in value.items()}
    if isinstance(value, str):
        return _PROFILE_VARIABLE.sub(lambda match: "${" + match[1].replace(".", "") + "}", value)
    return value


def _resource(properties: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"attributes": {}}
    role = properties.get("Inputs", {}).get("Role")
    if isinstance(role, str):
        made["role"] = role
    elif role == {"Function": "GetEventsRuleRole"}:
        # Each of a rule's targets has a role: the one of the target that the connector leads to.
        made["role_of_target"] = "RoleArn"
    elif role is not None:
        raise UnexpectedContentError(f"the role is given by {role}")
    for name, value in properties["Outputs"].items():
        if isinstance(value, str):
            made.setdefault("constants", {})[name] = value
        elif value == {"Ref": _LOGICAL_ID}:
            made["attributes"][name] = ""
        elif list(value) == ["Fn::GetAtt"] and value["Fn::GetAtt"][0] == _LOGICAL_ID:
            made["attributes"][name] = value["Fn::GetAtt"][1]
        else:
            raise UnexpectedContentError(f"{name} is given by {value}")
    return made


def main() -> None:
    """Write every data file, with the library's version and the day."""
    header = {
        "library": LIBRARY,
        "version": version(LIBRARY),
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "url": "https://github.com/aws/serverless-application-model",
        "licence": "Apache-2.0",
        "generator": "generators/sam.py",
    }
    for name, make in MADE.items():
        document = {"source": header, **make()}
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        path = DATA / f"{name}.json"
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: {len(text)} characters\n")


if __name__ == "__main__":
    main()
