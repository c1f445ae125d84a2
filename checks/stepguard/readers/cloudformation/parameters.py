"""Parameters of a template, and the values that they have as far as that can be known."""

from __future__ import annotations

from collections.abc import Mapping

from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced, Unknown
from stepguard.readers.cloudformation.meanings import number_of
from stepguard.readers.cloudformation.texts import at_place, scalar_as_text
from stepguard.structs import Struct, field

_STORED = "AWS::SSM::Parameter::Value<"


class Parameter(Struct, frozen=True):
    """A parameter as the template declares it. `allowed` are its allowed values, as texts."""

    name: str
    type: str = "String"
    default: Traced | None = None
    allowed: tuple[str, ...] = ()
    is_secret: bool = False

    @property
    def is_list(self) -> bool:
        """Whether its value is a list, given as a text with commas."""
        return self.type == "CommaDelimitedList" or self.type.startswith("List<")


class Given(Struct, frozen=True):
    """A value that is passed to a parameter. `is_certain`: it will be that in every deployment."""

    value: Traced
    is_certain: bool = True


class Parameters(Struct):
    """The parameters of one stack: what its template declares, and what is passed to it."""

    declared: dict[str, Parameter]
    given: Mapping[str, Given] = field(default_factory=dict)

    def value(self, name: str, place: Span | None, *, with_defaults: bool) -> Traced | None:
        """Return a parameter's value, written where it is used; `None` when there is no such one.

        Without defaults, only what every deployment will have is known: what was passed, and
        the only value that is allowed.
        """
        declared = self.declared.get(name)
        if declared is None:
            return None
        if declared.is_secret:
            return Traced(Unknown(name, "its value is a secret"), place, sensitive=True)
        if declared.type.startswith(_STORED):
            reason = "it is read from the parameter store at deployment"
            return Traced(Unknown(name, reason), place)
        given = self.given.get(name)
        if given is not None and (given.is_certain or with_defaults):
            return typed(declared, given.value, place)
        if len(declared.allowed) == 1:
            return typed(declared, Traced(declared.allowed[0]), place)
        if given is None and with_defaults and declared.default is not None:
            return typed(declared, declared.default, place)
        reason = "it is a parameter without a default" if with_defaults else "it is a parameter"
        return Traced(Unknown(name, reason), place)


def read_parameters(section: Traced | None) -> dict[str, Parameter]:
    """Return the parameters that a template's section of that name declares."""
    content = None if section is None else section.value
    if not isinstance(content, dict):
        return {}
    return {name: _parameter(name, body) for name, body in content.items()}


def _parameter(name: str, body: Traced) -> Parameter:
    kind = body.get("Type")
    hidden = body.get("NoEcho")
    allowed = body.get("AllowedValues")
    elements = allowed.value if allowed is not None and isinstance(allowed.value, list) else []
    texts = [text for one in elements if (text := scalar_as_text(one.value)) is not None]
    default = body.get("Default")
    is_secret = hidden is not None and scalar_as_text(hidden.value) in ("true", "True", "TRUE")
    if is_secret:
        # A template may be one line, and findings show the lines that they point at.
        for one in (default, *elements):
            if one is not None and one.span is not None:
                one.span.file.hide(one.span)
    return Parameter(
        name=name,
        type=kind.value if kind is not None and isinstance(kind.value, str) else "String",
        default=None if default is None or scalar_as_text(default.value) is None else default,
        allowed=tuple(texts),
        is_secret=is_secret,
    )


def typed(declared: Parameter, value: Traced, place: Span | None) -> Traced:
    """Return a value as a parameter of its type has it, written at a place."""
    if declared.is_secret:
        return Traced(Unknown(declared.name, "its value is a secret"), place, sensitive=True)
    text = scalar_as_text(value.value)
    if text is None:
        return at_place(value, place)
    if declared.is_list:
        names = [one.strip() for one in text.split(",")] if text.strip() else []
        return Traced([Traced(one, place) for one in names], place)
    if declared.type == "Number" and (number := number_of(text.strip())) is not None:
        return Traced(number, place)
    return Traced(text, place, sensitive=value.sensitive)
