"""The command `stepguard`: a group whose commands are imported when they are called."""

from __future__ import annotations

import importlib

import click

from stepguard import __version__
from stepguard.garbage import collected_seldom

_COMMANDS = {
    "baseline": "Write the known findings to a file, so that only others are reported.",
    "doctor": "Tell whether everything is installed, and checkov and cfn-lint load the packs.",
    "explain": "Explain a rule: what it finds, why, and what to write instead.",
    "path": "Print the directory of the checkov or the cfn-lint pack.",
    "policy": "Print the least-privilege policy of every workflow's role.",
    "render": "Print what was read: definitions and roles, with ${...} for what is not known.",
    "review": "Find what a change introduces: of a plan, of a branch, or between two files.",
    "rules": "List the rules.",
    "scan": "Find what is wrong with workflows and roles.",
    "sweep": "Scan very many projects into a table of findings.",
}
"""The commands and what the help says of them; each is `stepguard.cli.<name>:command`."""


class _LazyGroup(click.Group):
    """A group that imports a command's module only when that command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Return a command; `None` where there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"stepguard.cli.{cmd_name}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stepguard")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Find what is wrong with AWS Step Functions workflows and their IAM roles.

    Reads Terraform, CloudFormation, SAM, CDK output and bare definitions; executes nothing and
    opens no connection.
    """
    ctx.with_resource(collected_seldom())
