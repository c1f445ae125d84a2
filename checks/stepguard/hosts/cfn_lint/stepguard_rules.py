"""What cfn-lint loads when it is given this directory: the classes of the package, as they are."""

from __future__ import annotations

from stepguard.hosts.cfn_lint import RULES

globals().update(RULES)
