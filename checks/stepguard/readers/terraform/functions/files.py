"""Functions on files and paths."""

from __future__ import annotations

import base64
import posixpath

from stepguard.deployment.source import Span
from stepguard.deployment.values import Piece, Text, Traced
from stepguard.readers.terraform.functions.arguments import Arguments, Function, takes, why_open
from stepguard.readers.terraform.functions.conversion import make_set
from stepguard.readers.terraform.functions.errors import NotKnownError
from stepguard.readers.terraform.functions.globs import Glob, static_part
from stepguard.readers.terraform.functions.texts import FlatText


def _file(arguments: Arguments) -> Traced:
    file = arguments.environment.read_file(arguments.string(0))
    span = Span(file, 0, len(file.text))
    return Traced(file.text, span, text=Text((Piece(file.text, span, exact=True),)))


def _filebase64(arguments: Arguments) -> Traced:
    content = arguments.environment.read_bytes(arguments.string(0))
    return arguments.result(base64.b64encode(content).decode("ascii"))


def _fileexists(arguments: Arguments) -> Traced:
    return arguments.result(arguments.environment.file_exists(arguments.string(0)))


def _fileset(arguments: Arguments) -> Traced:
    directory, pattern = arguments.string(0), arguments.string(1)
    start, rest = static_part(_clean(posixpath.join(directory, pattern.lstrip("/"))))
    glob = Glob(rest)
    names = arguments.environment.list_files(start)
    arguments.environment.spend(len(names) // 10)
    found = [name for name in names if glob.matches(name)]
    paths = (posixpath.relpath(posixpath.join(start, name), _clean(directory)) for name in found)
    return arguments.result(make_set(arguments.result(path) for path in paths))


def _abspath(arguments: Arguments) -> Traced:
    path = posixpath.join(arguments.environment.working_directory, arguments.string(0))
    return arguments.result(_clean(path))


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _basename(arguments: Arguments) -> Traced:
    text = FlatText(arguments.text(0))
    if not len(text):
        return arguments.result(".")
    end = len(text.string.rstrip("/"))
    if end == 0:
        return arguments.result("/")
    start = text.string.rfind("/", 0, end) + 1
    if text.last_hole() >= start:
        raise NotKnownError(why_open(Traced(text.text)))
    return arguments.result_text(text.cut(start, end))


def _dirname(arguments: Arguments) -> Traced:
    path = arguments.string(0)
    return arguments.result(_clean(path[: path.rfind("/") + 1]))


def _pathexpand(arguments: Arguments) -> Traced:
    path = arguments.string(0)
    if path.startswith("~"):
        raise NotKnownError("it depends on the home directory")
    return arguments.result(path)


FUNCTIONS: dict[str, Function] = {
    "abspath": takes(_abspath, 1),
    "basename": takes(_basename, 1),
    "dirname": takes(_dirname, 1),
    "file": takes(_file, 1),
    "filebase64": takes(_filebase64, 1),
    "fileexists": takes(_fileexists, 1),
    "fileset": takes(_fileset, 2),
    "pathexpand": takes(_pathexpand, 1),
}
"""The functions of this module, by name."""
