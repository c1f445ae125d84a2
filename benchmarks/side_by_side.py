"""Times stepguard beside checkov and cfn-lint on the same inputs, in one run.

    python benchmarks/side_by_side.py --checkov PATH --cfn-lint PATH [--terraform DIR]
        [--templates DIR] [--plans DIR] [--generated N] [--only WORD] [--runs N]

Every program runs as a whole process with an empty temporary folder, in turn (A B A B …), so that
a machine that gets slower slows all of them. What is printed is the median over the runs, of the
wall clock in seconds and of the processor time (user and system); the ratios are taken run by
run. Peak memory is that of the largest process. Peers run without network, with their defaults.
cfn-lint takes no directory: it and stepguard are given the templates of one by their names. Where
there are several inputs, stepguard is timed with one process for each processor as well. A
program that is not done after `--timeout` seconds is ended, and its time is a lower bound (`>`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generated import plan, template

MEBIBYTE = 1024
FRAMEWORKS = {"terraform": "terraform", "plan": "terraform_plan", "plans": "terraform_plan"}
"""What checkov calls a form that is no template."""

DIRECTORIES = ("terraform", "templates", "plans")


@dataclass
class Timing:
    """The runs of one program on one input: seconds, and mebibytes."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Program:
    """A program: its name, its command for a path, and whether that names templates one by one."""

    name: str
    command: tuple[str, ...]
    names_templates: bool = False

    def arguments(self, path: Path) -> list[str]:
        """Return the command line for a path."""
        paths = templates_below(path) if self.names_templates else [str(path)]
        return [word for one in self.command for word in (paths if one == "{}" else [one])]


def templates_below(directory: Path) -> list[str]:
    """Return the files of a directory that are written like templates, sorted."""
    return sorted(
        str(path)
        for path in directory.rglob("*")
        if path.suffix in (".yaml", ".yml", ".json", ".template")
        and path.is_file()
        and b"Resources" in (content := path.read_bytes())
        and b"AWS::" in content
    )


def run(arguments: Sequence[str], timeout: float) -> tuple[float, float, float]:
    """Run a command; return its wall clock, its processor time and its peak memory."""
    temporary = tempfile.mkdtemp()
    environment = {**os.environ, "TMPDIR": temporary, "LOG_LEVEL": "ERROR", "NO_COLOR": "1"}
    # The first round, which is not counted, leaves compiled modules, as an installation does.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    deadline = begun + timeout
    while True:
        done, _, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            break
        if time.perf_counter() > deadline:
            process.kill()
        time.sleep(0.001)
    wall = time.perf_counter() - begun
    process.returncode = 0
    shutil.rmtree(temporary, ignore_errors=True)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEBIBYTE


def measure(
    programs: Sequence[Program], path: Path, runs: int, timeout: float
) -> dict[str, Timing]:
    """Run programs in turn on a path: one round that is not counted, then `runs` that are."""
    timings = {program.name: Timing() for program in programs}
    for number in range(runs + 1):
        for program in programs:
            wall, processor, memory = run(program.arguments(path), timeout)
            if number:
                timing = timings[program.name]
                timing.wall.append(wall)
                timing.processor.append(processor)
                timing.memory.append(memory)
    return timings


def small_template(directory: Path) -> Path:
    """Write a template of sixty lines with one state machine and its role."""
    states = "".join(
        f"          Step{n}:\n            Type: Task\n"
        f"            Resource: arn:aws:states:::sqs:sendMessage\n            Next: Step{n + 1}\n"
        for n in range(7)
    )
    text = (
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n"
        "      AssumeRolePolicyDocument:\n        Statement:\n          - Effect: Allow\n"
        "            Principal:\n              Service: states.amazonaws.com\n"
        "            Action: sts:AssumeRole\n      Policies:\n        - PolicyName: send\n"
        "          PolicyDocument:\n            Statement:\n              - Effect: Allow\n"
        "                Action: sqs:SendMessage\n                Resource: '*'\n"
        "  Machine:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        "      RoleArn: !GetAtt Role.Arn\n      Definition:\n        StartAt: Step0\n"
        f"        States:\n{states}          Step7:\n            Type: Succeed\n"
    )
    path = directory / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def terraform_directory(directory: Path, files: int = 10) -> Path:
    """Write a Terraform directory of that many files, with two machines and a role in each."""
    folder = directory / "terraform"
    folder.mkdir()
    for number in range(files):
        machines = "".join(
            f'resource "aws_sfn_state_machine" "m{number}_{n}" {{\n  name = "m{number}-{n}"\n'
            f"  role_arn = aws_iam_role.r{number}.arn\n  definition = jsonencode({{\n"
            '    StartAt = "Send"\n    States = {\n      Send = {\n        Type = "Task"\n'
            '        Resource = "arn:aws:states:::sqs:sendMessage"\n        End = true\n'
            "      }\n    }\n  })\n}\n"
            for n in range(2)
        )
        role = (
            f'resource "aws_iam_role" "r{number}" {{\n  assume_role_policy = jsonencode({{\n'
            '    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole",\n'
            '      Principal = { Service = "states.amazonaws.com" } }]\n  })\n}\n'
        )
        (folder / f"part{number}.tf").write_text(role + machines, encoding="utf-8")
    return folder


