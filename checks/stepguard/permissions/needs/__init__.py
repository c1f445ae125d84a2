"""What a workflow needs of its execution role, derived from its definition.

`derivation` goes through a state machine and gives its needs; `need` says what a need is;
`calls`, `operations` and `features` know the three kinds of source (optimized integrations, AWS
SDK integrations, features of machines and maps); `parameters` finds the values that name a
target, and `templates` puts them into the ARNs that AWS documents.
"""

from __future__ import annotations

from stepguard.permissions.needs.derivation import needs_of_machine
from stepguard.permissions.needs.need import MachineNeeds, Need, NotChecked

__all__ = ["MachineNeeds", "Need", "NotChecked", "needs_of_machine"]
