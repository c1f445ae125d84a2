"""What a source says is to be excused: `stepguard: ignore[SFN402] the reason`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import Resource
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Plain, plain
from stepguard.deployment.workflow import read_workflow
from stepguard.rules.registry import UnknownRuleError, normalize
from stepguard.structs import Struct, field

_DIRECTIVE = re.compile(
    r"stepguard:[ \t]*ignore(?:\[(?P<rules>[^\]\n]*)\])?"
    r"(?:[ \t]+until=(?P<until>\S{1,40}))?(?P<reason>[^\n]{0,1000})"
)
_COMMENT = re.compile(r"(?:#|//)[ \t]*(?=stepguard:[ \t]*ignore)")
_END_OF_COMMENT = "*/"
_BLANKS = re.compile(r"[ \t]*")
_MARK = "stepguard:"


class Directive(Struct, eq=False):
    """One directive.

    `rules` are ids in our own form, `reason` is what stands behind them, `until` the last day on
    which it holds. `line` is the line that it is about: its own, or for a comment alone on its
    line the next that is none. A directive of a resource's metadata is about all of `resource`,
    one in a `Comment` about a `state` of it or about its whole definition; both hold in the
    deployment of `root`. `problem` says what is wrong with it; such a directive excuses nothing.
    """

    span: Span | None
    rules: tuple[str, ...]
    reason: str
    until: datetime.date | None = None
    line: int | None = None
    resource: str = ""
    state: str | None = None
    root: str = ""
    problem: str = ""
    has_excused: bool = field(default=False)

    @property
    def file(self) -> str:
        """The path of the file that it stands in."""
        return "" if self.span is None else self.span.path


def directives_of_file(file: SourceFile) -> Iterator[Directive]:
    """Yield the directives in the comments of an HCL or YAML file."""
    if _MARK not in file.text:
        return
    lines = _Lines(file)
    for comment in _COMMENT.finditer(file.text):
        match = _DIRECTIVE.match(file.text, comment.end())
        if match is None:
            continue
        span = Span(file, comment.start(), match.start("reason"))
        directive = _made(match, span)
        directive.line = lines.about(span)
        yield directive


def directives_of_resources(deployment: Deployment) -> Iterator[Directive]:
    """Yield the directives in the metadata of resources and in the comments of definitions."""
    for directive in _in_resources(deployment):
        directive.root = deployment.root
        yield directive


def _in_resources(deployment: Deployment) -> Iterator[Directive]:
    for resource in deployment.resources:
        yield from _in_metadata(resource)
    if not any(_MARK in file.text for file in deployment.files):
        return
    for machine in deployment.state_machines:
        document = machine.definition
        if not isinstance(document, Document):
            continue
        workflow = read_workflow(document, deployment)
        if workflow.body is not None:
            yield from _in_comment(workflow.body.get("Comment"), machine, document, None)
        for state in workflow.states:
            yield from _in_comment(state.get("Comment"), machine, document, state.name, state.path)


class _Lines:
    """Tells which lines the comments of a file are about, asked from its top to its bottom."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._run = (0, 0)

    def about(self, span: Span) -> int:
        """Return the line that a comment is about: its own, or the next that is no comment."""
        line, column = self._file.position(span.start)
        beginning = span.start - column + 1
        blanks = _BLANKS.match(self._file.text, beginning)
        if blanks is not None and blanks.end() < span.start:
            return line
        # Several comments may stand above what they are about; they are gone through once.
        first, following = self._run
        if not first <= line < following:
            first, following = line, line + 1
            while self._file.line(following).strip().startswith(("#", "//")):
                following += 1
            self._run = (first, following)
        return following


def _made(match: re.Match[str], span: Span | None) -> Directive:
    reason = match.group("reason").strip().removesuffix(_END_OF_COMMENT).rstrip()
    rules, problem = _rules(match.group("rules"))
    until, wrong = _date(match.group("until"))
    problem = problem or wrong
    if not problem and not reason:
        problem = "a suppression needs a reason behind its brackets"
    return Directive(span, rules, reason, until, problem=problem)


def _rules(text: str | None) -> tuple[tuple[str, ...], str]:
    if text is None or not text.strip():
        return (), "a suppression names its rules in brackets: ignore[SFN402]"
    rules: list[str] = []
    for one in text.split(","):
        try:
            rules.append(normalize(one))
        except UnknownRuleError:
            return tuple(rules), f"a suppression names {one.strip()!r}, which is no rule"
    return tuple(rules), ""


def _date(text: str | None) -> tuple[datetime.date | None, str]:
    if text is None:
        return None, ""
    try:
        return datetime.date.fromisoformat(text), ""
    except ValueError:
        return None, f"a suppression has until={text}, which is no date like 2027-01-31"


def _in_metadata(resource: Resource) -> Iterator[Directive]:
    """Yield the directives of `Metadata: {stepguard: {ignore: [{rules, reason, until}]}}`."""
    metadata = resource.metadata
    own = None if metadata is None else metadata.get("stepguard")
    listed = None if own is None else own.get("ignore")
    if listed is None:
        return
    for one in listed.value if isinstance(listed.value, list) else [listed]:
        members = as_object(plain(one)) or {}
        named = members.get("rules", ())
        text = ",".join(map(str, named)) if isinstance(named, list) else str(named)
        rules, problem = _rules(text)
        given = members.get("until")
        until, wrong = _date(None if given is None else str(given))
        reason = str(members.get("reason") or "").strip()
        if not reason:
            wrong = wrong or "a suppression needs a reason"
        yield Directive(
            one.span, rules, reason, until, resource=resource.address, problem=problem or wrong
        )


def _in_comment(
    comment: Plain,
    resource: Resource,
    document: Document,
    state: str | None,
    path: tuple[str | int, ...] = (),
) -> Iterator[Directive]:
    if not isinstance(comment, str) or _MARK not in comment:
        return
    for match in _DIRECTIVE.finditer(comment):
        directive = _made(match, document.locate((*path, "Comment")))
        directive.resource = resource.address
        directive.state = state
        yield directive
