"""In which language a policy is written, and in which module or nested stack.

The same policy is written in different ways: as an object of Terraform's language, as a block of a
data source, as JSON in a text or in a file that `templatefile` renders, in YAML or in JSON. What a
finding says to write has to fit in where the policy stands.
"""

from __future__ import annotations

import posixpath
import re

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource, Unread
from stepguard.deployment.source import Span
from stepguard.permissions.memory import remembered_of_deployment
from stepguard.permissions.notation import Language, Notation, is_terraform, module_of

_JSON = re.compile(r"\s*\{")
_BLOCK = "data "
_DATA_SOURCE = re.compile(
    r'^[ \t]*data[ \t]+"?(aws_caller_identity|aws_partition|aws_region)"?'
    r'[ \t]+"?([\w-]+)"?[ \t]*\{',
    re.MULTILINE,
)
_OF_TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json")


def is_in_json(span: Span | None) -> bool:
    """Tell whether a place is in a file of JSON."""
    return span is not None and _JSON.match(span.file.text) is not None


def notation_of(
    document: Document | Unread | None, address: str, holder: Resource, deployment: Deployment
) -> Notation:
    """Return how a policy is written.

    `address` is that of the resource that the policy is in, `holder` a role that has it; where
    there is no document, a policy would be written beside the role.
    """
    language = language_of(document, holder)
    if is_terraform(holder.form):
        module = _module(_place(document, holder), address, deployment)
        return Notation(language, module, _data_sources(deployment).get(module, ()))
    stack = address.rpartition(".")[0]
    return Notation(language, f"{stack}." if stack else "")


def language_of(document: Document | Unread | None, holder: Resource) -> Language:
    """Return the language that a policy of a role is written in."""
    span = _place(document, holder)
    if not is_terraform(holder.form):
        return Language.JSON if is_in_json(span) else Language.YAML
    if span is not None and span.text.startswith(_BLOCK):
        return Language.BLOCK
    if not isinstance(document, Document) or not document.is_text or span is None:
        return Language.HCL
    if span.path.endswith(_OF_TERRAFORM):
        return Language.TEXT
    # A plan has every policy as a text, whatever the configuration has; JSON is right in a text
    # and within `jsonencode`.
    is_own_text = holder.form is Form.PLAN and span.path.endswith(".json")
    return Language.TEXT if is_own_text else Language.RENDERED


def _place(document: Document | Unread | None, holder: Resource) -> Span | None:
    return (document.span if document is not None else None) or holder.span


def _module(span: Span | None, address: str, deployment: Deployment) -> str:
    """Return the module whose expressions a policy is written with.

    A policy may stand in the module that calls the one which makes it a resource.
    """
    own = module_of(address)
    if span is None:
        return own
    found = _modules_by_directory(deployment).get(posixpath.dirname(span.path), [own])
    return own if own in found or len(found) > 1 else found[0]


@remembered_of_deployment
def _data_sources(deployment: Deployment) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the data sources of each module that say which account, region or partition it is."""
    written: dict[str, dict[str, str]] = {}
    for file in deployment.files:
        for match in _DATA_SOURCE.finditer(file.text):
            found = written.setdefault(posixpath.dirname(file.path), {})
            found.setdefault(match.group(1), match.group(2))
    return {
        module: tuple(written[directory].items())
        for directory, modules in _modules_by_directory(deployment).items()
        if directory in written
        for module in modules
    }


@remembered_of_deployment
def _modules_by_directory(deployment: Deployment) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for resource in deployment.resources:
        if resource.span is not None:
            directory = posixpath.dirname(resource.span.path)
            found.setdefault(directory, {})[module_of(resource.address)] = None
    return {directory: list(modules) for directory, modules in found.items()}
