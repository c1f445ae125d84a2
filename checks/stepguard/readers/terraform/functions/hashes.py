"""Hashes of strings and files, and the functions that never give the same twice."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable

from stepguard.deployment.values import Traced
from stepguard.readers.terraform.functions.arguments import Arguments, Function, takes, takes_more
from stepguard.readers.terraform.functions.encoding import to_bytes
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.work import WORK

_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "oid": uuid.NAMESPACE_OID,
    "url": uuid.NAMESPACE_URL,
    "x500": uuid.NAMESPACE_X500,
}
_UUID = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
    r"|\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}",
    re.IGNORECASE,
)


_BYTES_IN_A_STEP = 200
"""As many are hashed in about a microsecond."""


def _digest(algorithm: str, content: bytes, *, as_base64: bool) -> str:
    WORK.add(len(content) // _BYTES_IN_A_STEP)
    digest = hashlib.new(algorithm, content, usedforsecurity=False)
    if as_base64:
        return base64.b64encode(digest.digest()).decode("ascii")
    return digest.hexdigest()


def _of_string(algorithm: str, *, as_base64: bool = False) -> Callable[[Arguments], Traced]:
    def run(arguments: Arguments) -> Traced:
        content = to_bytes(arguments.string(0))
        return arguments.result(_digest(algorithm, content, as_base64=as_base64))

    return run


def _of_file(algorithm: str, *, as_base64: bool = False) -> Callable[[Arguments], Traced]:
    def run(arguments: Arguments) -> Traced:
        content = arguments.environment.read_bytes(arguments.string(0))
        return arguments.result(_digest(algorithm, content, as_base64=as_base64))

    return run


def _uuidv5(arguments: Arguments) -> Traced:
    namespace, name = arguments.string(0), arguments.string(1)
    known = _NAMESPACES.get(namespace)
    if known is None:
        if not _UUID.fullmatch(namespace):
            raise FunctionError("the namespace is no UUID")
        known = uuid.UUID(namespace.lower().removeprefix("urn:uuid:"))
    content = known.bytes + to_bytes(name)
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    return arguments.result(str(uuid.UUID(bytes=digest[:16], version=5)))


def _unpredictable(_arguments: Arguments) -> Traced:
    raise NotKnownError("it gives another value each time")


def _rsadecrypt(_arguments: Arguments) -> Traced:
    raise NotKnownError("nothing is decrypted here")


FUNCTIONS: dict[str, Function] = {
    **{name: takes(_of_string(name), 1) for name in _ALGORITHMS},
    **{f"file{name}": takes(_of_file(name), 1) for name in _ALGORITHMS},
    **{
        f"base64{name}": takes(_of_string(name, as_base64=True), 1) for name in ("sha256", "sha512")
    },
    **{
        f"filebase64{name}": takes(_of_file(name, as_base64=True), 1)
        for name in ("sha256", "sha512")
    },
    "bcrypt": takes_more(_unpredictable, 1),
    "rsadecrypt": takes(_rsadecrypt, 2),
    "uuid": takes(_unpredictable, 0),
    "uuidv5": takes(_uuidv5, 2),
}
"""The functions of this module, by name."""
