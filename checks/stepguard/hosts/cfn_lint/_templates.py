"""The template that cfn-lint is at: read and judged once, from what its author wrote.

cfn-lint changes a template before rules see it: up to 1.53 it translates SAM, and every version
merges and expands. So the file is read again, by stepguard's own reader. The engine is imported
when a template has something for it: most templates have no Step Functions in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cfnlint.template import Template

from stepguard.garbage import collected_later
from stepguard.hosts.cfn_lint._program import leave_out_what_stays
from stepguard.hosts.cfn_lint._source import source_of
from stepguard.hosts.cfn_lint._wanted import enabled_in_cfn_lint
from stepguard.inputs import concerns_step_functions

if TYPE_CHECKING:
    from stepguard.hosts.cfn_lint._judgement import Judgement
    from stepguard.hosts.cfn_lint._matches import Shown


class _Entry:
    """What is known of a template; `judgement` is `None` when it is none of our business."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.is_read = False
        self.judgement: Judgement | None = None


# By cfn-lint's own object, which lives as long as the template is linted: an editor that keeps the
# process for hours gets what the file says now.
_entries: WeakKeyDictionary[Template, _Entry] = WeakKeyDictionary()
_entries_lock = Lock()


def shown_of_template(
    cfn: Template, rule: str = "", given: Mapping[str, Any] | None = None, *, enabled: bool = False
) -> Shown | None:
    """Return what there is to be shown of a template; it is read and judged at the first call.

    `rule`, `given` and `enabled` are what `Judgement.shown` takes. `None` when the template has
    nothing to do with Step Functions. Raises `OptionError`, and `ImportError` when stepguard is
    not installed completely.
    """
    with _entries_lock:
        entry = _entries.setdefault(cfn, _Entry())
    with entry.lock:
        if not entry.is_read:
            entry.judgement = _judgement_of(cfn)
            entry.is_read = True
        if entry.judgement is None:
            return None
        return entry.judgement.shown(rule, given or {}, enabled=enabled)


def _judgement_of(cfn: Template) -> Judgement | None:
    source = source_of(cfn)
    text = source.template.text.encode("utf-8", "replace")
    if not source.refusal and not concerns_step_functions(text):
        return None
    with collected_later():
        from stepguard.hosts.cfn_lint._judgement import Judgement

        leave_out_what_stays()
        return Judgement(source, enabled_in_cfn_lint())
