"""The rule pack for cfn-lint: a directory, and a module, that cfn-lint loads its rules from.

Both of these load it, and nothing else is needed:

    cfn-lint template.yaml --append-rules "$(stepguard path cfn-lint)"
    cfn-lint template.yaml --append-rules stepguard.hosts.cfn_lint

Given a module, cfn-lint takes the rule classes among its members; given a directory, those among
the members of every file in it that is named like a rule, which is `stepguard_rules.py` here.
Importing this package needs cfn-lint.
"""

from __future__ import annotations

from stepguard.hosts.cfn_lint._pack import rule_classes

RULES = rule_classes()
"""The classes of the pack by their names."""

globals().update(RULES)
