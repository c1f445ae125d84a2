"""Findings that the source excuses, with a reason.

`directives` finds what is written: comments in HCL and YAML, `Metadata` of templates, `Comment`
of definitions and states. `applying` takes the excused findings out of a report, and tells which
directives are wrong, out of date, or excuse nothing.
"""

from __future__ import annotations

from stepguard.suppression.applying import Excusable, apply_suppressions, find_excusable

__all__ = ["Excusable", "apply_suppressions", "find_excusable"]
