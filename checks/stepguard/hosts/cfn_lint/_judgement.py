"""What the rules say of one template: the only module of the pack that imports the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stepguard.config import Config
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.deployment.source import SourceFile
from stepguard.guard import describe_defect
from stepguard.hosts.cfn_lint._matches import Matches
from stepguard.judging import judge
from stepguard.readers.cloudformation.reader import read_template
from stepguard.readers.files import FileRefusedError, ProjectFiles
from stepguard.report import Place, ScanError
from stepguard.rules.registry import select


class Judgement:
    """A template that was read, and the matches of every configuration that was asked for."""

    def __init__(
        self, template: SourceFile, deployment: Deployment, errors: Sequence[ScanError]
    ) -> None:
        self._template = template
        self._deployment = deployment
        self._errors = errors
        self._matches: dict[tuple[Config, bool], Matches] = {}

    def matches(self, config: Config, *, pedantic: bool = False) -> Matches:
        """Return what there is to be shown; judged at the first call with the same arguments."""
        key = (config, pedantic)
        if key not in self._matches:
            report = judge([self._deployment], select(pedantic=pedantic), config)
            report.errors.extend(self._errors)
            self._matches[key] = Matches(report, self._deployment, self._template)
        return self._matches[key]


def read_for_judgement(
    files: ProjectFiles, path: Path, template: SourceFile, parameters: Mapping[str, str]
) -> Judgement:
    """Read a template; whatever goes wrong is an error of the judgement."""
    empty = Deployment(root=template.path, form=Form.CLOUDFORMATION, files=[template])
    try:
        deployment = read_template(files, path, parameters=parameters)
    except FileRefusedError as error:
        return Judgement(template, empty, [_refusal(error)])
    except Exception as error:
        message = describe_defect(error, "the template reader")
        failure = ScanError(place=Place(file=template.path), message=message)
        return Judgement(template, empty, [failure])
    errors = [
        ScanError(place=Place.of(error.span, error.path), message=error.message)
        for error in deployment.errors
    ]
    return Judgement(template, deployment, errors)


def judgement_of_refused(error: FileRefusedError) -> Judgement:
    """Return the judgement of a template that may not or cannot be read."""
    template = SourceFile(error.path, "")
    empty = Deployment(root=error.path, form=Form.CLOUDFORMATION)
    return Judgement(template, empty, [_refusal(error)])


def _refusal(error: FileRefusedError) -> ScanError:
    return ScanError(place=Place(file=error.path), message=error.reason)
