"""The least that a role has to be allowed for the workflows that use it, as policy documents.

`subjects` finds the roles and what they are needed for, `statements` makes statements of needs,
`trust` the trust policy, `notes` says what could not be derived. `model` is what comes out.
"""

from __future__ import annotations

from stepguard.permissions.policy.model import (
    NotPrintable,
    PolicyStatement,
    RolePolicy,
    document_value,
)
from stepguard.permissions.policy.roles import least_privilege

__all__ = ["NotPrintable", "PolicyStatement", "RolePolicy", "document_value", "least_privilege"]
