"""Make the plans under fixtures/plans again: with terraform, its AWS provider, and moto.

    python tests/readers/plan/make_plans.py --plugins DIRECTORY --moto COMMAND [NAME ...]

DIRECTORY is a plugin directory (it holds `registry.terraform.io/hashicorp/aws`), COMMAND starts
moto's server (`moto_server`). Nothing leaves the machine: the provider's endpoint is moto.

Each configuration is planned in a copy. One with `before.tfvars` is first applied with these
values, so that its plan changes what is there; the plan of `destroy` destroys it. One with a
directory `before` is first applied as it stands there, and loses from its state the addresses in
`before/forgotten.txt`, so that its plan can move and import resources.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "plans"
DESTROYED = "destroy"
TIMESTAMP = "2025-01-01T00:00:00Z"
ANSWERS = {
    "AWSStepFunctions.ValidateStateMachineDefinition": (
        b'{"result":"OK","diagnostics":[],"truncated":false}'
    ),
    "AWSStepFunctions.ListStateMachineVersions": b'{"stateMachineVersions":[]}',
}
"""What AWS answers to calls that moto does not know."""

SECONDS_TO_START = 60


def make_plan(
    configuration: Path, plugins: Path, endpoint: str, terraform: str = "terraform"
) -> str:
    """Return what `terraform show -json` says of a configuration's plan, indented.

    Raises `RuntimeError` when terraform fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "configuration"
        shutil.copytree(configuration, directory)

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [terraform, *arguments],
                cwd=directory,
                env=environment(endpoint, scratch),
                capture_output=True,
                check=False,
                text=True,
            )
            if done.returncode != 0:
                raise RuntimeError(f"terraform {arguments[0]} failed: {done.stderr}")
            return done.stdout

        before = directory / "before"
        if before.is_dir():
            after = (directory / "main.tf").read_text(encoding="utf-8")
            shutil.copy(before / "main.tf", directory / "main.tf")
        run("init", "-backend=false", "-input=false", f"-plugin-dir={plugins}")
        if (directory / "before.tfvars").exists():
            run("apply", "-auto-approve", "-input=false", "-var-file=before.tfvars")
        if before.is_dir():
            run("apply", "-auto-approve", "-input=false")
            forgotten = (before / "forgotten.txt").read_text(encoding="utf-8").split()
            run("state", "rm", *forgotten)
            (directory / "main.tf").write_text(after, encoding="utf-8")
        options = ["-destroy"] if configuration.name == DESTROYED else []
        run("plan", "-input=false", "-out=plan", *options)
        plan = json.loads(run("show", "-json", "plan"))
    plan["timestamp"] = TIMESTAMP
    return json.dumps(plan, indent=2) + "\n"


def environment(endpoint: str, home: str) -> dict[str, str]:
    """Return the environment in which terraform sees moto and nothing of this machine."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": home,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_CLI_ARGS_apply": "-no-color",
        "TF_CLI_ARGS_plan": "-no-color",
    }


@contextmanager
def aws(moto: Sequence[str]) -> Iterator[str]:
    """Run moto behind a proxy that answers what moto lacks; yields the proxy's address."""
    port = _free_port()
    process = subprocess.Popen(
        [*moto, "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _proxy_to(port))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < SECONDS_TO_START and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("moto's server did not start")


def _proxy_to(port: int) -> type[BaseHTTPRequestHandler]:
    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = ANSWERS.get(self.headers.get("X-Amz-Target", ""))
            if answer is not None:
                self._answer(200, {"Content-Type": "application/x-amz-json-1.0"}, answer)
                return
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.request(self.command, self.path, body, dict(self.headers))
            response = upstream.getresponse()
            content = response.read()
            # The provider repeats for minutes what was answered with a server's error.
            status = response.status if response.status < 500 else 400
            self._answer(status, dict(response.getheaders()), content)
            upstream.close()

        # The base class calls methods of these names.
        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _forward  # noqa: N815 - see above

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    return Proxy


def main() -> None:
    """Write `plan.json` beside each configuration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--plugins", type=Path, default=os.environ.get("STEPGUARD_TERRAFORM_PLUGINS")
    )
    parser.add_argument("--moto", default=os.environ.get("STEPGUARD_MOTO_SERVER", "moto_server"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.plugins is None:
        parser.error("--plugins or STEPGUARD_TERRAFORM_PLUGINS is needed")
    names = options.names or sorted(path.parent.name for path in FIXTURES.glob("*/main.tf"))
    for name in names:
        # Each has an account of its own: what one has applied is not there for the next.
        with aws(shlex.split(options.moto)) as endpoint:
            plan = make_plan(FIXTURES / name, Path(options.plugins).resolve(), endpoint)
        (FIXTURES / name / "plan.json").write_text(plan, encoding="utf-8")
        print(f"{name}: {len(plan)} characters")  # noqa: T201 - a script's output


if __name__ == "__main__":
    main()
