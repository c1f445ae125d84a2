"""Results that several rules ask for about one deployment, computed once."""

from __future__ import annotations

from stepguard.deployment.memory import remembered, remembered_of_deployment

__all__ = ["remembered", "remembered_of_deployment"]
