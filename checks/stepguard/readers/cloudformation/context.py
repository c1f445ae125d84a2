"""What the makers of resources may ask of a stack."""

from __future__ import annotations

from pathlib import Path

from stepguard.deployment.documents import SECOND_DOCUMENT, Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import OneOf, Piece, Reference, Text, Traced, Unknown
from stepguard.readers.cloudformation.definitions import document_in_file, document_of
from stepguard.readers.cloudformation.locations import LocationError
from stepguard.readers.cloudformation.project import TOO_MUCH_REPEATED
from stepguard.readers.cloudformation.stack import Stack
from stepguard.readers.cloudformation.template import EvaluatedResource
from stepguard.readers.files import ProjectFiles


class StackContext:
    """The `TemplateContext` of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._template = stack.template

    @property
    def files(self) -> ProjectFiles:
        """The project's files."""
        return self._template.project.files

    @property
    def path(self) -> Path:
        """The path of the template."""
        return self._template.path

    def address(self, logical_id: str) -> str:
        """Return the address of a resource of this template."""
        return self._stack.address(logical_id)

    def evaluate(self, value: Traced) -> Traced:
        """Evaluate the intrinsic functions in a piece of the template."""
        return self._stack.evaluate(value)

    def evaluate_in(self, resource: EvaluatedResource, value: Traced) -> Traced:
        """Evaluate a piece of a resource, given that the resource's condition holds."""
        declared = self._stack.declared.get(resource.logical_id)
        return self._stack.evaluate(value, None if declared is None else declared.scope)

    def document(self, value: Traced, substitutions: Traced | None = None) -> Document | Unread:
        """Return the document that an evaluated value is."""
        document = document_of(value, substitutions, self._template.repeated)
        return self._noted(document) if _is_written(value) else document

    def read_definition(
        self, path: Traced, substitutions: Traced | None = None
    ) -> Document | Unread:
        """Return the definition in a local file; what is stored elsewhere is not read."""
        try:
            local = self._template.locations.path(path)
            file = self._template.locations.read(local, path.span)
        except LocationError as error:
            if not error.is_remote:
                self.error(f"the definition cannot be read: {error.reason}", error.span)
            return Unread(error.reason, error.span)
        self.add_file(file)
        if not self._template.project.takes(file):
            return self._noted(Unread(TOO_MUCH_REPEATED, path.span))
        return self._noted(document_in_file(file, substitutions))

    def _noted(self, document: Document | Unread) -> Document | Unread:
        """Note that a text is there which is no document, or of which not all is read."""
        if isinstance(document, Unread):
            self.error(document.reason, document.span)
            return document
        self._template.project.duplicates(self._template.file.path, document.duplicates)
        if document.second_document is not None:
            self.error(SECOND_DOCUMENT, document.second_document)
        return document

    def add_file(self, file: SourceFile) -> None:
        """Note that a file was read as a part of the template."""
        self._template.project.add_file(file)

    def error(
        self, message: str, span: Span | None = None, *, hides_resources: bool = False
    ) -> None:
        """Note that something of the template could not be read (see `ReadError`)."""
        self._template.error(message, span, hides_resources=hides_resources)


def _is_written(value: Traced) -> bool:
    """Tell whether something is written that should be a document, and not only unknown."""
    content = value.value
    if isinstance(content, Text):
        return any(isinstance(part, Piece) for part in content.parts)
    return not isinstance(content, (Unknown, Reference, OneOf)) and not value.sensitive
