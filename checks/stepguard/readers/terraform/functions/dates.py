"""Functions on timestamps."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from stepguard.deployment.values import Traced
from stepguard.readers.terraform.functions.arguments import Arguments, Function, takes
from stepguard.readers.terraform.functions.errors import FunctionError, NotKnownError

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_FORMAT = re.compile(r"''|'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")
_LONGEST_DURATION = 2**63
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _timestamp(text: str) -> tuple[datetime, int]:
    """Return a moment, and its nanoseconds beyond the second. Raises `FunctionError`."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise FunctionError("it is no timestamp of RFC 3339")
    sign, hours, minutes = match.group(8, 9, 10)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise FunctionError("it is no timestamp of RFC 3339")
    if match.group(1) == "0000":
        raise NotKnownError("the year zero is not looked at")
    try:
        year, month, day, hour, minute, second = (int(match.group(one)) for one in range(1, 7))
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise FunctionError("it is no timestamp of RFC 3339") from error
    fraction = (match.group(7) or ".0")[1:10]
    return moment, int(fraction.ljust(9, "0"))


def _nanoseconds(text: str) -> int:
    """Return a duration as Go writes it (`1h30m`, `-1.5h`). Raises `FunctionError`."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total = 0
    position = 0
    while position < len(rest) or not rest:
        match = _DURATION.match(rest, position)
        if match is None:
            raise FunctionError("it is no duration")
        if len(match.group(1)) > 40:
            raise NotKnownError("the duration has very many digits")
        number = match.group(1)
        total += int(
            Fraction(number.rstrip(".") if number.endswith(".") else number)
            * _NANOSECONDS[match.group(2)]
        )
        position = match.end()
    if total >= _LONGEST_DURATION:
        raise FunctionError("the duration is too long")
    return sign * total


def _timeadd(arguments: Arguments) -> Traced:
    moment, nanoseconds = _timestamp(arguments.string(0))
    seconds, _ = divmod(nanoseconds + _nanoseconds(arguments.string(1)), 1_000_000_000)
    try:
        return arguments.result(_written(moment + timedelta(seconds=seconds)))
    except OverflowError as error:
        raise NotKnownError("the result is beyond the year 9999") from error


def _written(moment: datetime) -> str:
    zone = _zone(moment, ":")
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}{'Z' if zone == '+00:00' else zone}"


def _zone(moment: datetime, separator: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{separator}{abs(minutes) % 60:02d}"


def _timecmp(arguments: Arguments) -> Traced:
    first, second = (_timestamp(arguments.string(number)) for number in (0, 1))
    return arguments.result((first > second) - (first < second))


def _formatdate(arguments: Arguments) -> Traced:
    layout, (moment, _) = arguments.string(0), _timestamp(arguments.string(1))
    written: list[str] = []
    for match in _FORMAT.finditer(layout):
        part = match.group()
        if part == "''":
            written.append("'")
        elif part[0] == "'":
            if len(part) == 1:
                raise FunctionError("the format has an open quotation mark")
            written.append(part[1:-1].replace("''", "'"))
        elif match.group(1):
            written.append(_verb(part, moment))
        else:
            written.append(part)
    return arguments.result("".join(written))


def _verb(verb: str, moment: datetime) -> str:
    month, day = _MONTHS[moment.month - 1], _DAYS[moment.weekday()]
    half = "PM" if moment.hour >= 12 else "AM"
    zone = _zone(moment, "")
    is_utc = zone == "+0000"
    made = {
        "YY": f"{moment.year % 100:02d}",
        "YYYY": f"{moment.year:04d}",
        **_numbers("M", moment.month),
        "MMM": month[:3],
        "MMMM": month,
        **_numbers("D", moment.day),
        "EEE": day[:3],
        "EEEE": day,
        **_numbers("h", moment.hour),
        **_numbers("H", moment.hour % 12 or 12),
        "AA": half,
        "aa": half.lower(),
        **_numbers("m", moment.minute),
        **_numbers("s", moment.second),
        "Z": "Z" if is_utc else _zone(moment, ":"),
        "ZZZ": "UTC" if is_utc else zone,
        "ZZZZ": zone,
        "ZZZZZ": _zone(moment, ":"),
    }.get(verb)
    if made is None:
        raise FunctionError(f"the format has an unknown verb {verb[:10]}")
    return made


def _numbers(letter: str, number: int) -> dict[str, str]:
    return {letter: str(number), letter * 2: f"{number:02d}"}


def _now(_arguments: Arguments) -> Traced:
    raise NotKnownError("it is the time at which Terraform runs")


FUNCTIONS: dict[str, Function] = {
    "formatdate": takes(_formatdate, 2),
    "plantimestamp": takes(_now, 0),
    "timeadd": takes(_timeadd, 2),
    "timecmp": takes(_timecmp, 2),
    "timestamp": takes(_now, 0),
}
"""The functions of this module, by name."""
