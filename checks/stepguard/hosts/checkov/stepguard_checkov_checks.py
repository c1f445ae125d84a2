"""One checkov check for each rule; `checkov --external-checks-dir` loads this file.

checkov loads it anew in every process that it starts, so it imports nothing but checkov and a
table. The engine is imported when the first resource is asked about.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from checkov.cloudformation.checks.resource.registry import cfn_registry
from checkov.common.bridgecrew.severities import Severities
from checkov.common.checks.base_check import BaseCheck
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.registry import data_registry
from checkov.terraform.checks.resource.registry import resource_registry

_ARCHIVE = Path(__file__).with_name("stepguard.zip")
if _ARCHIVE.exists():
    # The pack of the git branch, which works without installation, brings the package with it.
    sys.path.insert(0, str(_ARCHIVE))

from stepguard.hosts.checkov_bridge.rule_table import (  # noqa: E402 - the archive comes first
    CLOUDFORMATION,
    RULES,
    TERRAFORM,
    TERRAFORM_DATA,
    RuleRow,
)
from stepguard.hosts.checkov_bridge.visit import (  # noqa: E402 - as above
    is_needless,
    named_checks,
)

_REGISTRIES = (
    (resource_registry, TERRAFORM),
    (data_registry, TERRAFORM_DATA),
    (cfn_registry, CLOUDFORMATION),
)


class StepguardCheck(BaseCheck):
    """A rule as checkov sees it.

    checkov reads `name`, `details` and `entity_type` after `run`, from the one object that all
    its runners share. Where those run in threads, each has its own.
    """

    def __init__(self, rule: RuleRow) -> None:
        self._own = threading.local()
        self._rule = rule
        super().__init__(
            name=rule.title,
            id=rule.id,
            categories=[CheckCategories[rule.category]],
            supported_entities=[],
            block_type="resource",
            guideline=rule.guideline,
        )
        self.severity = Severities[rule.severity]
        for registry, kinds in _REGISTRIES:
            self.supported_entities = [
                type_name for kind in rule.kinds for type_name in kinds.get(kind, ())
            ]
            registry.register(self)

    @property
    def name(self) -> str:
        """The rule's title; on a failure whose details checkov drops, with what was found."""
        return getattr(self._own, "name", self._rule.title)

    @name.setter
    def name(self, value: str) -> None:
        self._own.name = value

    @property
    def details(self) -> list[str]:
        """One line for each finding about the resource that was asked about last."""
        return getattr(self._own, "details", [])

    @details.setter
    def details(self, value: list[str]) -> None:
        self._own.details = value

    @property
    def entity_type(self) -> str:
        """The type of the resource that was asked about last."""
        return getattr(self._own, "entity_type", "")

    @entity_type.setter
    def entity_type(self, value: str) -> None:
        self._own.entity_type = value

    def run(
        self,
        scanned_file: str,  # noqa: ARG002 - checkov's signature
        entity_configuration: dict[str, Any],
        entity_name: str,
        entity_type: str,
        skip_info: dict[str, Any],
    ) -> dict[str, Any]:
        """Look up what the rule says about a resource. Never raises: checkov would hide it."""
        from stepguard.hosts.checkov_bridge.answers import answer

        self.entity_type = entity_type
        self.name = self._rule.title
        self.details = []
        found = answer(self._rule, entity_configuration, entity_type, entity_name)
        if entity_type in _unchecked_otherwise:
            from stepguard.hosts.checkov_bridge.inventory import note

            note(entity_configuration, is_judged=found.result != "UNKNOWN")
        result: dict[str, Any] = {"result": CheckResult[found.result], "evaluated_keys": []}
        if skip_info and found.result != "UNKNOWN":
            result["result"] = CheckResult.SKIPPED
            result["suppress_comment"] = skip_info["suppress_comment"]
            return result
        if found.headline:
            self.name = f"{self._rule.title}: {found.headline}"
        self.details = list(found.details)
        if found.result == "SKIPPED":
            result["suppress_comment"] = found.comment
        return result

    def scan_entity_conf(self, conf: dict[str, Any], entity_type: str) -> CheckResult:
        """Not called: `run` needs the resource's name, which checkov does not pass on."""
        raise NotImplementedError


def _register() -> frozenset[str]:
    """Register the checks; returns the types for which checkov has no check of its own."""
    own = {rule.id for rule in RULES}
    types = [
        (registry, type_name)
        for registry, kinds in _REGISTRIES
        for names in kinds.values()
        for type_name in names
    ]
    known = {check.id for registry, name in types for check in registry.checks.get(name, ())}
    named = named_checks()
    # Rules of the pedantic tier are registered only where they may be asked for.
    has_options = any(Path(name).exists() for name in ("stepguard.toml", "pyproject.toml"))
    for rule in RULES:
        if rule.id not in known and (not rule.pedantic or has_options or rule.id in named):
            StepguardCheck(rule)
    return frozenset(
        name
        for registry, name in types
        if all(check.id in own for check in registry.get_checks(name))
    )


_unchecked_otherwise = frozenset() if is_needless() else _register()
