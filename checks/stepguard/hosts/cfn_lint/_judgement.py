"""What the rules say of one template: the only module of the pack that imports the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stepguard.config import Config
from stepguard.config_file import (
    ConfigError,
    Settings,
    find_config_file,
    read_config_file,
    settings_from,
)
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form
from stepguard.deployment.source import SourceFile
from stepguard.engine import ScanOptions, judge_reading
from stepguard.guard import describe_defect
from stepguard.hosts.cfn_lint._garbage import collected_later
from stepguard.hosts.cfn_lint._matches import Matches
from stepguard.hosts.cfn_lint._options import OptionError
from stepguard.hosts.cfn_lint._wanted import wanted_rules
from stepguard.readers.cloudformation.reader import read_template
from stepguard.readers.files import FileRefusedError, ProjectFiles
from stepguard.reading import Reading
from stepguard.report import Place, Report, ScanError


class Judgement:
    """A template that is read and judged, with the matches by the options that they are for.

    `enabled` are the ids that cfn-lint shows, as far as that is known. Options are those of the
    directory in which cfn-lint was started, as with a scan there.
    """

    def __init__(self, template: SourceFile, enabled: Collection[str] | None) -> None:
        self._template = template
        self._enabled = enabled
        self._settings = Settings()
        self._deployment = Deployment(root=template.path, form=Form.CLOUDFORMATION)
        self._errors: list[ScanError] = []
        try:
            path = find_config_file(Path.cwd())
            if path is not None:
                self._settings = read_config_file(path)
        except ConfigError as error:
            self.fail(str(error), template.path)
        self._matches: dict[tuple[Config, tuple[str, ...]], Matches] = {}

    def read(self, files: ProjectFiles, path: Path, parameters: Mapping[str, str]) -> None:
        """Read the template; whatever goes wrong is an error of the judgement.

        Nothing is read where something has failed before.
        """
        if self._errors:
            return
        try:
            self._deployment = read_template(files, path, parameters=parameters)
        except FileRefusedError as error:
            self.fail(error.reason, error.path)
        except Exception as error:
            self.fail(describe_defect(error, "the template reader"), self._template.path)
        for found in self._deployment.errors:
            place = Place.of(found.span, found.path)
            self._errors.append(ScanError(place=place, message=found.message))

    def fail(self, message: str, file: str) -> None:
        """Say that something could not be read."""
        self._errors.append(ScanError(place=Place(file=file), message=message))

    def matches(self, rule: str, given: Mapping[str, Any], *, enabled: bool) -> Matches:
        """Return what there is to be shown, with the options that a rule was given.

        `given` is named as in `stepguard.toml`, whose options it precedes. `enabled` says that the
        rule is to run although it is pedantic; nothing else is shown then. Raises `OptionError`.
        """
        config = self._settings.config
        if given:
            try:
                own = settings_from(given, rule).config
            except ConfigError as error:
                raise OptionError(str(error)) from None
            names = [name.replace("-", "_") for name in given]
            config = replace(config, **{name: getattr(own, name) for name in names})
        rules = (rule,) if enabled else self._rules
        if (config, rules) not in self._matches:
            with collected_later():
                self._matches[config, rules] = self._judged(config, rules)
        return self._matches[config, rules]

    @cached_property
    def _rules(self) -> tuple[str, ...]:
        settings = self._settings
        return wanted_rules(
            self._enabled, settings.rules, settings.skip_rules, pedantic=settings.pedantic
        )

    def _judged(self, config: Config, rules: tuple[str, ...]) -> Matches:
        if rules:
            options = ScanOptions(config=config, rules=rules, pedantic=self._settings.pedantic)
            report = judge_reading(Reading([self._deployment], list(self._errors)), options)
        else:
            # No rule at all would mean every rule.
            report = Report(errors=list(self._errors))
        return Matches(report, self._deployment, self._template)
