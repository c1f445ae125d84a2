"""Which state a place in a definition belongs to."""

from __future__ import annotations

from stepguard.deployment.documents import Path
from stepguard.deployment.workflow import State, Workflow


class Owners:
    """The states of a definition by where they stand."""

    def __init__(self, workflow: Workflow) -> None:
        self._states = {state.path: state for state in workflow.states}

    def of(self, path: Path) -> State | None:
        """Return the innermost state that a path leads into; `None` for what is in no state."""
        for length in range(len(path), 0, -1):
            state = self._states.get(path[:length])
            if state is not None:
                return state
        return None
