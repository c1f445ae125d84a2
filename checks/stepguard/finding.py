"""What a rule says: a violation or that it could not be evaluated. Saying nothing is a pass."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal, TypeAlias

from stepguard.deployment.documents import PathStep
from stepguard.deployment.source import Span
from stepguard.structs import Struct, field

Status: TypeAlias = Literal["introduced", "fixed", "unchanged"]
"""What a change does to a finding."""


class Severity(IntEnum):
    """How bad a violation is; comparable, the worst is the greatest."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word that reports print: `low`, `medium`, `high` or `critical`."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Severity:
        """Return the severity of a word. Raises `ValueError` for another word."""
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"no severity {label!r}") from None


class RelatedPlace(Struct, frozen=True):
    """A further place of a violation.

    `state` is the name of a state where the violation is about several: each of them has a place
    then, the first one too.
    """

    message: str
    span: Span | None
    state: str | None = None


class Violation(Struct, frozen=True, kw_only=True):
    """Something that is wrong.

    `message` says what is wrong here and what can happen, `suggestion` what to write instead.
    `resource` is the address of the resource judged, `span` the text to change, `path` where
    that stands in the definition or policy document, `state` the state's name. `subject` is
    what tells this violation from others of the same rule and resource, independent of its
    place in the file (an action, an ARN, a state's name): it goes into the fingerprint.
    `severity` overrides the rule's own where the case is graver or lighter, and `tier` says that a
    rule that always runs reports it only where the pedantic rules run, too.
    """

    message: str
    resource: str
    span: Span | None
    path: Sequence[PathStep] = ()
    state: str | None = None
    related: Sequence[RelatedPlace] = ()
    suggestion: str = ""
    subject: str = ""
    severity: Severity | None = None
    tier: Literal["default", "pedantic"] = "default"

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the states that it is about, each once; none where it is about no state."""
        if self.state is not None:
            return (self.state,)
        named = (one.state for one in self.related if one.state is not None)
        return tuple(dict.fromkeys(named))


class NotEvaluated(Struct, frozen=True, kw_only=True):
    """A rule that could not be decided, and why, in a few words."""

    reason: str
    resource: str
    span: Span | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """A violation in a report: with the rule's identity, and its severity decided.

    `excuse` is the reason that the source gives for suppressing it. `status` is what a change
    does to it, where two sides were compared.
    """

    rule: str
    name: str
    severity: Severity
    violation: Violation
    root: str = field(default="")
    excuse: str = ""
    status: Status | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What stays when lines move or files are renamed: rule, resource, state and subject."""
        violation = self.violation
        return (self.rule, violation.resource, violation.state or "", violation.subject)

    @property
    def fingerprint(self) -> str:
        """The identity as sixteen hexadecimal digits."""
        # Its import loads OpenSSL, and text reports show no fingerprints.
        import hashlib

        identity = "\x00".join(self.identity)
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]
