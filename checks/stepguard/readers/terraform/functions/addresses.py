"""Functions on IP networks."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

from stepguard.deployment.values import Traced
from stepguard.readers.terraform.functions.arguments import (
    Arguments,
    Function,
    check_size,
    takes,
    takes_more,
)
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError
from stepguard.readers.terraform.functions.types import ListItems

_MAXIMUM_EXTENSION = 32
_LEADING_ZEROS = re.compile(r"(?<![0-9a-fA-F:.])0+(?=[0-9])|(?<=\.)0+(?=[0-9])")

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


def _network(text: str) -> Network:
    """Return the network that a prefix (`10.0.0.0/8`) names. Raises `FunctionError`."""
    address, slash, length = text.partition("/")
    if "." in address and ":" not in address:
        address = _LEADING_ZEROS.sub("", address)
    if not slash or not re.fullmatch("[0-9]{1,3}", length) or "%" in address:
        raise FunctionError("it is no network prefix")
    try:
        network = ipaddress.ip_network(f"{address}/{int(length)}", strict=False)
    except ValueError as error:
        raise FunctionError("it is no network prefix") from error
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None:
        raise NotKnownError("IPv4 addresses within IPv6 are not looked at")
    return network


def _at(network: Network, address: int) -> str:
    if isinstance(network, ipaddress.IPv4Network):
        return str(ipaddress.IPv4Address(address))
    return str(ipaddress.IPv6Address(address))


def _cidrhost(arguments: Arguments) -> Traced:
    number = arguments.number(1)
    network = _network(arguments.string(0))
    if not isinstance(number, int):
        raise FunctionError("a whole number is required")
    last = network.num_addresses - 1
    number = number if number >= 0 else last + 1 + number
    if number > last:
        raise FunctionError("the network has no host of that number")
    if number < 0:
        raise NotKnownError("the host number is before the network")
    return arguments.result(_at(network, int(network.network_address) + number))


def _cidrnetmask(arguments: Arguments) -> Traced:
    network = _network(arguments.string(0))
    if isinstance(network, ipaddress.IPv6Network):
        raise FunctionError("an IPv6 network has no netmask")
    return arguments.result(str(network.netmask))


def _cidrsubnet(arguments: Arguments) -> Traced:
    bits, number = arguments.whole(1), arguments.number(2)
    network = _network(arguments.string(0))
    if not isinstance(number, int):
        raise FunctionError("a whole number is required")
    length = network.prefixlen + bits
    if length > network.max_prefixlen:
        raise FunctionError("the network has not that many bits left")
    if number >= 1 << max(bits, 0):
        raise FunctionError("the network has no subnet of that number")
    if number < 0 or bits < 0:
        raise NotKnownError("the subnet's number or size is negative")
    start = int(network.network_address) + (number << (network.max_prefixlen - length))
    return arguments.result(f"{_at(network, start)}/{length}")


def _cidrsubnets(arguments: Arguments) -> Traced:
    network = _network(arguments.string(0))
    check_size(len(arguments))
    subnets = ListItems()
    following = int(network.network_address)
    if following == 0 and len(arguments) > 1:
        raise FunctionError("Terraform refuses the network that begins with the address zero")
    end = following + network.num_addresses
    for position in range(1, len(arguments)):
        bits = arguments.whole(position)
        length = network.prefixlen + bits
        if not 1 <= bits <= _MAXIMUM_EXTENSION or length > network.max_prefixlen:
            raise FunctionError("a subnet's size is not between 1 and 32 bits, or too small")
        size = 1 << (network.max_prefixlen - length)
        start = -(-following // size) * size
        following = start + size
        if following > end:
            raise FunctionError("the network has not enough addresses left")
        subnets.append(arguments.result(f"{_at(network, start)}/{length}"))
    return arguments.result(subnets)


FUNCTIONS: dict[str, Function] = {
    "cidrhost": takes(_cidrhost, 2),
    "cidrnetmask": takes(_cidrnetmask, 1),
    "cidrsubnet": takes(_cidrsubnet, 3),
    "cidrsubnets": takes_more(_cidrsubnets, 1),
}
"""The functions of this module, by name."""
