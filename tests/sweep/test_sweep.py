"""The command as a program: tables, resumption, lost processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "fixtures" / "bad" / "terraform"
COMMAND = [sys.executable, "-m", "stepguard", "sweep"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}


def sweep(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=ENVIRONMENT,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def write_manifest(path: Path, names: Sequence[str], location: Path = BAD) -> Path:
    lines = [json.dumps({"name": name, "location": str(location)}) for name in names]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(output: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((output / "findings").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def scanned() -> Counter[str]:
    """Return the findings that the command itself prints of a project, by rule."""
    done = subprocess.run(
        [sys.executable, "-m", "stepguard", "scan", str(BAD), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    return Counter(one["rule"] for one in json.loads(done.stdout)["findings"])


def test_the_tables_say_what_the_scan_says(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "m", ["one", "two"])
    done = sweep(manifest, "--output", tmp_path / "out", "--jobs", 2)
    found = rows(tmp_path / "out")
    expected = scanned()
    for project in ("one", "two"):
        of_project = [row for row in found if row["project"] == project]
        assert Counter(row["rule"] for row in of_project if row["kind"] == "finding") == expected
    assert {row["file"] for row in found} == {"main.tf"}
    assert done.stdout.startswith("2 projects scanned, 0 failed\n2 state machines in 2 files\n")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["rules"] == {rule: 2 * count for rule, count in sorted(expected.items())}
    assert summary["projects"]["one"]["findings"] == expected.total()


def test_parquet_is_read_as_one_table(tmp_path: Path) -> None:
    from pyarrow import dataset

    manifest = write_manifest(tmp_path / "m", ["one", "two", "three"])
    sweep(manifest, "--output", tmp_path / "out", "--format", "parquet", "--jobs", 1)
    table = dataset.dataset(tmp_path / "out" / "findings").to_table().to_pylist()
    findings = [row for row in table if row["kind"] == "finding"]
    assert len(findings) == 3 * scanned().total()
    assert all(isinstance(row["line"], int) for row in findings)


def test_a_project_of_an_object_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    archive = shutil.make_archive(str(store / "project"), "zip", BAD)
    manifest = tmp_path / "m"
    # A zip file is a file system of fsspec that is not the local one.
    manifest.write_text(f"zip://::{archive}\nzip://missing::{archive}\n", encoding="utf-8")
    done = sweep(manifest, "--output", tmp_path / "out", code=2)
    assert "1 projects scanned, 1 failed" in done.stdout
    assert "no such file or directory" in done.stdout
    found = [row for row in rows(tmp_path / "out") if row["kind"] == "finding"]
    assert Counter(row["rule"] for row in found) == scanned()
    assert {row["file"] for row in found} == {"main.tf"}


def test_a_sweep_is_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out"
    project = tmp_path / "project"
    manifest = write_manifest(tmp_path / "m", ["there", "later"], project)
    sweep(manifest, "--output", output, "--jobs", 1, code=2)
    shutil.copytree(BAD, project)
    refused = sweep(manifest, "--output", output, code=2)
    assert "--resume" in refused.stderr
    sweep(manifest, "--output", output, "--resume", "--jobs", 1)
    before = {path.name: path.stat().st_mtime_ns for path in (output / "findings").iterdir()}
    write_manifest(tmp_path / "m", ["there", "later", "new"], project)
    done = sweep(manifest, "--output", output, "--resume", "--jobs", 1)
    after = {path.name: path.stat().st_mtime_ns for path in (output / "findings").iterdir()}
    assert done.stdout.startswith("3 projects scanned")
    assert {name: after[name] for name in before} == before
    assert len(after) == 3
    # Other rules make other tables.
    sweep(manifest, "--output", output, "--resume", "--rule", "SFN401", "--jobs", 1)
    assert {row["rule"] for row in rows(output)} == {"SFN401"}


def test_a_signature_is_the_same_in_every_process() -> None:
    """Whether a project is done is asked by another process than the one that did it."""
    program = (
        "from stepguard.engine import ScanOptions; from stepguard.sweep.store import Store\n"
        "from stepguard.sweep.manifest import Project\n"
        "print(Store('out', 'jsonl', ScanOptions()).signature(Project('a', '/a')))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**ENVIRONMENT, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_the_exit_code(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "m", ["one"])
    sweep(manifest, "--output", tmp_path / "a", "--fail-on", "high", code=1)
    sweep(manifest, "--output", tmp_path / "b", "--fail-on", "critical")
    sweep(manifest, "--output", tmp_path / "c", "--rule", "SFN999", code=2)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that do the work, the ones that have used the most time first."""
    found: list[tuple[float, psutil.Process]] = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            is_tracker = "resource_tracker" in " ".join(child.cmdline())
            if not is_tracker and not child.children():
                found.append((child.cpu_times().user, child))
        except psutil.NoSuchProcess:
            continue
    return [child for _, child in sorted(found, key=lambda one: -one[0])]


def done_names(output: Path) -> Iterator[str]:
    for path in (output / "projects").glob("*.json"):
        yield json.loads(path.read_text(encoding="utf-8"))["name"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no signals")
@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_worker_that_is_killed_loses_nothing(engine: str, tmp_path: Path) -> None:
    names = [f"project {number}" for number in range(300)]
    manifest = write_manifest(tmp_path / "m", names)
    output = tmp_path / "out"
    arguments = [str(manifest), "--output", str(output), "--engine", engine, "--jobs", "3"]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    end = time.monotonic() + 120
    while len(list((output / "projects").glob("*.json"))) < 20 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    killed = workers_of(process)[0]
    killed.send_signal(signal.SIGKILL)
    at_kill = len(list((output / "projects").glob("*.json")))
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    assert at_kill < len(names), "the worker was killed too late to tell anything"
    assert sorted(done_names(output)) == sorted(names)
    found = Counter(row["project"] for row in rows(output) if row["kind"] == "finding")
    assert found == dict.fromkeys(names, scanned().total())
    assert "300 projects scanned, 0 failed" in out
