"""Names for what a printed policy declares, different from those that the source has."""

from __future__ import annotations

import re
from collections.abc import Callable

from stepguard.permissions.policy import RolePolicy

_MODULES = re.compile(r'^(?:module\.[\w-]+(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])?\.)+')
_WORD = re.compile(r"[0-9A-Za-z]+")


def heading_of(policy: RolePolicy) -> str:
    """Return what a policy is for: the role, and the state machines that use it."""
    return f"{policy.name or 'a role'} for {', '.join(policy.addresses)}"


def module_of(address: str) -> str:
    """Return the modules at the beginning of a Terraform address, with the dot behind them."""
    found = _MODULES.match(address)
    return found.group() if found is not None else ""


def stack_of(address: str) -> str:
    """Return the nested stacks at the beginning of a logical id, with the dot behind them."""
    return address[: address.rfind(".") + 1]


def identifier(address: str) -> str:
    """Return a Terraform name for what belongs to a resource: `aws_iam_role.a["b"]` gives `a_b`."""
    local = address[len(module_of(address)) :]
    words = _WORD.findall(local.partition(".")[2] or local) or ["role"]
    name = "_".join(words)
    return f"role_{name}" if name[0].isdigit() else name


def logical_id(address: str) -> str:
    """Return the logical id in an address; of one of Terraform, a name of letters and digits."""
    local = address[len(stack_of(address)) :]
    if _WORD.fullmatch(local):
        return local
    return capitalized(local)


def capitalized(name: str) -> str:
    """Return a CloudFormation name of letters and digits, made from any other name."""
    words = _WORD.findall(name) or ["Role"]
    return "".join(word[:1].upper() + word[1:] for word in words)


def unused(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return a name that is not taken: the given one, or one with a number behind it."""
    found, number = name, 1
    while is_taken(found):
        number += 1
        found = f"{name}{number}"
    return found
