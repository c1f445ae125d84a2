"""Makes the data file on what AWS's managed policies allow, by service.

    python generators/managed_policies.py

Run it in an environment that has moto, which keeps the policies as IAM gives them out. The file
does not hold the policies: of each it says which services it allows whole, which it allows
something of, and, for a policy of a few actions, which these are.
`checks/stepguard/data/README.md` describes the result.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

DATA = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "data"
FEW = 9
"""A policy with no more action patterns than that is given by them."""

MANY = 20
"""A policy that allows something of more services than that is taken to allow it of any."""

FOR_ROLES = ("/", "/service-role/", "/job-function/")
"""Paths of policies that can be attached to a role; the others are those of AWS's own roles."""

WANTED = re.compile(
    r".*(FullAccess(V\d)?|ReadOnlyAccess|WriteOnlyAccess|DaemonWriteAccess|PowerUserAccess)"
    r"|AdministratorAccess|AWSLambda\w+|AWSStepFunctions\w+|AmazonAPIGateway\w+"
    r"|AWSBatchService\w+|AmazonECSTaskExecutionRolePolicy|AmazonEC2ContainerServiceEventsRole"
    r"|AWSGlueServiceRole|AmazonElasticMapReduceRole|AmazonSSMManagedInstanceCore"
)
"""Names of policies that people attach to roles of workflows."""


def shape(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return what a policy allows.

    `whole` are services with all their actions on everything (`*`: all services), `all_but` those
    that are left out where the policy allows all others, `actions` further patterns that it allows
    on everything, and `partly` services of which it allows something that is not in the data.
    """
    whole: set[str] = set()
    actions: set[str] = set()
    partly: set[str] = set()
    found: dict[str, list[str]] = {}
    for statement in _list(document["Statement"]):
        simple = set(statement) <= {"Sid", "Effect", "Action", "NotAction", "Resource"}
        simple = simple and statement["Effect"] == "Allow" and _list(statement["Resource"]) == ["*"]
        if "NotAction" in statement:
            left_out = sorted({one.partition(":")[0] for one in _list(statement["NotAction"])})
            if not simple or "all_but" in found:
                return {"partly": ["*"]}
            found["all_but"] = left_out
            continue
        for action in _list(statement["Action"]):
            service, _, name = action.partition(":")
            if not simple:
                partly.add(service)
            elif name in ("", "*"):
                whole.add(service)
            else:
                actions.add(action)
    patterns = {one for one in actions if one.partition(":")[0] not in whole}
    if len(patterns) > FEW:
        partly |= {one.partition(":")[0] for one in patterns}
        patterns = set()
    found["whole"] = sorted(whole)
    found["partly"] = sorted(partly - whole) if len(partly) <= MANY else ["*"]
    found["actions"] = sorted(patterns)
    return {name: values for name, values in found.items() if values}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def main() -> None:
    """Write the data file."""
    policies = json.loads(aws_managed_policies_data)
    shapes = {
        name: shape(policy["Document"])
        for name, policy in sorted(policies.items())
        if policy["Path"] in FOR_ROLES and WANTED.fullmatch(name)
    }
    header = {
        "library": "moto",
        "version": importlib.metadata.version("moto"),
        "newest": max(policy["CreateDate"] for policy in policies.values())[:10],
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "url": "https://github.com/getmoto/moto",
        "licence": "Apache-2.0",
        "generator": "generators/managed_policies.py",
    }
    rows = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}"
        for name, one in shapes.items()
    )
    head = json.dumps({"source": header}, indent=1)[:-2]
    text = f'{head},\n "policies": {{\n{rows}\n }}\n}}\n'
    (DATA / "managed_policy_shapes.json").write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(shapes)} policies, {len(text)} characters\n")


if __name__ == "__main__":
    main()
