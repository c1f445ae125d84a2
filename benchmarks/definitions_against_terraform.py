"""Compares what stepguard evaluates with what terraform plans, document by document.

    python benchmarks/definitions_against_terraform.py make --work DIR --plugins DIR --moto COMMAND
        REPOSITORY ...
    python benchmarks/definitions_against_terraform.py compare --work DIR
    python benchmarks/definitions_against_terraform.py plans --plans DIR [--sources DIR]

`make` copies repositories into DIR, changes the copies so that they can be planned offline
(offline_configuration.py), and plans every root module that has a state machine, with moto for
AWS: once before anything is there, and once more after it was applied, when everything is known.
`compare` evaluates the same copies with the same variables. A reference of ours counts as what
the plan says that it is; then the documents must be equal as JSON. `plans` reads plans, alone and
with their sources, and counts the definitions that are resolved, partial and not resolved; what
plans know is compared with what the sources say.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "checks"), str(ROOT / "benchmarks")]

from offline_configuration import add_output, complete, leave_out, neutralise  # noqa: E402 - after the path to it

from stepguard.deployment.documents import Document  # noqa: E402
from stepguard.deployment.graph import Deployment  # noqa: E402
from stepguard.deployment.resources import Policy, Resource, Role, StateMachine  # noqa: E402
from stepguard.deployment.values import (  # noqa: E402
    REMOVED,
    Hole,
    OneOf,
    OpenDict,
    OpenList,
    PartlyKnownKey,
    Reference,
    Text,
    Unknown,
    render,
)
from stepguard.deployment.workflow import read_workflow  # noqa: E402
from stepguard.readers.files import ProjectFiles  # noqa: E402
from stepguard.readers.plan.merging import without_spans  # noqa: E402
from stepguard.readers.plan.reader import read_plan  # noqa: E402
from stepguard.readers.terraform.reader import (  # noqa: E402
    TerraformOptions,
    find_root_modules,
    read_root_module,
)

SECONDS = 1500
ATTEMPTS = 12
MISSING_FILE = re.compile(r'(?:no file exists at|open|stat) "?([^":\n]+?)"?[;:]')
STATE_FILES = ("terraform.tfstate", "terraform.tfstate.backup", "plan")
DOCUMENTS = {
    "aws_sfn_state_machine": "definition",
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_policy": "policy",
}


def plan_maker() -> ModuleType:
    """Return the module that runs terraform against moto."""
    path = ROOT / "tests" / "readers" / "plan" / "make_plans.py"
    spec = importlib.util.spec_from_file_location("make_plans", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Making plans


def make(options: argparse.Namespace) -> None:
    """Plan every root module of some repositories that has a state machine."""
    maker = plan_maker()
    work = options.work.resolve()
    with maker.aws(shlex.split(options.moto)) as endpoint:
        for repository in options.repositories:
            copy = work / repository.name
            if not copy.exists():
                ignored = shutil.ignore_patterns(".git", ".terraform", "node_modules")
                shutil.copytree(repository, copy, ignore=ignored, symlinks=True)
                neutralise(copy)
            for root in roots_with_machines(copy):
                if not (root / "outcome.json").exists():
                    outcome = plan_root(root, copy, options, endpoint, maker)
                    (root / "outcome.json").write_text(json.dumps(outcome, indent=1))
                    shown = root.relative_to(work)
                    error = outcome.get("error", "")
                    print(f"{shown}: {outcome['stages']} {error[:300]}", flush=True)


def roots_with_machines(directory: Path) -> list[Path]:
    """Return the root modules whose files, or those of their modules, name a state machine."""
    files = ProjectFiles(directory)
    found = []
    for root in find_root_modules(files, directory):
        deployment = evaluated(files, root)
        texts = [file.text for file in deployment.files if file.path.endswith(".tf")]
        if any("aws_sfn_state_machine" in text for text in texts):
            found.append(root)
    return found


def evaluated(files: ProjectFiles, root: Path) -> Deployment:
    """Return what stepguard reads in a directory."""
    return read_root_module(files, root, TerraformOptions())


def mended(error: str, repository: Path) -> bool:
    """Leave out what an error says cannot be planned; tells whether anything was."""
    changed = False
    for name in re.findall(r'does not have an attribute named "(\w+)"', error):
        changed |= add_output(repository, name)
    for data, kind, name in re.findall(
        r"with (?:module\.\S+?\.)*(data\.)?(aws_\w+)\.([\w-]+)", error
    ):
        if kind not in DOCUMENTS:
            changed |= leave_out(repository, "data" if data else "resource", kind, name)
    return changed


def plan_root(
    root: Path, repository: Path, options: argparse.Namespace, endpoint: str, maker: ModuleType
) -> dict[str, Any]:
    """Plan, apply and plan again; tells how far that went."""
    urllib.request.urlopen(  # noqa: S310 - moto on this machine
        urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 - as above
    ).close()
    complete(root)
    stages: list[str] = []
    begun = time.monotonic()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],
            cwd=root,
            env=maker.environment(endpoint, str(root / ".home")),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def try_to(*arguments: str, may_change: bool = True) -> str:
        """Run terraform; make or leave out what is missing, and try again."""
        for _ in range(ATTEMPTS):
            done = run(*arguments)
            if done.returncode == 0:
                return ""
            error = re.sub(r"[│╷╵\s]+", " ", done.stderr)
            missing = {name for name in MISSING_FILE.findall(error) if not (root / name).exists()}
            if not missing and not (may_change and mended(error, repository)):
                return error
            for name in missing:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"PK\x05\x06" + b"\0" * 18)
        return error

    try:
        error = try_to("init", "-backend=false", "-input=false", "-no-color",
                       f"-plugin-dir={Path(options.plugins).resolve()}")  # fmt: skip
        if not error:
            error = try_to("plan", "-input=false", "-out=plan")
        if not error:
            (root / "created.json").write_text(run("show", "-json", "plan").stdout)
            stages.append("planned")
            targets = [f"-target={address}" for address in machines_of(root / "created.json")]
            error = try_to("apply", "-auto-approve", "-input=false", *targets, may_change=False)
            stages.append("partly applied" if error else "applied")
            again = try_to("plan", "-input=false", "-out=plan", "-refresh=false", may_change=False)
            if not again:
                (root / "applied.json").write_text(run("show", "-json", "plan").stdout)
                stages.append("planned again")
    except subprocess.TimeoutExpired as expired:
        error = f"{' '.join(expired.cmd[:2])} took too long"
    finally:
        for name in STATE_FILES:
            (root / name).unlink(missing_ok=True)
        shutil.rmtree(root / ".home", ignore_errors=True)
    return {"stages": stages, "error": error, "seconds": round(time.monotonic() - begun)}


def machines_of(path: Path) -> list[str]:
    """Return the addresses of a plan's state machines."""
    plan = json.loads(path.read_text(encoding="utf-8"))
    return [
        change["address"]
        for change in plan.get("resource_changes", [])
        if change["type"] == "aws_sfn_state_machine"
    ]