def programs_for(options: argparse.Namespace, form: str) -> list[Program]:
    """Return the programs that read a form: Terraform, plans or templates, one or several."""
    is_named = form == "templates" and bool(options.cfn_lint)
    scan = (options.stepguard, "scan", "--fail-on", "never", "{}")
    found = [Program("stepguard", scan, is_named)]
    if form in DIRECTORIES:
        found.append(Program("stepguard --jobs 0", (*scan, "--jobs", "0"), is_named))
    if options.checkov:
        framework = FRAMEWORKS.get(form, "cloudformation")
        target = "-d" if form in DIRECTORIES else "-f"
        command = (options.checkov, target, "{}", "--framework", framework, "--quiet", "--compact")
        found.append(Program("checkov", (*command, "--skip-download", "--soft-fail")))
    if options.cfn_lint and form in ("template", "templates"):
        found.append(Program("cfn-lint", (options.cfn_lint, "{}"), is_named))
    return found


def inputs(options: argparse.Namespace, work: Path) -> Iterator[tuple[str, str, Path, int]]:
    """Yield the name, the form, the path and the number of runs of every input."""
    yield "one template of 60 lines", "template", small_template(work), options.runs
    yield "a Terraform directory of 10 files", "terraform", terraform_directory(work), options.runs
    for form in DIRECTORIES:
        for folder in getattr(options, form) or ():
            yield f"{form}: {folder.name}", form, folder, options.directory_runs
    for size in options.generated or ():
        path = work / "generated.json"
        path.write_text(template(size), encoding="utf-8")
        yield f"a template of {size} machines", "template", path, options.directory_runs
        path.write_text(plan(size, 5 * size), encoding="utf-8")
        name = f"a plan of {size} machines and {5 * size} other resources"
        yield name, "plan", path, options.directory_runs


def version(command: str) -> str:
    """Return what a program says of its version."""
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def main() -> None:
    """Measure every input and print the table."""
    beside = Path(sys.executable).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stepguard", default=str(beside / "stepguard"))
    parser.add_argument("--checkov")
    parser.add_argument("--cfn-lint")
    for form in DIRECTORIES:
        parser.add_argument(f"--{form}", type=Path, action="append", help="a further directory")
    parser.add_argument("--generated", type=int, action="append", help="machines of a further file")
    parser.add_argument("--only", default="", help="a word in the names of the inputs to measure")
    parser.add_argument("--runs", type=int, default=9, help="of the two small inputs")
    parser.add_argument("--directory-runs", type=int, default=1, help="of all others")
    parser.add_argument("--timeout", type=float, default=1800)
    options = parser.parse_args()
    say = sys.stdout.write
    for command in (options.stepguard, options.checkov, options.cfn_lint):
        if command:
            say(f"{version(command)}\n")
    say("\n| input | program | wall s | user+sys s | MiB | wall ratio |\n")
    say("|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as work:
        for name, form, path, runs in inputs(options, Path(work)):
            if options.only not in name:
                continue
            timings = measure(programs_for(options, form), path, runs, options.timeout)
            own = timings["stepguard"]
            for program, timing in timings.items():
                ratio = statistics.median(
                    theirs / ours for theirs, ours in zip(timing.wall, own.wall, strict=True)
                )
                wall = statistics.median(timing.wall)
                bound = ">" if wall >= options.timeout else ""
                say(
                    f"| {name} | {program} | {bound}{wall:.2f} "
                    f"| {statistics.median(timing.processor):.2f} "
                    f"| {max(timing.memory):.0f} | {bound}{ratio:.1f} |\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
