"""What a role needs when a suggestion is taken up, as comments in that suggestion."""

from __future__ import annotations

import textwrap

from stepguard.data import load
from stepguard.rules.defects import listed

_WIDTH = 88

LOGGING, TRACING, ENCRYPTION = "cloudwatch_logs", "xray", "cmk_state_machine"
"""Features of a state machine, by their names in the data on what AWS documents for them."""


def role_needs(feature: str, resource: str) -> str:
    """Return the comment that names the actions that a feature takes, in lines of their own.

    `resource` says on what: `"*"`, or words. HCL and YAML write comments alike.
    """
    statements = load("integrations")["features"][feature]["statements"]
    actions = [one for row in statements if row["need"] == "required" for one in row["actions"]]
    return comment(f"The role needs {listed(actions, 'and')} on {resource}, too.")


def comment(text: str) -> str:
    """Return a text as comments of HCL and YAML, in lines of their own."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, _WIDTH))
