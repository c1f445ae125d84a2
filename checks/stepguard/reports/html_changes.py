"""What a change does to roles and workflows, in HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stepguard.change import MachineChange, PermissionChange, RoleChange
from stepguard.reports.escaping_html import Html, code, element, joined
from stepguard.reports.html_findings import where
from stepguard.reports.html_permissions import resource_list
from stepguard.reports.selection import count

_MAXIMUM_LINES = 200
_MAXIMUM_STATES = 6
_MAXIMUM_RESOURCES = 6
_UNUSED = "nothing in the workflow uses it"
_DANGEROUS = "Permissions management"


def role_block(role: RoleChange, *, identifier: str) -> Html:
    """Return what a role gained and lost."""
    trust = [
        *(_trust("gained", one) for one in role.trust_gained),
        *(_trust("lost", one) for one in role.trust_lost),
    ]
    lines = [
        *(_permission("gained", one) for one in role.gained),
        *(_permission("lost", one) for one in role.lost),
        *trust,
    ]
    unread = [element("li", "more may have changed: ", one) for one in role.unread]
    numbers = [
        f"{number:,} {what}"
        for number, what in (
            (len(role.gained), "gained"),
            (len(role.lost), "lost"),
            (len(trust), "of trust"),
        )
        if number
    ]
    return element(
        "details",
        element(
            "summary",
            element("span", role.fate, class_=f"chip-{role.fate}"),
            element("h3", code(role.address)),
            where(role.place),
            element("span", ", ".join(numbers) or "nothing gained or lost", class_="message"),
        ),
        _limited("delta", lines),
        _limited("unread", unread),
        id=identifier,
        class_="role",
        open=True,
    )


def _limited(name: str, lines: list[Html]) -> Html | None:
    if not lines:
        return None
    shown = lines[:_MAXIMUM_LINES]
    if len(lines) > _MAXIMUM_LINES:
        more = count(len(lines) - _MAXIMUM_LINES, "more line")
        shown.append(element("li", more, class_="cut"))
    return element("ul", *shown, class_=name)


def _sign(what: str) -> Html:
    mark = "+" if what == "gained" else "\N{MINUS SIGN}"
    return joined(
        [
            element("span", mark, class_="sign", aria_hidden="true"),
            element("span", f"{what}: ", class_="heard"),
        ]
    )


def _trust(what: str, principal: str) -> Html:
    told = ["may be assumed by ", code(principal)]
    return element("li", _sign(what), element("span", *told), class_=what)


def _permission(what: str, one: PermissionChange) -> Html:
    levels = [
        element(
            "span", f"{level} {number}", class_="level grave" if level == _DANGEROUS else "level"
        )
        for level, number in one.access_levels
    ]
    notes = [
        *(["on a condition"] if one.is_conditional else []),
        *([_needed_by(one.states)] if one.states else []),
        *(
            [element("b", _UNUSED, class_="unused")]
            if what == "gained" and one.used == "no"
            else []
        ),
    ]
    return element(
        "li",
        _sign(what),
        element(
            "span",
            f"{one.effect} " if one.effect != "Allow" else None,
            code(one.action),
            " on ",
            resource_list(one.resources, _MAXIMUM_RESOURCES),
            element("span", *levels, class_="levels") if levels else None,
            element("span", joined(notes, "; "), class_="note") if notes else None,
        ),
        class_=what,
    )


def _needed_by(states: Iterable[str]) -> Html:
    names = [code(one) for one in states]
    more = len(names) - _MAXIMUM_STATES
    shown = joined(names[:_MAXIMUM_STATES], ", ")
    return joined(["needed by ", shown, f" and {more:,} more" if more > 0 else None])


def machine_change(change: MachineChange | None) -> Iterator[Html]:
    """Yield what became of a workflow, where anything did."""
    if change is None:
        return
    lines = [
        *(element("li", _warning(), " ", one, class_="grave") for one in change.safeguards_lost),
        *(
            element(
                "li",
                "state ",
                code(one.name),
                f" {one.fate}",
                f": {'; '.join(one.details)}" if one.details else None,
            )
            for one in change.states
        ),
        *(element("li", one) for one in change.settings),
        *(element("li", "more may have changed: ", one) for one in change.unread),
    ]
    listed = _limited("change", lines)
    if listed is not None:
        yield listed


def _warning() -> Html:
    mark = element("span", "!", class_="letter", aria_hidden="true")
    return element("span", mark, " safeguard lost:", class_="lost-mark")