# Comparing


@dataclass
class Plan:
    """The values that a plan knows: planned ones, and those of data sources that were read."""

    content: dict[str, Any]
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    bare: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for state in (self.content.get("prior_state", {}).get("values"),
                      self.content.get("planned_values")):  # fmt: skip
            self._add((state or {}).get("root_module", {}))
        for address in self.values:
            self.bare.setdefault(re.sub(r"\[[^\]]*\]", "", address), []).append(address)

    def _add(self, module: dict[str, Any]) -> None:
        for resource in module.get("resources", []):
            self.values[resource["address"]] = resource.get("values", {})
        for child in module.get("child_modules", []):
            self._add(child)

    def known(self, reference: Reference) -> Any:
        """Return the value of a reference; raises `KeyError` when the plan does not know it."""
        pseudo = {
            "AWS::AccountId": "123456789012",
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        if reference.target in pseudo:
            return pseudo[reference.target]
        addresses = [reference.target] if reference.target in self.values else []
        addresses = addresses or self.bare.get(reference.target, [])
        if len(addresses) != 1:
            raise KeyError(reference.target)
        value: Any = self.values[addresses[0]]
        for name, index in re.findall(r'([\w-]+)|\[(\d+|"[^"]*")\]', reference.attribute):
            if name:
                value = value[int(name) if isinstance(value, list) else name]
            else:
                value = value[json.loads(index)]
        if value is None:
            raise KeyError(reference.attribute)
        return value

    @property
    def region(self) -> str:
        """The region of the provider."""
        for values in self.values.values():
            found = re.match(r"arn:aws:[a-z]+:([a-z]+-[a-z]+-\d):", str(values.get("arn")))
            if found:
                return found[1]
        for address, values in self.values.items():
            if ".aws_region." in f".{address}":
                return str(values.get("name") or values.get("id"))
        provider = self.content["configuration"].get("provider_config", {}).get("aws", {})
        region = provider.get("expressions", {}).get("region", {})
        references = region.get("references")
        if references:
            variables = self.content.get("variables", {})
            return str(variables.get(references[0].removeprefix("var."), {}).get("value"))
        return str(region.get("constant_value") or "eu-west-1")


class NotKnownError(Exception):
    """Something in our value is not known."""


def filled(value: Any, plan: Plan) -> Any:
    """Return a value of ours with what the plan knows; raises `NotKnownError`."""
    if isinstance(value, Reference):
        try:
            return plan.known(value)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise NotKnownError(f"reference {value.target}.{value.attribute}") from error
    if isinstance(value, Unknown):
        raise NotKnownError(f"{value.expression} ({value.reason})")
    if isinstance(value, OneOf):
        raise NotKnownError(f"choice {value.condition}")
    if isinstance(value, Text):
        return "".join(
            str(filled(part.value, plan)) if isinstance(part, Hole) else part.text
            for part in value.parts
        )
    if isinstance(value, (OpenDict, OpenList)):
        raise NotKnownError(f"open: {render(value.rest)}")
    if isinstance(value, dict):
        return {
            str(filled(key.text, plan)) if isinstance(key, PartlyKnownKey) else key:
                filled(member, plan)
            for key, member in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [filled(element, plan) for element in value if element is not REMOVED]
    return value


def document_of(resource: Resource) -> object:
    """Return the document of a machine, role or policy."""
    if isinstance(resource, StateMachine):
        return resource.definition
    if isinstance(resource, Role):
        return resource.trust
    return resource.document if isinstance(resource, Policy) else None


def difference(ours: Any, theirs: Any, path: str = "") -> str:
    """Return the first difference between two JSON values; empty when there is none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            if key not in ours or key not in theirs:
                return f"{path}.{key}: only {'terraform' if key in theirs else 'stepguard'} has it"
            found = difference(ours[key], theirs[key], f"{path}.{key}")
            if found:
                return found
        return ""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            found = difference(one, other, f"{path}[{number}]")
            if found:
                return found
        return ""
    same = ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
    return "" if same else f"{path}: {str(ours)[:120]!r} but terraform has {str(theirs)[:120]!r}"


def compare(options: argparse.Namespace) -> None:
    """Compare every document that terraform knows; prints each that is not equal."""
    totals: Counter[tuple[str, str, str]] = Counter()
    machines: dict[str, set[str]] = {}
    work = options.work.resolve()
    for outcome in sorted(work.rglob("outcome.json")):
        root = outcome.parent
        files = ProjectFiles(work / root.relative_to(work).parts[0])
        deployment = evaluated(files, root)
        for stage in ("created", "applied"):
            path = root / f"{stage}.json"
            if not path.exists():
                continue
            plan = Plan(json.loads(path.read_text()))
            for address, verdict in compare_plan(plan, deployment):
                kind = address.rsplit(".", 2)[-2]
                result = "equal" if not verdict else "different"
                totals[stage, kind, result] += 1
                if kind == "aws_sfn_state_machine":
                    name = f"{root.relative_to(work)} {address}"
                    machines.setdefault(name, set()).add(result)
                if verdict:
                    print(f"{stage} {root.relative_to(work)} {address}\n    {verdict}")
    for (stage, kind, result), count in sorted(totals.items()):
        print(f"{stage:8} {kind:24} {result:10} {count}")
    equal = sum(results == {"equal"} for results in machines.values())
    print(f"{len(machines)} machines whose definition terraform shows, {equal} equal")


def compare_plan(plan: Plan, deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Yield the address of each document that a plan knows, and how ours differs."""
    for change in plan.content.get("resource_changes", []):
        attribute = DOCUMENTS.get(change["type"])
        after = change["change"].get("after") or {}
        if attribute is None or change["mode"] != "managed" or after.get(attribute) is None:
            continue
        try:
            theirs = json.loads(after[attribute])
        except ValueError:
            continue
        yield change["address"], compare_document(theirs, change["address"], plan, deployment)


def compare_document(theirs: Any, address: str, plan: Plan, deployment: Deployment) -> str:
    """Return how our document at an address differs from terraform's; empty when it is equal."""
    found = deployment.find(address) or deployment.find(re.sub(r"\[[^\]]*\]", "", address))
    if not found:
        return "stepguard has no such resource"
    answers = []
    for resource in found:
        document = document_of(resource)
        if not isinstance(document, Document):
            answers.append(f"not read: {getattr(document, 'reason', document)}")
            continue
        try:
            answers.append(difference(filled(document.value, plan), theirs))
        except NotKnownError as error:
            answers.append(f"not known: {error}")
    # Of several alternatives, one must be it.
    return "" if "" in answers else " | ".join(answers[:3])


# Plans as they are


def plans(options: argparse.Namespace) -> None:
    """Count how far definitions are known from plans alone, and with their sources."""
    counts: dict[str, Counter[str]] = {"alone": Counter(), "with sources": Counter()}
    compared: Counter[tuple[str, str]] = Counter()
    for path in sorted(options.plans.rglob("*.json")):
        relative = path.relative_to(options.plans).parent
        sources = None if options.sources is None else options.sources / relative
        for name, source in (("alone", None), ("with sources", sources)):
            if name == "with sources" and (source is None or not source.is_dir()):
                continue
            also = () if source is None else (options.sources / relative.parts[0], source)
            files = ProjectFiles(path.parent, path.parent.as_posix(), also)
            deployment = read_plan(files, path, source=source, options=TerraformOptions())
            for error in deployment.errors:
                print(f"{relative} ({name}): {error.path}: {error.message}")
            for machine in deployment.state_machines:
                state, reason = "unresolved", ""
                if isinstance(machine.definition, Document):
                    state = read_workflow(machine.definition, deployment).definition_state
                else:
                    reason = machine.definition.reason
                counts[name][state] += 1
                roles = [role.address for role in deployment.roles_of(machine)]
                counts[name]["role found" if roles else "role not found"] += 1
                if options.verbose or (name == "with sources" and state != "resolved"):
                    print(f"{relative} ({name}) {machine.address}: {state} {roles} {reason[:200]}")
        if sources is not None and sources.is_dir():
            compared.update(
                compare_with_sources(path, sources, options.sources / relative.parts[0])
            )
    for name, counter in counts.items():
        print(name, dict(counter))
    for (kind, result), count in sorted(compared.items()):
        print(f"{kind:24} {result:10} {count}")


def compare_with_sources(path: Path, sources: Path, root: Path) -> Counter[tuple[str, str]]:
    """Compare the documents that a plan knows with those of its sources, evaluated without it."""
    plan = Plan(json.loads(path.read_text(encoding="utf-8")))
    variables = {
        name: without_spans(variable.get("value"))
        for name, variable in plan.content.get("variables", {}).items()
    }
    deployment = read_root_module(
        ProjectFiles(root), sources, TerraformOptions(variables=variables)
    )
    compared: Counter[tuple[str, str]] = Counter()
    for address, verdict in compare_plan(plan, deployment):
        compared[address.rsplit(".", 2)[-2], "different" if verdict else "equal"] += 1
        if verdict:
            print(f"{sources} {address}\n    {verdict}")
    return compared


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("make")
    making.add_argument("--work", type=Path, required=True)
    making.add_argument("--plugins", default=os.environ.get("STEPGUARD_TERRAFORM_PLUGINS"))
    making.add_argument("--moto", default=os.environ.get("STEPGUARD_MOTO_SERVER", "moto_server"))
    making.add_argument("repositories", type=Path, nargs="+")
    making.set_defaults(run=make)
    comparing = commands.add_parser("compare")
    comparing.add_argument("--work", type=Path, required=True)
    comparing.set_defaults(run=compare)
    reading = commands.add_parser("plans")
    reading.add_argument("--plans", type=Path, required=True)
    reading.add_argument("--sources", type=Path)
    reading.add_argument("--verbose", action="store_true")
    reading.set_defaults(run=plans)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
