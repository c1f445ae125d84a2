"""How the items of a Map state are worked on: in the execution, or by children of their own."""

from __future__ import annotations

from stepguard.deployment.members import as_object
from stepguard.deployment.values import Plain
from stepguard.deployment.workflow import State
from stepguard.rules.machines import EXPRESS

DISTRIBUTED = "DISTRIBUTED"
"""The mode of a map that starts an execution of its own for each item."""


def processor_config(state: State) -> dict[str, Plain]:
    """Return the `ProcessorConfig` of a Map state; empty for every other state."""
    processor = as_object(state.get("ItemProcessor")) or {}
    return as_object(processor.get("ProcessorConfig")) or {}


def is_distributed(state: State) -> bool:
    """Tell whether a state is a distributed map."""
    return processor_config(state).get("Mode") == DISTRIBUTED


def is_in_express_child(state: State) -> bool:
    """Tell whether a state runs in an `EXPRESS` child of a distributed map."""
    return any(
        is_distributed(one) and processor_config(one).get("ExecutionType") == EXPRESS
        for one in state.parents
    )
