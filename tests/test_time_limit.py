from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from stepguard.time_limit import SECONDS_FOR_A_MEGABYTE, OutOfTimeError, limited

from .safety.test_isolation import FAILING_RULE, ROOT, project, run, stepguard

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="there are no timers for processor time"
)


def work(seconds: float) -> None:
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        pass


def work_on(seconds: float) -> None:
    """Work, and work again when anything goes wrong with that."""
    try:
        work(seconds)
    except Exception:
        work(seconds)


def work_in_spite(seconds: float) -> None:
    """Work again after the limit was said once, as if it had been said in a destructor."""
    with suppress(OutOfTimeError):
        work(seconds)
    work(seconds)


@pytest.mark.parametrize("kind", [work_on, work_in_spite])
def test_too_much_work_is_ended(kind: Callable[[float], None]) -> None:
    begun = time.process_time()
    with pytest.raises(OutOfTimeError, match=r"more than 0\.05 s of a processor"), limited(0.05):
        kind(5)
    assert time.process_time() - begun < 2
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_less_work_is_not_ended() -> None:
    before = signal.getsignal(signal.SIGPROF)
    with limited(0.2):
        work(0.05)
    work(0.3)
    assert signal.getsignal(signal.SIGPROF) is before


def test_large_inputs_may_take_more() -> None:
    with limited(0.05, int(0.2 / SECONDS_FOR_A_MEGABYTE * 1_000_000)):
        work(0.15)


def test_there_is_no_limit_without_one_or_beside_the_main_thread() -> None:
    with limited(None):
        work(0.05)
    ended: list[bool] = []

    def beside() -> None:
        with limited(0.01):
            work(0.05)
        ended.append(True)

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert ended == [True]


def test_an_input_that_takes_too_long_to_read_is_an_error(tmp_path: Path) -> None:
    done = stepguard("scan", project(tmp_path / "a"), "--time-limit", "0.0001", "--format", "json")
    assert done.returncode == 2
    (error,) = json.loads(done.stdout)["errors"]
    assert error["message"].startswith("reading is given up: it takes more than 0.0001 s")


def test_a_rule_that_never_ends_hides_no_other_input(tmp_path: Path) -> None:
    """The rule does not end for one of two projects; the other one is judged in full."""
    endless = FAILING_RULE.replace(
        'raise ZeroDivisionError("a defect with a secret in it")',
        'if "endless" not in context.deployment.root: return judge(self, subject, context)\n'
        "    while True: pass",
    ).replace("def fail", "judge = NoExecutionTimeout.judge\ndef fail")
    project(tmp_path / "all" / "other")
    project(tmp_path / "all" / "endless")
    done = run(["-c", endless], "scan", tmp_path / "all", "--time-limit", "2", "--format", "json")
    assert done.returncode == 2, done.stderr
    report = json.loads(done.stdout)
    (error,) = report["errors"]
    assert "endless" in error["file"]
    assert error["message"].startswith("judging is given up, and rules are missing: it takes more")
    missing = [one for one in report["not_evaluated"] if one["reason"] == error["message"]]
    assert "SFN401" in {one["rule"] for one in missing}
    assert not [one for one in missing if one["rule"] < "SFN4"]
    # What is still to be worked out of it may take as long.
    for one in report["state_machines"]:
        given_up = [error["message"]] if "endless" in one["file"] else []
        assert [each for each in one["not_checked"] if "given up" in each] == given_up
        assert bool(one["needs"]) is ("endless" not in one["file"])
    found: dict[str, list[str]] = {"other": [], "endless": []}
    for one in report["findings"]:
        found["endless" if "endless" in one["file"] else "other"].append(one["rule"])
    assert "SFN401" in found["other"]
    assert found["endless"]
    assert "SFN401" not in found["endless"]
    assert {one for one in found["endless"] if one < "SFN4"} == {
        one for one in found["other"] if one < "SFN4"
    }


def test_without_a_limit_nothing_is_given_up() -> None:
    fixture = ROOT / "fixtures" / "bad" / "terraform"
    done = stepguard("scan", fixture, "--time-limit", "0", "--fail-on", "never")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["policy", "render"])
def test_other_commands_have_the_limit(tmp_path: Path, command: str) -> None:
    directory = project(tmp_path / "a")
    done = stepguard(command, directory, "--time-limit", "0.0001")
    assert done.returncode == 2
    assert "reading is given up: it takes more than 0.0001 s" in done.stderr
    assert stepguard(command, directory).returncode == 0
