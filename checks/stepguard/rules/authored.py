"""Rules whose remedy is in the hands of a machine's author, which is not always the project."""

from __future__ import annotations

from collections.abc import Iterable

from stepguard.deployment.documents import Document
from stepguard.deployment.members import as_object
from stepguard.deployment.resources import StateMachine
from stepguard.rules.rule import Context, MachineRule

_WAITER_STATES = frozenset({"framework-isComplete-task", "framework-onTimeout-task"})
"""The states of the machine with which the CDK waits until a custom resource is complete.

They have had these names in every version since the provider framework waits with a state machine
(`aws-cdk-lib`, `custom-resources/lib/provider-framework/waiter-state-machine.ts`). Construct paths
would tell the same, but are left out of many templates.
"""


class AuthoredMachineRule(MachineRule):
    """A rule that judges the machines whose definition and settings the project can change.

    The machine that the provider framework of the CDK makes for a custom resource is none of
    them: its definition is the library's, and CloudFormation tells when it fails.
    """

    def subjects(self, context: Context) -> Iterable[StateMachine]:
        """Yield every state machine of the deployment but those that a library writes."""
        return [one for one in super().subjects(context) if not is_written_by_cdk(one)]


def is_written_by_cdk(machine: StateMachine) -> bool:
    """Tell whether a machine is the waiter of the CDK's provider framework."""
    document = machine.definition
    if not isinstance(document, Document):
        return False
    states = as_object((as_object(document.value) or {}).get("States"))
    return states is not None and set(states) == _WAITER_STATES
