"""What a state machine needs and what its roles grant, in HTML, state by state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from stepguard.report import GrantReading, NeedReading, PermissionReading
from stepguard.reports.escaping_html import Html, code, element, joined
from stepguard.reports.selection import count

NOTHING = "\N{EN DASH}"
"""What stands in a cell that has nothing to say."""

_MAXIMUM_IN_CELL = 12
_MAXIMUM_RESOURCES = 3
_GRANTED = {"yes": "granted", "no": "not granted", "unknown": "not known"}


class Permissions:
    """The needs and grants of one state machine, by state."""

    def __init__(self, reading: PermissionReading) -> None:
        self._grants = reading.grants
        self._needs: dict[str, list[NeedReading]] = defaultdict(list)
        self._used: set[GrantReading] = set()
        self._matching: dict[str, tuple[GrantReading, ...]] = {}
        self._features = [one for one in reading.needs if not one.states]
        self._not_checked = reading.not_checked
        for need in reading.needs:
            for state in need.states:
                self._needs[state].append(need)
            self._used.update(self._for(need.action))

    def _for(self, action: str) -> tuple[GrantReading, ...]:
        """Return the statements that speak of an action."""
        if action not in self._matching:
            wanted = action.lower()
            self._matching[action] = tuple(
                one for one in self._grants if _covers(one.action.lower(), wanted)
            )
        return self._matching[action]

    def of_state(self, state: str) -> tuple[Html, Html]:
        """Return what a state needs and which statements speak of it."""
        return self._cells(self._needs.get(state, ()))

    def of_machine(self) -> tuple[Html, Html] | None:
        """Return what the machine needs besides its states, where it needs anything."""
        return self._cells(self._features) if self._features else None

    def _cells(self, needs: Iterable[NeedReading]) -> tuple[Html, Html]:
        needs = list(needs)
        grants = dict.fromkeys(grant for need in needs for grant in self._for(need.action))
        return _listed(map(_need, needs), len(needs)), _listed(map(_grant, grants), len(grants))

    def rest(self) -> Iterator[Html]:
        """Yield the statements that no need is about, and what was not compared."""
        unused = [one for one in dict.fromkeys(self._grants) if one not in self._used]
        if unused:
            title = f"{count(len(unused), 'grant')} that no state asks for"
            listed = _listed(map(_grant, unused), len(unused), 100)
            yield element("details", element("summary", title), listed)
        if self._not_checked:
            title = f"{count(len(self._not_checked), 'need')} that could not be told"
            told = _listed(map(_plain, self._not_checked), len(self._not_checked), 50)
            yield element("details", element("summary", title), told)


def _covers(pattern: str, action: str) -> bool:
    """Tell whether an action's pattern may mean an action; brackets mean nothing in IAM."""
    return fnmatchcase(action, pattern.replace("[", "[[]"))


def _plain(one: str) -> Html:
    return joined([one])


def _listed(items: Iterable[Html], total: int, maximum: int = _MAXIMUM_IN_CELL) -> Html:
    if not total:
        return element("span", NOTHING, class_="none")
    shown = [element("li", item) for _, item in zip(range(maximum), items, strict=False)]
    if total > maximum:
        shown.append(element("li", f"and {total - maximum:,} more"))
    return element("ul", *shown, class_="bare")


def resource_list(resources: tuple[str, ...], maximum: int = _MAXIMUM_RESOURCES) -> Html:
    """Return resources one behind the other; beyond a number they are counted."""
    shown = [code(one) for one in resources[:maximum]]
    if len(resources) > maximum:
        shown.append(Html(f"{len(resources) - maximum:,} more"))
    return joined(shown, ", ") if shown else Html("nothing")


def _need(need: NeedReading) -> Html:
    # What a need says that may not arise is not the same alarm as one that does.
    is_certain = need.need == "required" or need.granted == "yes"
    granted = element(
        "span",
        _GRANTED[need.granted],
        class_=f"granted-{need.granted if is_certain else 'other'}",
    )
    notes = [need.feature] if need.feature else []
    notes += [need.need] if need.need != "required" else []
    note = f" ({', '.join(notes)})" if notes else ""
    return joined([code(need.action), " on ", resource_list(need.resources), note, " ", granted])


def _grant(grant: GrantReading) -> Html:
    notes = ["on a condition"] if grant.is_conditional else []
    notes += ["with exceptions"] if grant.other_than_actions or grant.other_than_resources else []
    return joined(
        [
            f"{grant.effect} " if grant.effect != "Allow" else None,
            code(grant.action),
            " on ",
            resource_list(grant.resources),
            f" ({', '.join(notes)})" if notes else None,
        ]
    )
