"""Policy documents that a plan will only read while it is applied, made from their statements."""

from __future__ import annotations

from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced, Unknown
from stepguard.readers.plan.attributes import attributes_of
from stepguard.readers.plan.contents import PlannedResource
from stepguard.readers.plan.links import Links, Origin
from stepguard.readers.terraform.policy_documents import build_document
from stepguard.structs import Struct, field

_TYPE = "data.aws_iam_policy_document"
_TEXTS = frozenset({"", "json", "minified_json"})
_MAXIMUM_DEPTH = 20


class PolicyDocuments(Struct, eq=False):
    """Makes each document once."""

    links: Links
    _made: dict[str, Traced] = field(default_factory=dict)
    _depth: int = 0

    def make(self, origin: Origin) -> Traced | None:
        """Return the text of a policy document; `None` when something else is meant."""
        resource = origin.resource
        if resource is None or origin.type != _TYPE or origin.attribute not in _TEXTS:
            return None
        if resource.address not in self._made:
            # One that is made from itself cannot be; nor can one of too many others.
            if self._depth >= _MAXIMUM_DEPTH:
                return None
            self._depth += 1
            try:
                attributes = attributes_of(resource, self.links, self.make)
                document = build_document(_Source(resource, attributes))
            finally:
                self._depth -= 1
            text = Unknown(f"{resource.local}.json", "it is known only after apply")
            self._made[resource.address] = Traced(text, document.span, encoded=document)
        return self._made[resource.address]


class _Source(Struct, frozen=True):
    """The data source as the builder of documents sees it."""

    resource: PlannedResource
    attributes: Traced

    @property
    def declared_span(self) -> Span | None:
        """The whole block."""
        return self.resource.span

    def attribute(self, name: str) -> Traced | None:
        """Return what the plan knows of an attribute."""
        return self.attributes.get(name)
