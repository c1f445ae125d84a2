"""Keys of KMS, in one shape for every form of source."""

from __future__ import annotations

from stepguard.deployment.attributes import Names, resources_of, setting
from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Resource
from stepguard.deployment.values import Reference, Text, Traced, plain
from stepguard.structs import Struct

_NAMES: Names = {
    "aws_kms_key": {
        "policy": "policy",
        "rotation": "enable_key_rotation",
        "enabled": "is_enabled",
        "window": "deletion_window_in_days",
        "spec": "customer_master_key_spec",
        "origin": "",
    },
    "aws_kms_external_key": {
        "policy": "policy",
        "rotation": "",
        "enabled": "enabled",
        "window": "deletion_window_in_days",
        "spec": "",
        "origin": "",
    },
    "AWS::KMS::Key": {
        "policy": "KeyPolicy",
        "rotation": "EnableKeyRotation",
        "enabled": "Enabled",
        "window": "PendingWindowInDays",
        "spec": "KeySpec",
        "origin": "Origin",
    },
}
_ALIASES = {
    "aws_kms_alias": ("target_key_id", "name"),
    "AWS::KMS::Alias": ("TargetKeyId", "AliasName"),
}
_POLICY = "aws_kms_key_policy"
_IMPORTED = "aws_kms_external_key"


class Key(Struct, frozen=True, kw_only=True):
    """A key. What its source does not set is `None`.

    `policy` is the key's policy, of its own block or of one beside it. `rotation` is whether it
    is rotated by itself, `enabled` whether it can be used, `window_days` how long it can be
    recovered after it was deleted. `imported` says that its material comes from outside KMS, for
    certain or perhaps (`None`).
    """

    resource: Resource
    policy: Traced | None
    rotation: Traced | None
    enabled: Traced | None
    window_days: Traced | None
    spec: Traced | None
    imported: bool | None


def keys_meant(value: Traced | None, deployment: Deployment) -> list[Key]:
    """Return the keys of the project that a value refers to, by itself or by an alias."""
    found: dict[str, Key] = {}
    for resource in _referred(value, deployment):
        if resource.type in _ALIASES:
            target = setting(resource.attributes, _ALIASES[resource.type][0])
            targets = _referred(target, deployment)
        else:
            targets = [resource]
        for one in targets:
            if one.type in _NAMES:
                found.setdefault(one.address, _key(one, deployment))
    return list(found.values())


def key_of(resource: Resource, deployment: Deployment) -> Key | None:
    """Return the key that a resource is; `None` when it is none."""
    return _key(resource, deployment) if resource.type in _NAMES else None


def _referred(value: Traced | None, deployment: Deployment) -> list[Resource]:
    content = None if value is None else plain(value)
    holes = content.holes if isinstance(content, Text) else (content,)
    for one in holes:
        if isinstance(one, Reference) and not one.is_pseudo:
            return deployment.find(one.target)
    if not isinstance(content, str) or "alias/" not in content:
        return []
    name = content[content.index("alias/") :]
    return [
        one
        for one in resources_of(deployment, _ALIASES)
        if (given := setting(one.attributes, _ALIASES[one.type][1])) is not None
        and given.value == name
    ]


def _key(resource: Resource, deployment: Deployment) -> Key:
    names = _NAMES[resource.type]

    def read(name: str) -> Traced | None:
        return setting(resource.attributes, names[name]) if names[name] else None

    return Key(
        resource=resource,
        policy=read("policy") or _policy_beside(resource, deployment),
        rotation=read("rotation"),
        enabled=read("enabled"),
        window_days=read("window"),
        spec=read("spec"),
        imported=_is_imported(resource, read("origin")),
    )


def _policy_beside(key: Resource, deployment: Deployment) -> Traced | None:
    for one in resources_of(deployment, (_POLICY,)):
        if key in _referred(setting(one.attributes, "key_id"), deployment):
            return setting(one.attributes, "policy")
    return None


def _is_imported(key: Resource, origin: Traced | None) -> bool | None:
    if key.type == _IMPORTED:
        return True
    if origin is None:
        return False
    return origin.value != "AWS_KMS" if isinstance(origin.value, str) else None
