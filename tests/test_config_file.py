"""Options from files: what they may say, and what is told of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stepguard.cli.main import main
from stepguard.config import Config
from stepguard.config_file import (
    PRESETS,
    ConfigError,
    find_config_file,
    option_names,
    read_config_file,
    settings_from,
)

FULL = """
rules = ["SFN101", "W9402"]
skip-rules = ["sfn401"]
pedantic = true
fail-on = "high"
strict = true
log-level = "ALL"
required-tags = ["Project"]
trusted-accounts = ["123456789012"]
unsuppressible-rules = ["SFN101"]
[severities]
SFN402 = "low"
"""


def test_every_option_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stepguard.toml"
    path.write_text(FULL)
    settings = read_config_file(path)
    assert settings.rules == ("SFN101", "SFN402")
    assert settings.skip_rules == ("SFN401",)
    assert (settings.pedantic, settings.fail_on, settings.strict) == (True, "high", True)
    config = settings.config
    assert (config.log_level, config.required_tags) == ("ALL", ("Project",))
    assert config.trusted_accounts == ("123456789012",)
    assert config.severities == (("SFN402", "low"),)
    assert config.unsuppressible_rules == ("SFN101",)


def test_the_table_of_a_project_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n')
    assert find_config_file(tmp_path) is None
    path.write_text('[tool.stepguard]\nlog-level = "FATAL"\n')
    found = find_config_file(tmp_path)
    assert found == path
    assert read_config_file(path).config.log_level == "FATAL"
    own = tmp_path / "stepguard.toml"
    own.write_text("")
    assert find_config_file(tmp_path) == own
    assert read_config_file(own).config == Config()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_changed(name: str) -> None:
    assert settings_from({"preset": name}, "x").config == Config()
    changed = settings_from({"preset": name, "pedantic": False, "log-level": "ALL"}, "x")
    assert changed.pedantic is False
    assert changed.config.log_level == "ALL"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('log_level = "ALL"', ["unknown option 'log_level'", "did you mean 'log-level'?"]),
        ('loglevel = "ALL"', ["did you mean 'log-level'?"]),
        ("frobnicate = 1", ["unknown option 'frobnicate'"]),
        ('log-level = "OFF"', ["log-level", "'OFF' is none of ALL, ERROR, FATAL"]),
        ("log-level = 3", ["log-level", "a text is wanted"]),
        ('pedantic = "yes"', ["pedantic", "true or false is wanted"]),
        ('rules = ["SFN000"]', ["rules", "there is no rule 'SFN000'"]),
        ('rules = "SFN101"', ["rules", "a list of texts is wanted"]),
        ('trusted-accounts = ["1234"]', ["trusted-accounts", "twelve digits"]),
        ('severities = { SFN402 = "awful" }', ["severities", "no severity 'awful'"]),
        ('preset = "none"', ["preset", "default, strict, aws-foundational"]),
        ("a = ", ["not TOML"]),
        (f"jobs = {'9' * 10_000}", ["not TOML"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "stepguard.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config_file(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


def test_every_option_of_a_rule_can_be_written() -> None:
    assert {"log-level", "required-tags", "severities"} <= set(option_names())
    for name in option_names():
        default = getattr(Config(), name.replace("-", "_"))
        value = dict(default) if name == "severities" else default
        value = list(value) if isinstance(value, tuple) else value
        assert settings_from({name: value}, "x").config == Config()


def scan(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["scan", str(directory), *arguments], env={"NO_COLOR": "1"})


def test_the_command_uses_the_file_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,'
        ' "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {}}}}'
    )
    assert "medium SFN402" in scan(tmp_path).output
    settings = tmp_path / "stepguard.toml"
    settings.write_text('rules = ["SFN402"]\nfail-on = "critical"\n[severities]\nSFN402 = "high"\n')
    done = scan(tmp_path)
    assert "high SFN402" in done.output
    assert "SFN403" not in done.output
    assert done.exit_code == 0
    assert scan(tmp_path, "--fail-on", "high").exit_code == 1
    other = tmp_path / "other.toml"
    other.write_text("skip-rules = ['SFN402', 'SFN403', 'SFN401']\n")
    assert "SFN402" not in scan(tmp_path, "--config", str(other)).output
    settings.write_text("rule = []\n")
    broken = scan(tmp_path)
    assert broken.exit_code == 2
    assert "did you mean 'rules'?" in broken.output
