"""Secrets among values and in texts: by their form, or by the name of what holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from stepguard.data import load
from stepguard.deployment.documents import Document, Path
from stepguard.deployment.graph import Deployment
from stepguard.deployment.memory import remembered
from stepguard.deployment.resources import StateMachine
from stepguard.deployment.values import OneOf, Piece, Plain, Text
from stepguard.structs import Struct

_MAXIMUM_CHARACTERS = 2_000_000
"""Characters of a document that are searched; AWS allows half of that."""

_STRETCH = 4_000
_OVERLAP = 300
"""Texts are searched in stretches: some patterns take time that grows with the square."""

_HOLDER = re.compile(
    r"(?:^|[a-z0-9_\-.])(?:password|passwd|pwd|passphrase|secret[_-]?access[_-]?key|secret[_-]?key|"
    r"client[_-]?secret|api[_-]?key|apikey|auth[_-]?token|access[_-]?token|private[_-]?key)$",
    re.IGNORECASE,
)
_HEADERS = frozenset({"authorization", "x-api-key", "proxy-authorization"})
_CREDENTIAL = re.compile(r"(?:Basic|Bearer|Token|ApiKey) +(\S+)", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    r"example|placeholder|change|replace|your|todo|dummy|sample|redacted|insert|"
    r"^[x*.#_\-]+$|^<.*>$|^\[.*\]$|^(?:string|password|secret|none|null|true|false|test)$",
    re.IGNORECASE,
)
_DYNAMIC = re.compile(r"^\$|\{%|\$\{|\{\{|^States\.|^arn:|^/|^https?://|^#\{|^%")
_ADDRESS = re.compile(r"^https://[^/]+/", re.IGNORECASE)
"""What of an address that is a secret, such as that of a webhook, may be shown."""

_PLAINTEXT = "PLAINTEXT"
"""The type of a variable of CodeBuild whose value is not the name of a secret."""

_SHORTEST_SECRET = 6
_LONGEST_SECRET = 512


_ASSIGNED = re.compile(
    r"""(?:password|passwd|pwd|passphrase|secret|token|key|authorization)\\?["']?\)?\s*[=:]\s*"""
    r"""(\\?["'][^"']+(?:["']\s*["'][^"']+)*)""",
    re.IGNORECASE,
)
_MARKED = re.compile(r"""\bsensitive\(\s*("[^"]*"?)""")
"""Literals in code that are secrets by what stands before them."""


class FoundSecret(Struct, frozen=True):
    """A secret: what it is, and where it stands in the document. What it says is not kept."""

    kind: str
    path: Path


def secrets_in(document: Plain) -> Iterator[FoundSecret]:
    """Yield the secrets in a document, at most one for each value."""
    budget = _MAXIMUM_CHARACTERS
    names: dict[Path, str] = {}
    kinds: dict[str, str | None] = {}
    for path, text, is_whole in _texts(document, names):
        budget -= len(text)
        if budget < 0:
            return
        if text not in kinds:
            kinds[text] = _kind_of(text)
        kind = kinds[text]
        if kind is None and is_whole and path and isinstance(path[-1], str):
            kind = _held(names.get(path, path[-1]), text)
        if kind is not None:
            yield FoundSecret(kind, path)


@remembered
def secrets_of_machine(machine: StateMachine, _: Deployment) -> tuple[FoundSecret, ...]:
    """Return the secrets in a machine's definition; none where that could not be read."""
    document = machine.definition
    return tuple(secrets_in(document.value)) if isinstance(document, Document) else ()


@lru_cache(maxsize=4096)
def masked_code(code: str) -> str:
    """Return code in which the literals that are secrets are asterisks, of any length."""
    if not any(quote in code for quote in "\"'"):
        return code
    for pattern in (_ASSIGNED, _MARKED):
        code = pattern.sub(_masked_group, code)
    for kind in _kinds():
        if kind.may_be_in(code):
            code = kind.compiled.sub(_masked_group, code)
    return code


def _masked_group(found: re.Match[str]) -> str:
    number = found.lastindex or 0
    secret = found.group(number)
    if not secret or _PLACEHOLDER.search(secret) or _DYNAMIC.search(secret.strip("\\\"' ")):
        return found.group()
    start, end = found.start(number) - found.start(), found.end(number) - found.start()
    opening = secret[: len(secret) - len(secret.lstrip("\\\"'"))]
    return f"{found.group()[:start]}{opening}***{found.group()[end:]}"


