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
from stepguard.permissions.notation import (
    Elsewhere,
    Language,
    Notation,
    is_terraform,
    module_of,
)
from stepguard.structs import Struct

_JSON = re.compile(r"\s*\{")
_BLOCK = "data "
_DATA_SOURCE = re.compile(
    r'^[ \t]*data[ \t]+"?(aws_caller_identity|aws_partition|aws_region)"?'
    r'[ \t]+"?([\w-]+)"?[ \t]*\{',
    re.MULTILINE,
)
_ADDRESS_OF_DATA = re.compile(r"data\.(aws_caller_identity|aws_partition|aws_region)\.([\w-]+)")
_NAMED_BLOCK = re.compile(r'^[ \t]*(module|variable)[ \t]+"?([\w-]+)"?[ \t]*\{', re.MULTILINE)
_TYPED_BLOCK = re.compile(
    r'^[ \t]*(data|resource)[ \t]+"?([\w-]+)"?[ \t]+"?([\w-]+)"?[ \t]*\{', re.MULTILINE
)
_BEGINNINGS = {"data": "data.", "module": "module.", "resource": "", "variable": "var."}
"""How expressions begin that refer to what a block declares."""

_INSTANCE = re.compile(r'\[(?:"[^"]*"|[^\]"]*)\]')
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
        # A plan does not say which data sources the configuration has.
        is_read = holder.form is Form.TERRAFORM
        data_sources = _data_sources(deployment).get(module, ()) if is_read else None
        return Notation(language, module, data_sources, declared_elsewhere(module, deployment))
    stack = address.rpartition(".")[0]
    return Notation(language, f"{stack}." if stack else "")


def declared_elsewhere(module: str, deployment: Deployment) -> Elsewhere:
    """Return what other modules declare and a module does not.

    `module` is an address as a notation has it.
    """
    declarations = _declarations(deployment)
    if module not in declarations.directories:
        return Elsewhere()
    return Elsewhere(declarations.everything, declarations.of(module))


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
    by_directory: dict[str, dict[str, str]] = {}
    for file in deployment.files:
        for kind, name in _DATA_SOURCE.findall(file.text):
            by_directory.setdefault(posixpath.dirname(file.path), {}).setdefault(kind, name)
    by_module = _declared_by_address(deployment)
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for directory, modules in _modules_by_directory(deployment).items():
        for module in modules:
            known = dict(found.get(module, ()))
            for kind, name in by_directory.get(directory, {}).items():
                known.setdefault(kind, name)
            # What is declared in JSON is only known as a resource.
            for address in sorted(by_module.get(module, ())):
                match = _ADDRESS_OF_DATA.fullmatch(address)
                if match is not None:
                    known.setdefault(match.group(1), match.group(2))
            found[module] = tuple(known.items())
    return found


class _Declarations(Struct, frozen=True):
    """What the modules of a deployment declare: by directory, and by the module's address."""

    everything: frozenset[str]
    by_directory: dict[str, set[str]]
    by_module: dict[str, set[str]]
    directories: dict[str, list[str]]

    def of(self, module: str) -> tuple[set[str], ...]:
        """Return the sets of what a module declares."""
        found = [self.by_directory.get(one, set()) for one in self.directories.get(module, ())]
        return (*found, self.by_module.get(module, set()))


@remembered_of_deployment
def _declarations(deployment: Deployment) -> _Declarations:
    by_directory = _declared_in_files(deployment)
    by_module = _declared_by_address(deployment)
    directories: dict[str, list[str]] = {}
    for directory, modules in _modules_by_directory(deployment).items():
        for module in modules:
            directories.setdefault(module, []).append(directory)
    everything = frozenset().union(*by_directory.values(), *by_module.values())
    return _Declarations(everything, by_directory, by_module, directories)


def _declared_in_files(deployment: Deployment) -> dict[str, set[str]]:
    """Return what the files of each directory declare."""
    found: dict[str, set[str]] = {}
    for file in deployment.files:
        names = found.setdefault(posixpath.dirname(file.path), set())
        for keyword, name in _NAMED_BLOCK.findall(file.text):
            names.add(f"{_BEGINNINGS[keyword]}{name}")
        for keyword, kind, name in _TYPED_BLOCK.findall(file.text):
            names.add(f"{_BEGINNINGS[keyword]}{kind}.{name}")
    return found


def _declared_by_address(deployment: Deployment) -> dict[str, set[str]]:
    """Return what the addresses of resources and of modules that were not read tell of modules."""
    found: dict[str, set[str]] = {}
    addresses = [one.address for one in deployment.resources if is_terraform(one.form)]
    addresses += [f"{one.address}." for one in deployment.unread_modules if one.address]
    for address in addresses:
        module = module_of(address)
        local = _INSTANCE.sub("", address)[len(module) :]
        if local:
            found.setdefault(module, set()).add(local)
        while module:
            outer, _, name = module.removesuffix(".").rpartition("module.")
            found.setdefault(outer, set()).add(f"module.{name}")
            module = outer
    return found


@remembered_of_deployment
def _modules_by_directory(deployment: Deployment) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for resource in deployment.resources:
        if resource.span is not None:
            directory = posixpath.dirname(resource.span.path)
            found.setdefault(directory, {})[module_of(resource.address)] = None
    return {directory: list(modules) for directory, modules in found.items()}
