"""Where the template that cfn-lint is at comes from, and what may be read with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cfnlint.template import Template

from stepguard.deployment.source import SourceFile
from stepguard.hosts.cfn_lint._decoded import decoded_file
from stepguard.readers.files import MAXIMUM_BYTES, FileRefusedError, ProjectFiles
from stepguard.structs import Struct, field

_WITHOUT_FILE = "template"
"""What a template is called that came through standard input or as a text."""


class Source(Struct, frozen=True):
    """A template's text, path and parameters, and the files around it.

    `refusal` says why the text is not there; it is empty otherwise.
    """

    files: ProjectFiles
    path: Path
    template: SourceFile
    parameters: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


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


def source_of(cfn: Template) -> Source:
    """Return where a template comes from.

    The files that may be read are those below the directory that cfn-lint was started in, as it is
    with a scan of that directory, or below the template's own where the template lies outside it.
    """
    directory = Path.cwd()
    path = Path(cfn.filename or _WITHOUT_FILE)
    files = ProjectFiles(directory)
    if cfn.filename is not None and (directory.parent == directory or not files.contains(path)):
        files = ProjectFiles(path.parent, path.parent.as_posix())
    try:
        if cfn.filename is None:
            template: SourceFile = decoded_file(_WITHOUT_FILE, cfn.template)
            files = _FilesAround(directory, template)
            path = files.root / _WITHOUT_FILE
        else:
            template = files.read(path)
    except FileRefusedError as error:
        return Source(files, path, SourceFile(error.path, ""), refusal=error.reason)
    return Source(files, path, template, _parameters(cfn))


def _parameters(cfn: Template) -> dict[str, str]:
    """Return the values of parameters that cfn-lint was given, where they are one set."""
    sets = getattr(cfn.context, "parameter_sets", None) or []
    if len(sets) != 1:
        return {}
    return {name: value for name, value in sets[0].parameters.items() if isinstance(value, str)}