def _texts(document: Plain, names: dict[Path, str]) -> Iterator[tuple[Path, str, bool]]:
    """Yield every known text of a document, and whether it is the whole value.

    To `names` are added the paths of values that an object names: `{"Name": …, "Value": …}`.
    """
    stack: list[tuple[Path, Plain]] = [((), document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value, True
        elif isinstance(value, Text):
            for part in value.parts:
                if isinstance(part, Piece):
                    yield path, part.text, False
        elif isinstance(value, dict):
            names.update(_named_value(value, path))
            stack.extend(((*path, str(key)), one) for key, one in reversed(list(value.items())))
        elif isinstance(value, list):
            stack.extend(((*path, number), one) for number, one in reversed(list(enumerate(value))))
        elif isinstance(value, OneOf):
            stack.extend((path, one) for one in reversed(value.alternatives))


def _named_value(members: dict[str, Plain], path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the name of the value in a variable of a container, a build or a job."""
    by_name = {key.lower(): (key, value) for key, value in members.items()}
    kind = by_name.get("type", ("", _PLAINTEXT))[1]
    for naming in ("name", "key"):
        _, name = by_name.get(naming, ("", None))
        if isinstance(name, str) and "value" in by_name and kind == _PLAINTEXT:
            yield (*path, str(by_name["value"][0])), str(name)


class _Kind(Struct, frozen=True):
    """A kind of secret that is known by its form.

    Every text that `pattern` matches has at least `shortest` characters, and `literal` in it.
    """

    name: str
    pattern: str
    flags: int
    shortest: int
    literal: str

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled: few templates have anything that is to be compared with it."""
        return _compiled(self.pattern, self.flags)

    def may_be_in(self, text: str) -> bool:
        """Tell whether it is worth to look for the pattern in a text."""
        return len(text) >= self.shortest and self.literal in text


_compiled = cache(re.compile)


@cache
def _kinds() -> tuple[_Kind, ...]:
    return tuple(
        _Kind(
            name=row["kind"],
            pattern=row["pattern"],
            flags=re.IGNORECASE if row["ignore_case"] else 0,
            shortest=row["shortest"],
            literal=row["literal"],
        )
        for row in load("secret_patterns")["patterns"]
    )


def without_tokens(text: str, mask: str = "***") -> str:
    """Return a text with a mask in the place of each secret that is known by its form."""
    for secret in sorted({secret for _, secret in _tokens(text)}, key=len, reverse=True):
        text = text.replace(secret, mask)
    return text


def _kind_of(text: str) -> str | None:
    """Return what kind of secret a text contains, by its form."""
    return next((kind for kind, _ in _tokens(text)), None)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a text that are known by their form: the kind, and what it says."""
    for start in range(0, max(len(text), 1), _STRETCH):
        stretch = text[start : start + _STRETCH + _OVERLAP]
        for kind in _kinds():
            if not kind.may_be_in(stretch):
                continue
            for found in kind.compiled.finditer(stretch):
                secret = found.group(found.lastindex or 0) or found.group()
                if _ADDRESS.match(kind.pattern):
                    secret = _ADDRESS.sub("", secret)
                if not _PLACEHOLDER.search(secret) and not _DYNAMIC.search(secret):
                    yield kind.name, secret


def _held(name: str, text: str) -> str | None:
    """Return what kind of secret a value is, by the name of what holds it."""
    if name.lower() in _HEADERS:
        credential = _CREDENTIAL.fullmatch(text.strip())
        is_key = name.lower() == "x-api-key"
        secret = credential.group(1) if credential else text.strip() if is_key else ""
        return f"the value of the header {name}" if _is_literal(secret) else None
    if _HOLDER.search(name) and _is_literal(text):
        return f"the value of {name}"
    return None


def _is_literal(text: str) -> bool:
    if not _SHORTEST_SECRET <= len(text) <= _LONGEST_SECRET or any(map(str.isspace, text)):
        return False
    return not _PLACEHOLDER.search(text) and not _DYNAMIC.search(text)
