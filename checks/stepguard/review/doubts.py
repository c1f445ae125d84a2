"""Findings that are gone, but not certainly: what they were about is not judged any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from stepguard.deployment.graph import Deployment
from stepguard.finding import Finding
from stepguard.place import Place
from stepguard.report import Notice, Report, Unevaluated
from stepguard.review.moves import Located

MAXIMUM_NOTICES = 20
"""Resources that are named; the findings of others are counted."""

Locate: TypeAlias = "Callable[[str, str], Located]"
"""From the root and the address of a resource before the change to where it is after it."""


class Doubts:
    """What the side after a change does not say, though it may be true there.

    `before` and `after` are the reports of the sides, `deployments` those of the side after.
    """

    def __init__(
        self, before: Report, after: Report, deployments: Sequence[Deployment], locate: Locate
    ) -> None:
        self._before = before
        self._after = after
        self._locate = locate
        self._files = {
            one.root: {one.root, *(file.path for file in one.files)} for one in deployments
        }
        told_before = {(one.place.file, one.message) for one in before.errors}
        errors = [(one.place.file, one.message) for one in after.errors]
        errors = [one for one in errors if one not in told_before]
        self._errors = dict(reversed(errors))
        of_deployments: set[tuple[str, str]] = set()
        for deployment in deployments:
            own = [(one.path, one.message) for one in deployment.errors]
            of_deployments.update(own)
            new = [message for path, message in own if (path, message) not in told_before]
            self._errors.update((deployment.root, message) for message in new[:1])
        self._of_no_deployment = next(
            (message for file, message in errors if (file, message) not in of_deployments), ""
        )
        known = {(one.rule, one.resource, one.reason) for one in before.not_evaluated}
        self._open: dict[str, list[Unevaluated]] = defaultdict(list)
        for one in after.not_evaluated:
            if (one.rule, one.resource, one.reason) not in known:
                self._open[one.rule].append(one)

    def why(self, finding: Finding) -> str:
        """Return why a finding that is gone may still be true; empty where it is not."""
        root, address = self._located(finding)
        if why := self.why_gone((root, address)):
            return why
        files = self._files.get(root, set())
        found = [one for one in self._open.get(finding.rule, ()) if one.place.file in files]
        if (finding.root, finding.rule, finding.violation.resource) in self._before.outcomes:
            found = [one for one in found if one.resource == address]
            return found[0].reason if found else ""
        # It was said of a part of what is judged: a policy of a role.
        return found[0].reason if found else self._unread(root)

    def _located(self, finding: Finding) -> Located:
        return self._locate(finding.root, finding.violation.resource)

    def why_gone(self, located: Located) -> str:
        """Return why a resource that is not there may be; empty where it is, or surely is not."""
        return "" if located in self._after.resources else self._unread(located[0])

    def _unread(self, root: str) -> str:
        error = self._errors.get(root, "")
        if not error and root not in self._files:
            # It may be what could not be read, under another name.
            error = self._of_no_deployment
        return error and f"not everything there could be read: {error}"

    def notices(self, findings: Sequence[Finding], gone: Sequence[Located]) -> list[Notice]:
        """Return what is to be said of findings that may still be true, and resources still there.

        `gone` are resources, by where they would be after the change.
        """
        grouped: dict[tuple[Located, str], list[Finding]] = defaultdict(list)
        for one in findings:
            grouped[self._located(one), self.why(one)].append(one)
        told = [
            Notice(
                place=self._after.resources.get(located, Place(file=located[0])),
                message=f"{_names(alike)} of {located[1]}, there before the change, cannot be "
                f"judged after it: {why}",
            )
            for (located, why), alike in list(grouped.items())[:MAXIMUM_NOTICES]
        ]
        told += [
            Notice(
                place=Place(file=one[0]),
                message=f"{one[1]}, there before the change, is not seen after it: "
                f"{self.why_gone(one)}",
            )
            for one in gone[:MAXIMUM_NOTICES]
        ]
        left = sum(map(len, list(grouped.values())[MAXIMUM_NOTICES:]))
        if left:
            message = f"{left} more findings from before the change cannot be judged after it"
            told.append(Notice(place=told[-1].place, message=message))
        return told


def _names(findings: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(one.rule for one in findings))
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
