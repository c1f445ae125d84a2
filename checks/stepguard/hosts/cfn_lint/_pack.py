"""One cfn-lint rule for each rule of stepguard, made from a table of them.

Two more belong to the pack alone, since cfn-lint knows only what was found: `I9000` lists what
could not be evaluated, and `E9000` what could not be read.

cfn-lint loads the pack for every template that it lints, so nothing but the table is read then;
what judges is imported for the first template that has to do with Step Functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from stepguard.guard import describe_defect
from stepguard.hosts.cfn_lint._options import ENABLED, OptionError, definition, given
from stepguard.hosts.cfn_lint._table import rows

if TYPE_CHECKING:
    from stepguard.hosts.cfn_lint._matches import Match, Shown

_NOWHERE = (0, 0, 0, 1)


class PackRule(CloudFormationLintRule):
    """What the rules of the pack share: they look up what is already known of the template.

    A class without an id, such as this one, is no rule to cfn-lint.
    """

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Return what stepguard says about a template. Never raises."""
        more: dict[str, object] = {}
        try:
            return list(self.found(cfn))
        except OptionError as error:
            message = str(error)
        except ImportError as error:
            message = f"stepguard cannot run here, see `stepguard doctor`: {error}"
            more["rule"] = NotReadRule()
        except Exception as error:
            message = describe_defect(error, "the cfn-lint pack")
            more["rule"] = NotReadRule()
        # With no path at all, an ignore in the metadata of any resource would hide it. What every
        # rule says alike under one id, cfn-lint shows once.
        return [RuleMatch(["Resources"], message, location=_NOWHERE, **more)]

    def found(self, cfn: Template) -> Iterator[RuleMatch]:
        """Yield what this rule has found in a template."""
        raise NotImplementedError


def _made(matches: Iterable[Match], **more: object) -> Iterator[RuleMatch]:
    for one in matches:
        yield RuleMatch(list(one.path), one.message, location=one.location, **more)


class FindingsRule(PackRule):
    """A rule of stepguard; `own_id` is its id there, `options` are described in `_options`."""

    own_id: ClassVar[str]
    options: ClassVar[dict[str, str]]
    pedantic: ClassVar[bool]

    def __init__(self) -> None:
        super().__init__()
        self.config_definition = definition(self.options, pedantic=self.pedantic)
        self.configure()

    def found(self, cfn: Template) -> Iterator[RuleMatch]:
        """Yield the findings of the rule, judged with its own options."""
        enabled = bool(self.config.get(ENABLED))
        own = given(self.options, self.config)
        shown = _shown(cfn, self.id, own, enabled=enabled)
        if shown is not None:
            yield from _made(shown.findings.get(self.own_id, ()))
            if enabled:
                # What the other rules could not decide is told without this one.
                yield from _made(shown.not_evaluated, rule=NotEvaluatedRule())
            if enabled or own:
                # So are errors; cfn-lint shows what is said twice once.
                yield from _made(shown.errors, rule=NotReadRule())


class NotEvaluatedRule(PackRule):
    """Lists what the rules could not decide, and why: it must not pass for being in order."""

    id = "I9000"
    shortdesc = "What stepguard could not evaluate"
    description = (
        "A rule of stepguard that cannot be decided, because what it depends on is not known "
        "before deployment or could not be read, has neither passed nor failed. This lists the "
        "resource, the rules and the reason, and suppressions that do nothing."
    )
    source_url = ""
    tags: ClassVar[list[str]] = ["stepguard"]

    def found(self, cfn: Template) -> Iterator[RuleMatch]:
        """Yield one match for each resource and reason."""
        shown = _shown(cfn)
        if shown is not None:
            yield from _made(shown.not_evaluated)


class NotReadRule(PackRule):
    """Lists what should have been read and could not be: no rule has seen it."""

    id = "E9000"
    shortdesc = "What stepguard could not read"
    description = (
        "The template, or a file that it names, could not be read by stepguard, or stepguard "
        "itself failed, so that its rules have not seen it."
    )
    source_url = ""
    tags: ClassVar[list[str]] = ["stepguard"]

    def found(self, cfn: Template) -> Iterator[RuleMatch]:
        """Yield one match for each error."""
        shown = _shown(cfn)
        if shown is not None:
            yield from _made(shown.errors)


def _shown(
    cfn: Template, rule: str = "", given: Mapping[str, Any] | None = None, *, enabled: bool = False
) -> Shown | None:
    from stepguard.hosts.cfn_lint._templates import shown_of_template

    return shown_of_template(cfn, rule, given, enabled=enabled)


def rule_classes() -> dict[str, type[PackRule]]:
    """Return the classes of the pack by their names."""
    classes: dict[str, type[PackRule]] = {
        "NotEvaluatedRule": NotEvaluatedRule,
        "NotReadRule": NotReadRule,
    }
    for row in rows():
        attributes: dict[str, Any] = {"__module__": __name__, **row}
        classes[row["own_id"]] = type(row["own_id"], (FindingsRule,), attributes)
    return classes
