"""What the CDK says of a synthesized template: construct paths, and where its assets are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stepguard.deployment.values import Traced
from stepguard.readers.files import FileRefusedError, ProjectFiles

_MANIFEST = "manifest.json"
_ASSETS = ".assets.json"
_MAXIMUM_MANIFESTS = 50


def construct_path(metadata: Traced | None) -> str:
    """Return the construct that a resource comes from; empty where the metadata do not say."""
    return _text(metadata, "aws:cdk:path")


def asset_path(metadata: Traced | None, property_name: str) -> str:
    """Return the file that a property of a resource will name once it is uploaded; or empty."""
    if _text(metadata, "aws:asset:property") != property_name:
        return ""
    return _text(metadata, "aws:asset:path")


def _text(metadata: Traced | None, key: str) -> str:
    found = None if metadata is None else metadata.get(key)
    return found.value if found is not None and isinstance(found.value, str) else ""


class Assets:
    """The assets of the cloud assembly (`cdk.out`) that a template lies in."""

    def __init__(self, files: ProjectFiles, directory: Path) -> None:
        self._files = files
        self._directory = directory
        self._by_key: dict[str, Path] | None = None

    def find(self, object_key: str) -> Path | None:
        """Return the local file that will be uploaded under an object key."""
        if self._by_key is None:
            self._by_key = {}
            for manifest in self._manifests():
                self._add(manifest)
        return self._by_key.get(object_key)

    def _manifests(self) -> list[Path]:
        """Return the asset manifests: those that the assembly's manifest names, or all."""
        named: list[Path] = []
        for artifact in _objects(_member(self._json(self._directory / _MANIFEST), "artifacts")):
            if artifact.get("type") == "cdk:asset-manifest":
                name = _member(artifact.get("properties"), "file")
                if isinstance(name, str):
                    named.append(self._directory / name)
        if not named:
            named = [
                path for path in self._files.entries(self._directory) if path.name.endswith(_ASSETS)
            ]
        return named[:_MAXIMUM_MANIFESTS]

    def _add(self, manifest: Path) -> None:
        for asset in _objects(_member(self._json(manifest), "files")):
            path = _member(asset.get("source"), "path")
            for destination in _objects(asset.get("destinations")):
                key = destination.get("objectKey")
                if isinstance(path, str) and isinstance(key, str) and self._by_key is not None:
                    self._by_key.setdefault(key, manifest.parent / path)

    def _json(self, path: Path) -> Any:
        if not self._files.is_file(path):
            return None
        try:
            return json.loads(self._files.read(path).text)
        except (FileRefusedError, ValueError, RecursionError):
            return None


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return the members of an object that are objects themselves."""
    members = value.values() if isinstance(value, dict) else ()
    return [member for member in members if isinstance(member, dict)]
