"""What the rules say of one template: the only module of the pack that imports the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
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
from stepguard.engine import ScanOptions, judge_reading
from stepguard.garbage import collected_later
from stepguard.guard import describe_defect
from stepguard.hosts.cfn_lint._matches import Shown, failed, shown_of
from stepguard.hosts.cfn_lint._options import OptionError
from stepguard.hosts.cfn_lint._source import Source
from stepguard.hosts.cfn_lint._wanted import wanted_rules
from stepguard.place import Place
from stepguard.readers.cloudformation.reader import read_template
from stepguard.reading import Reading
from stepguard.report import Report, ScanError
from stepguard.time_limit import SECONDS, OutOfTimeError, limited


class Judgement:
    """A template that is read and judged, with what is to be shown by the options that it is for.

    `enabled` are the ids that cfn-lint shows, as far as that is known. Options are those of the
    directory in which cfn-lint was started, as with a scan there. What cannot be read, and a defect
    of ours, is an error that is shown.
    """

    def __init__(self, source: Source, enabled: Collection[str] | None) -> None:
        self._source = source
        self._shown: dict[tuple[Config, tuple[str, ...]], Shown] = {}
        self._settings = Settings()
        self._failure = ""
        try:
            path = find_config_file(Path.cwd())
            if path is not None:
                self._settings = read_config_file(path)
        except ConfigError as error:
            self._failure = str(error)
        settings = self._settings
        self._rules = wanted_rules(
            enabled, settings.rules, settings.skip_rules, pedantic=settings.pedantic
        )

    def shown(self, rule: str, given: Mapping[str, Any], *, enabled: bool) -> Shown:
        """Return what there is to be shown, with the options that a rule was given.

        `given` is named as in `stepguard.toml`, whose options it precedes. `enabled` says that the
        rule is to run although it is pedantic; nothing else is shown then. Raises `OptionError`,
        and `ImportError` when stepguard is not installed completely.
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
        if (config, rules) not in self._shown:
            with collected_later():
                self._shown[config, rules] = self._judged(config, rules)
        return self._shown[config, rules]

    def _judged(self, config: Config, rules: tuple[str, ...]) -> Shown:
        # What was read is not kept: with other options, which is rare, it is read again.
        reading = self._read()
        try:
            return self._shown_of(reading, config, rules)
        except ImportError:
            raise
        except Exception as error:
            return failed(describe_defect(error, "the rules"))

    def _shown_of(self, reading: Reading, config: Config, rules: tuple[str, ...]) -> Shown:
        if rules:
            options = ScanOptions(
                config=config,
                rules=rules,
                pedantic=self._settings.pedantic,
                time_limit=SECONDS,
            )
            report = judge_reading(reading, options)
        else:
            # No rule at all would mean every rule.
            report = Report(errors=reading.errors)
        return shown_of(report, reading.deployments[0], self._source.template)

    def _read(self) -> Reading:
        """Read the template; whatever goes wrong is an error of the reading."""
        source = self._source
        shown = source.template.path
        reading = Reading([Deployment(root=shown, form=Form.CLOUDFORMATION)])
        failure = self._failure or source.refusal
        if failure:
            reading.errors.append(ScanError(place=Place(file=shown), message=failure))
            return reading
        try:
            with limited(SECONDS, len(source.template.text)):
                deployment = read_template(source.files, source.path, parameters=source.parameters)
        except OutOfTimeError as error:
            message = f"reading is given up: {error.reason}"
            reading.errors.append(ScanError(place=Place(file=shown), message=message))
            return reading
        except Exception as error:
            message = describe_defect(error, "the template reader")
            reading.errors.append(ScanError(place=Place(file=shown), message=message))
            return reading
        reading.deployments = [deployment]
        reading.errors = [
            ScanError(place=Place.of(one.span, one.path), message=one.message)
            for one in deployment.errors
        ]
        return reading
