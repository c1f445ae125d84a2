"""What the CloudFormation reader and its SAM part hand to each other.

`expand` of the package `sam` is called once for each template that is SAM:

    expand(template: Traced, resources: Mapping[str, EvaluatedResource],
           context: TemplateContext) -> list[Resource]

`template` is the whole template as it is written, intrinsic functions in their long form
(`{"Fn::GetAtt": …}`); nothing in it is evaluated, so that `Globals` go through
`context.evaluate`. `resources` are all resources of the template that may be deployed, by
logical id, native ones too; those whose condition is certainly false are left out.

The result is a `Resource` (or `StateMachine`, `Role`, …) for every resource whose type begins
with `AWS::Serverless::`, except `AWS::Serverless::Application`, and whatever SAM adds to the
template: generated roles, policies of connectors. Native resources are made by the reader.
Addresses are made by `context.address(logical_id)`; what `context.evaluate` returns refers to
resources by such addresses already, those that SAM generates included.

What SAM's properties share with the native ones (definitions with their substitutions, logging,
tracing, tags, policies, the role) is made by the functions of `parts.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import Unread
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Traced
from stepguard.readers.files import ProjectFiles
from stepguard.structs import Struct


class EvaluatedResource(Struct, frozen=True):
    """A resource of a template with what is known of its properties.

    `address` is its logical id, with those of the nested stacks around it before it
    (`Child.Machine`). `properties` is an object with every intrinsic function evaluated (empty
    where the resource has none), or something unknown. `body` is the whole resource as it is
    written, for attributes such as `Connectors` and `DependsOn`; evaluate what you take of it
    with `TemplateContext.evaluate_in`. `span` is the logical id, `block` the whole resource.
    `condition` names the condition on which it exists (empty when it always does). `label` is
    CDK's construct path where the metadata say it.
    """

    logical_id: str
    address: str
    type: str
    properties: Traced
    body: Traced
    span: Span | None
    block: Span | None
    condition: str = ""
    metadata: Traced | None = None
    label: str = ""


class TemplateContext(Protocol):
    """What the maker of resources may ask of the template around them.

    `files` is the access to the project's files, `path` where the template itself is.
    """

    @property
    def files(self) -> ProjectFiles:
        """The project's files."""

    @property
    def path(self) -> Path:
        """The path of the template; paths in it are relative to its directory."""

    def address(self, logical_id: str) -> str:
        """Return the address of a resource of this template."""

    def evaluate(self, value: Traced) -> Traced:
        """Evaluate the intrinsic functions in a piece of the template, such as `Globals`."""

    def evaluate_in(self, resource: EvaluatedResource, value: Traced) -> Traced:
        """Evaluate a piece of a resource, given that the resource's condition holds."""

    def document(self, value: Traced, substitutions: Traced | None = None) -> Document | Unread:
        """Return the document that an evaluated value is: an object, or a text that holds JSON.

        `substitutions` is an evaluated object whose members replace `${Name}` in it.
        """

    def read_definition(
        self, path: Traced, substitutions: Traced | None = None
    ) -> Document | Unread:
        """Return the definition in a local JSON or YAML file, places being those in that file.

        `path` is the evaluated path, relative to the template's directory.
        """

    def add_file(self, file: SourceFile) -> None:
        """Say that a file was read as a part of the template."""

    def error(
        self, message: str, span: Span | None = None, *, hides_resources: bool = False
    ) -> None:
        """Say that something of the template could not be read, in one line (see `ReadError`)."""
