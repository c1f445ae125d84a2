"""The property `Policies` of a state machine or function: what it gives their roles."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.data import load
from stepguard.deployment.documents import Document
from stepguard.deployment.resources import PolicyDocument, Unread
from stepguard.deployment.values import REMOVED, Traced, plain, render
from stepguard.readers.cloudformation.parts import as_object, given, variants, why
from stepguard.readers.cloudformation.sam.managed_policies import with_arn
from stepguard.readers.cloudformation.sam.statements import MissingVariableError, filled
from stepguard.readers.cloudformation.template import EvaluatedResource, TemplateContext
from stepguard.structs import Struct, field


class Policies(Struct):
    """What `Policies` gives a role: documents, managed policies, and what could not be read."""

    inline: list[PolicyDocument] = field(default_factory=list)
    attached: list[Traced] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    _identities: set[str] = field(default_factory=set)

    def attach(self, policy: Traced) -> None:
        """Add a managed policy, once."""
        identity = _identity(policy)
        if identity not in self._identities:
            self._identities.add(identity)
            self.attached.append(policy)


def _identity(policy: Traced) -> str:
    """Return what two mentions of one managed policy have in common, whatever the partition."""
    return str(render(plain(policy))).replace("arn:${AWS::Partition}:", "arn:aws:")


def read_policies(machine: EvaluatedResource, context: TemplateContext) -> Policies:
    """Return what the `Policies` of a state machine, or of a function, says.

    Each way that an open condition leaves is in it. The documents' address is the resource's,
    for that is where their text stands.
    """
    found = Policies()
    value = given(machine.properties, "Policies")
    if value is None:
        if machine.properties.rest is not None:
            reason = why(Traced(machine.properties.rest))
            found.unread.append(Unread(reason, machine.properties.span or machine.span))
        return found
    for number, entry in _entries(value, found.unread):
        _add(found, entry, number, machine, context)
    return found


def _entries(value: Traced, unread: list[Unread]) -> Iterator[tuple[int, Traced]]:
    """Yield each policy with its number in its list; a single one needs no list."""
    for _, choice in variants(value):
        if not isinstance(choice.value, list):
            yield 0, choice
            continue
        for number, element in enumerate(choice.value):
            for _, one in variants(element):
                yield number, one
        if choice.rest is not None:
            unread.append(Unread(why(Traced(choice.rest)), choice.span))


def _add(
    found: Policies,
    entry: Traced,
    number: int,
    machine: EvaluatedResource,
    context: TemplateContext,
) -> None:
    content = entry.value
    if isinstance(content, (list, bool, int)):
        found.unread.append(Unread(f"policy {number + 1} of Policies is no policy", entry.span))
        return
    if not isinstance(content, dict):
        found.attach(with_arn(entry))
        return
    if "Statement" in content:
        document: Document | Unread = context.document(entry)
    elif len(content) == 1 and entry.rest is None:
        document = _from_template(entry, machine, context)
    else:
        reason = (
            f"policy {number + 1} of Policies is neither one policy template nor a document"
            if entry.rest is None
            else why(Traced(entry.rest))
        )
        document = Unread(reason, entry.span)
    if isinstance(document, Unread):
        found.unread.append(document)
        return
    found.inline.append(
        PolicyDocument(
            name=f"{machine.logical_id}RolePolicy{number}",
            document=document,
            address=machine.address,
            span=document.span or machine.span,
        )
    )


def _from_template(
    entry: Traced, machine: EvaluatedResource, context: TemplateContext
) -> Document | Unread:
    """Return the document that a policy template makes; all of it stands at the template's name."""
    name, given_parameters = next(iter(entry.value.items()))
    place = (entry.keys or {}).get(name) or entry.span
    template = load("sam_policy_templates")["templates"].get(name)
    if template is None:
        return Unread(f"{name} is no policy template of SAM", place)
    parameters = as_object(given_parameters)
    if isinstance(parameters, Unread):
        return Unread(f"the parameters of {name} are not known: {parameters.reason}", place)
    values = {} if parameters is None else dict(parameters.value)
    known = {
        key: value
        for key, value in values.items()
        if value.value is not None and value.value is not REMOVED
    }
    try:
        statements = filled(template["statements"], known, place)
    except MissingVariableError as error:
        if parameters is not None and parameters.rest is not None:
            return Unread(f"{error.name} of {name} is not known", place)
        return Unread(f"policy template {name} lacks its parameter {error.name}", place)
    keys = {} if place is None else {"Statement": place}
    document = Traced({"Statement": statements}, place, keys=keys)
    return context.document(context.evaluate_in(machine, document))
