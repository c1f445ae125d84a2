"""The template that cfn-lint is at: read and judged once, from what its author wrote.

cfn-lint changes a template before rules see it: up to 1.53 it translates SAM, and every version
merges and expands. So the file is read again, by stepguard's own reader. The engine is imported
when a template has something for it: most templates have no Step Functions in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cfnlint.template import Template

from stepguard.deployment.source import SourceFile
from stepguard.hosts.cfn_lint._decoded import decoded_file
from stepguard.hosts.cfn_lint._garbage import collected_later
from stepguard.hosts.cfn_lint._wanted import enabled_in_cfn_lint
from stepguard.inputs import concerns_step_functions
from stepguard.readers.files import MAXIMUM_BYTES, FileRefusedError, ProjectFiles

if TYPE_CHECKING:
    from stepguard.hosts.cfn_lint._judgement import Judgement
    from stepguard.hosts.cfn_lint._matches import Matches

_WITHOUT_FILE = "template"
"""What a template is called that came through standard input or as a text."""


class _FilesAround(ProjectFiles):
    """The files in a directory, and a template that is said to be there and is in no file."""

    def __init__(self, directory: Path, template: SourceFile) -> None:
        super().__init__(directory)
        self._template = template

    def read(self, path: Path, maximum_bytes: int = MAXIMUM_BYTES) -> SourceFile:
        """Return a file's text, or the template. Raises `FileRefusedError` with the reason."""
        if path == self.root / self._template.path:
            return self._template
        return super().read(path, maximum_bytes)


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


def matches_of(
    cfn: Template, rule: str = "", given: Mapping[str, Any] | None = None, *, enabled: bool = False
) -> Matches | None:
    """Return what there is to be shown of a template; it is read and judged at the first call.

    `rule`, `given` and `enabled` are what `Judgement.matches` takes. `None` when the template has
    nothing to do with Step Functions. Raises `OptionError`, and `ImportError` when stepguard is
    not installed completely.
    """
    with _entries_lock:
        entry = _entries.setdefault(cfn, _Entry())
    with entry.lock:
        if not entry.is_read:
            with collected_later():
                entry.judgement = _read(cfn)
            entry.is_read = True
        if entry.judgement is None:
            return None
        return entry.judgement.matches(rule, given or {}, enabled=enabled)


def _read(cfn: Template) -> Judgement | None:
    try:
        files, path = _source(cfn)
        template = files.read(path)
    except FileRefusedError as error:
        template, refusal = SourceFile(error.path, ""), error.reason
    else:
        refusal = ""
        if not concerns_step_functions(template.text.encode("utf-8", "replace")):
            return None
    from stepguard.hosts.cfn_lint._judgement import Judgement

    judgement = Judgement(template, enabled_in_cfn_lint())
    if refusal:
        judgement.fail(refusal, template.path)
    else:
        judgement.read(files, path, _parameters(cfn))
    return judgement


def _source(cfn: Template) -> tuple[ProjectFiles, Path]:
    """Return access to the files that may be read, and the template's path.

    Those are the files below the directory that cfn-lint was started in, as it is with a scan of
    that directory, or below the template's own where the template lies outside it.
    """
    directory = Path.cwd()
    if cfn.filename is None:
        template = decoded_file(_WITHOUT_FILE, cfn.template)
        around = _FilesAround(directory, template)
        return around, around.root / _WITHOUT_FILE
    path = Path(cfn.filename)
    files = ProjectFiles(directory)
    if files.contains(path) and directory.parent != directory:
        return files, path
    return ProjectFiles(path.parent, path.parent.as_posix()), path


def _parameters(cfn: Template) -> dict[str, str]:
    """Return the values of parameters that cfn-lint was given, where they are one set."""
    sets = getattr(cfn.context, "parameter_sets", None) or []
    if len(sets) != 1:
        return {}
    return {name: value for name, value in sets[0].parameters.items() if isinstance(value, str)}
