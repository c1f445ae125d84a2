"""IAM policy documents of a deployment: statements, patterns, and who may assume a role.

`statements` reads a document, with `elements`, `conditions` and `principals`; `arns` takes ARNs
apart, `patterns` compares texts with wildcards; `trust` tells who may assume a role. Everything is
in terms of values with unknown parts.
"""

from __future__ import annotations

from stepguard.deployment.iam.trust import is_step_functions_role

__all__ = ["is_step_functions_role"]
