"""Reading a CloudFormation or SAM template, and the stacks nested in it, into a deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Form, Resource
from stepguard.deployment.source import SourceFile
from stepguard.deployment.values import Traced
from stepguard.readers.cloudformation.context import StackContext
from stepguard.readers.cloudformation.nested import open_nested
from stepguard.readers.cloudformation.parameters import Given
from stepguard.readers.cloudformation.project import Project, TemplateFile
from stepguard.readers.cloudformation.resources import plain_resource, to_resources
from stepguard.readers.cloudformation.stack import SAM_TYPE, Stack
from stepguard.readers.cloudformation.yaml_tree import TreeError, read_tree
from stepguard.readers.files import FileRefusedError, ProjectFiles

MAXIMUM_LOOKED_INTO = 1024 * 1024
"""Characters of a text that is parsed to find out what it is; CloudFormation takes 1 MB."""

_NESTED_APPLICATION = "AWS::Serverless::Application"
_TYPE_OF_RESOURCE = re.compile(r"""Type["']?\s*:\s*["']?[A-Za-z0-9]+::""")
_INCLUDE = "AWS::Include"
_FIRST_KEY = re.compile(r"""^(?!---|#|%)([ ]*)["']?[\w:-]+["']?\s*:""", re.MULTILINE)
_JSON_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


def looks_like_template(text: str) -> bool:
    """Tell whether a text is a template: resources at its top level, one of them with a type.

    Text that is no YAML or JSON after all may pass; reading it then says what is wrong.
    """
    if _INCLUDE not in text and not _TYPE_OF_RESOURCE.search(text):
        return False
    if text.lstrip().startswith("{"):
        try:
            return _has_resources(json.loads(text))
        except (ValueError, RecursionError):
            return _names_resources(text)
    first = _FIRST_KEY.search(text)
    indentation = "" if first is None else first.group(1)
    resources = rf"""^{indentation}["']?Resources["']?\s*:"""
    return re.search(resources, text, re.MULTILINE) is not None


def holds_template(text: str) -> bool:
    """Tell whether a text is a template, however that is spelled: it is parsed to find out.

    The type of a resource may be anything here; reading says which are none. Text that cannot be
    parsed, or is longer than CloudFormation takes, is none.
    """
    if len(text) > MAXIMUM_LOOKED_INTO:
        return False
    try:
        root = read_tree(SourceFile("", text)).root
    except TreeError:
        return False
    resources = root.get("Resources")
    if resources is None or not isinstance(resources.value, dict):
        return False
    return any(one.get("Type") is not None for one in resources.value.values())


def _has_resources(content: object) -> bool:
    resources = content.get("Resources") if isinstance(content, dict) else None
    if not isinstance(resources, dict):
        return False
    return any(
        key.startswith("Fn::") or (isinstance(one, dict) and isinstance(one.get("Type"), str))
        for key, one in resources.items()
    )


def _names_resources(text: str) -> bool:
    """Tell whether `Resources` is a key of the outer object of a text that is no JSON."""
    depth = 0
    for match in _JSON_LEXEME.finditer(text):
        lexeme = match.group()
        if lexeme[0] != '"':
            depth += 1 if lexeme in "{[" else -1
        elif depth == 1 and lexeme == '"Resources"':
            return True
    return re.match(r"\s*\{\s*Resources\s*:", text) is not None


def read_template(files: ProjectFiles, path: Path, *, parameters: Mapping[str, str]) -> Deployment:
    """Read a template and the local templates that it nests.

    `parameters` are values of the template's parameters. Never raises for what the files
    contain: that is in the result's `errors`, and what is around it is read.
    """
    shown = files.shown(path)
    project = Project(files)
    deployment = Deployment(root=shown, form=Form.CLOUDFORMATION)
    try:
        file = files.read(path)
    except FileRefusedError as error:
        project.error(error.path, error.reason)
    else:
        given = {name: Given(Traced(value)) for name, value in parameters.items()}
        root = Stack(TemplateFile(project, path, file), given, open_nested)
        if root.is_sam:
            deployment.form = Form.SAM
        deployment.resources = _resources(root)
    deployment.files = project.read_files
    deployment.errors = project.errors
    deployment.unread_modules = project.unread_stacks
    deployment.partial = project.macros
    return deployment


def _resources(stack: Stack) -> list[Resource]:
    """Return the resources of a stack, and of those nested in it."""
    context = StackContext(stack)
    evaluated = stack.resources()
    found: list[Resource] = []
    if stack.is_sam:
        from stepguard.readers.cloudformation.sam import expand

        found.extend(expand(stack.template.root, evaluated, context))
    for name, one in evaluated.items():
        if one.type == _NESTED_APPLICATION:
            found.append(plain_resource(one, Form.SAM))
        elif not one.type.startswith(SAM_TYPE):
            found.extend(to_resources(one, context, Form.CLOUDFORMATION))
        nested = stack.nested(name)
        if nested is not None:
            found.extend(_resources(nested))
    return found
