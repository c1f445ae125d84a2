"""What a state machine is set to besides its definition: type, role, logging, tracing, key."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.graph import Deployment
from stepguard.deployment.resources import Encryption, Logging, StateMachine, Unread
from stepguard.deployment.values import Plain, Traced, Unknown, plain
from stepguard.review.renaming import Renamed

_SENSITIVE = Unknown("sensitive", "it is sensitive")
_MAXIMUM_DESTINATIONS = 10

_LOGGING = ("log level", "include_execution_data", "log group")
_ENCRYPTION = ("encryption", "encryption key", "data key reuse period")


def settings_of(
    machine: StateMachine, deployment: Deployment, renamed: Renamed
) -> dict[str, Plain]:
    """Return the settings of a machine by their names, with what holds where none is written.

    One that could not be read is `Unread`.
    """
    return {
        "type": _text(_value(machine.kind, "STANDARD")),
        "role": _role(machine, deployment, renamed),
        **_logging(machine.logging),
        "tracing": _setting(machine.tracing, "off"),
        **_encryption(machine.encryption),
    }


def initial_settings(settings: dict[str, Plain]) -> Iterator[tuple[str, Plain]]:
    """Yield what of the settings of a new machine is worth a line: what is not as by default."""
    for name, value in settings.items():
        if name in ("type", "role", "log level", "tracing") or value not in _DEFAULTS:
            yield name, value


_DEFAULTS = ("off", "none", "AWS_OWNED_KEY", "")


def _value(given: Traced | None, default: Plain) -> Plain:
    if given is None or given.value is None:
        return default
    return _SENSITIVE if given.sensitive else plain(given)


def _text(value: Plain) -> Plain:
    """Return a switch as `on` or `off`, whether it is written as a text or not."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return "on" if value.lower() == "true" else "off"
    return value


def _setting(given: Traced | Unread | None, default: Plain) -> Plain:
    return given if isinstance(given, Unread) else _text(_value(given, default))


def _role(machine: StateMachine, deployment: Deployment, renamed: Renamed) -> Plain:
    addresses = {one.address for one in deployment.roles_of(machine)}
    if addresses:
        return ", ".join(sorted(renamed.get(one, one) for one in addresses))
    return _value(machine.role, "none")


def _logging(given: Logging | Unread | None) -> dict[str, Plain]:
    if isinstance(given, Unread):
        return dict.fromkeys(_LOGGING, given)
    if given is None:
        return dict(zip(_LOGGING, ("OFF", "off", "none"), strict=True))
    destinations = given.destinations
    groups: Plain = destinations
    if not isinstance(destinations, Unread):
        found = [_value(one, "none") for one in destinations[:_MAXIMUM_DESTINATIONS]]
        groups = found[0] if len(found) == 1 else (found or "none")
    level = _value(given.level, "OFF")
    values = (level, _text(_value(given.include_execution_data, "off")), groups)
    return dict(zip(_LOGGING, values, strict=True))


def _encryption(given: Encryption | Unread | None) -> dict[str, Plain]:
    if isinstance(given, Unread):
        return dict.fromkeys(_ENCRYPTION, given)
    if given is None:
        return dict(zip(_ENCRYPTION, ("AWS_OWNED_KEY", "none", ""), strict=True))
    key = _value(given.key, "none")
    default: Plain = "AWS_OWNED_KEY" if isinstance(key, str) and key == "none" else "given by key"
    values = (_value(given.type, default), key, _value(given.reuse_period_seconds, ""))
    return dict(zip(_ENCRYPTION, values, strict=True))
