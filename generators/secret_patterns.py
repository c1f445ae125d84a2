"""Makes the data file of patterns that secrets have, from the plugins of detect-secrets.

    python generators/secret_patterns.py

Run it in an environment that has detect-secrets, with Python 3.11 or newer. The package itself does
not depend on it: it brings `requests` and four more packages along and takes 0.12 s to import, for
what are regular expressions. Left out are its plugins that guess from entropy or from names, and
those whose pattern ordinary names and ARNs have as well (Artifactory, Telegram, Twilio).
`checks/stepguard/data/README.md` describes the result.
"""

from __future__ import annotations

import datetime
import importlib
import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "checks" / "stepguard" / "data"

PLUGINS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
}

KINDS = {
    "aws": "an AWS access key",
    "azure_storage_key": "an Azure storage key",
    "basic_auth": "a password in an address",
    "discord": "a Discord token",
    "github_token": "a GitHub token",
    "gitlab_token": "a GitLab token",
    "jwt": "a JSON Web Token",
    "mailchimp": "a Mailchimp key",
    "npm": "an npm token",
    "openai": "an OpenAI key",
    "private_key": "a private key",
    "pypi_token": "a PyPI token",
    "sendgrid": "a SendGrid key",
    "slack": "a Slack token",
    "square_oauth": "a Square secret",
    "stripe": "a Stripe key",
}
"""What a message calls what a plugin finds."""


def shortest_match(pattern: re.Pattern[str]) -> int:
    """Return the fewest characters that a pattern matches, as Python's own parser tells them."""
    fewest, _ = _parsed(pattern).getwidth()
    return int(fewest)


def literal_of(pattern: re.Pattern[str]) -> str:
    """Return the longest text that every match contains; an empty one where case is ignored."""
    if pattern.flags & re.IGNORECASE:
        return ""
    runs = [""]
    pending = list(_parsed(pattern))
    while pending:
        operation, argument = pending.pop(0)
        if str(operation) == "LITERAL":
            runs[-1] += chr(argument)
        elif str(operation) == "SUBPATTERN":
            pending = [*argument[3], *pending]
        else:
            runs.append("")
    return max(runs, key=len)


def _parsed(pattern: re.Pattern[str]) -> Any:
    return importlib.import_module("re._parser").parse(pattern.pattern, pattern.flags)


def patterns_of(module: str, name: str) -> list[dict[str, Any]]:
    """Return the regular expressions of a plugin."""
    plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()
    return [
        {
            "kind": KINDS[module],
            "pattern": one.pattern,
            "ignore_case": bool(one.flags & re.IGNORECASE),
            "shortest": shortest_match(one),
            "literal": literal_of(one),
        }
        for one in plugin.denylist
    ]


def main() -> None:
    """Write the data file."""
    document = {
        "source": {
            "library": "detect-secrets",
            "version": importlib.metadata.version("detect-secrets"),
            "date": datetime.date.today().isoformat(),
            "url": "https://github.com/Yelp/detect-secrets",
            "licence": "Apache-2.0",
            "generator": "generators/secret_patterns.py",
        },
        "patterns": [one for item in PLUGINS.items() for one in patterns_of(*item)],
    }
    path = DATA / "secret_patterns.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
