"""A deployment: its resources by address, and the links between machines, roles and policies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Literal, TypeVar

from stepguard.deployment.documents import Document
from stepguard.deployment.resources import (
    Activity,
    Form,
    Policy,
    PolicyAttachment,
    PolicyDocument,
    Resource,
    Role,
    StateMachine,
    Unread,
)
from stepguard.deployment.source import SourceFile, Span
from stepguard.deployment.values import Hole, OneOf, Piece, Reference, Text, Traced, Unknown
from stepguard.structs import Struct, field

Kind = TypeVar("Kind", bound=Resource)

MAXIMUM_ATTACHMENTS: Final = 5_000
"""Pairs of a role and a policy that is attached to it in one deployment, however small it is."""

ATTACHMENTS_OF_A_RESOURCE: Final = 2
"""Such pairs that each resource of the deployment adds to that."""

_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")


class ReadError(Struct, frozen=True):
    """An input that could not be read: one clear line, and the place when it is known.

    `hides_resources` says that resources may stand in what was not read.
    """

    path: str
    message: str
    span: Span | None = None
    hides_resources: bool = False


class RolePolicies(Struct):
    """Everything that a role may do, as far as it can be read.

    `documents` are the policies that were read or could not be (their document is `Unread`),
    `managed` the managed policies named but not part of the project (ARN or name), `unread` why
    there may be more.
    """

    documents: list[PolicyDocument] = field(default_factory=list)
    managed: list[Traced] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def add(self, attached: Iterable[Policy]) -> None:
        """Add the documents of policies, each policy once."""
        for policy in attached:
            if id(policy) not in self._known:
                self._known.add(id(policy))
                self.documents.append(_as_document(policy))

    @property
    def state(self) -> Literal["full", "partial", "none"]:
        """`full` when everything was read, `none` when nothing was, else `partial`."""
        missing = self.unread or any(
            not isinstance(policy.document, Document) or not policy.document.is_complete
            for policy in self.documents
        )
        if not missing:
            return "full"
        if self.managed or any(isinstance(one.document, Document) for one in self.documents):
            return "partial"
        return "none"


class _Room:
    """How many more policies may be attached to roles."""

    def __init__(self, free: int) -> None:
        self._free = free
        self.is_spent = False

    def take(self, roles: Sequence[Role]) -> Sequence[Role]:
        """Return as many of the roles that a policy is attached to as there is room for."""
        taken = roles[: self._free]
        self.is_spent = self.is_spent or len(taken) < len(roles)
        self._free -= len(taken)
        return taken


class UnreadModule(Struct, frozen=True):
    """A module, or a stack, of which the files or the template were not read.

    `reason` is one line that names it. `given` are the addresses of the resources that it is told
    of by its arguments or parameters. `address` and `span` are those of its call.
    `declares_workflows` says that the call looks as if it made a state machine.
    """

    reason: str
    given: frozenset[str] = frozenset()
    address: str = ""
    span: Span | None = None
    declares_workflows: bool = False


class Deployment(Struct, eq=False):
    """One root module, plan or template, and what was read out of it.

    `root` is its path as findings print it. `is_reusable_module` says that a Terraform directory
    has no provider, backend or variable values of its own, so that a caller decides the rest.
    `files` are the files that were read. `unread_modules` are the modules and stacks that were
    not read, whose resources are part of it and not known here. `partial` says why what was read
    may not be what will be deployed, each reason in one line: a macro, a part of a plan.
    """

    root: str
    form: Form
    resources: list[Resource] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)
    is_reusable_module: bool = False
    unread_modules: list[UnreadModule] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    _gap: str | None = None
    _by_address: dict[str, list[Resource]] | None = None
    _policies: dict[str, RolePolicies] | None = None
    _attachments: dict[str, list[PolicyAttachment]] = field(default_factory=dict)
    _machines: dict[int, list[StateMachine]] | None = None
    _by_type: dict[str, list[tuple[int, Resource]]] | None = None
    _by_kind: dict[type[Resource], list[Any]] = field(default_factory=dict)
    _by_name: dict[type[Resource], dict[str, list[Resource]]] = field(default_factory=dict)

    def of_type(self, kind: type[Kind]) -> Sequence[Kind]:
        """Return the resources of a class, in the order of reading."""
        found: list[Kind] | None = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = [one for one in self.resources if isinstance(one, kind)]
        return found

    def of_types(self, types: Collection[str]) -> list[Resource]:
        """Return the resources of some types (`aws_sqs_queue`), in the order of reading."""
        if self._by_type is None:
            self._by_type = {}
            for number, resource in enumerate(self.resources):
                self._by_type.setdefault(resource.type, []).append((number, resource))
        found = [pair for one in set(types) for pair in self._by_type.get(one, ())]
        return [resource for _, resource in sorted(found, key=lambda pair: pair[0])]

    @property
    def gap(self) -> str:
        """Why there may be resources that were not read; empty where all were.

        Of several reasons it is the first, since each is said of every role and rule.
        """
        if self._gap is None:
            hiding = [one.message for one in self.errors if one.hides_resources]
            first = next(iter([*hiding, *self.partial]), "")
            self._gap = first and f"not all of the project could be read: {first}"
        return self._gap

    @property
    def state_machines(self) -> Sequence[StateMachine]:
        """Every state machine; one with alternatives appears once for each."""
        return self.of_type(StateMachine)

    @property
    def roles(self) -> Sequence[Role]:
        """Every IAM role."""
        return self.of_type(Role)

    @property
    def activities(self) -> Sequence[Activity]:
        """Every activity."""
        return self.of_type(Activity)

    def find(self, address: str) -> list[Resource]:
        """Return the resources at an address; without instance keys, every instance."""
        if self._by_address is None:
            index: dict[str, list[Resource]] = {}
            for resource in self.resources:
                index.setdefault(resource.address, []).append(resource)
                bare = _INSTANCE_KEY.sub("", resource.address)
                if bare != resource.address:
                    index.setdefault(bare, []).append(resource)
            self._by_address = index
        return self._by_address.get(address, [])

    def resolve(self, value: Traced | None, kind: type[Kind]) -> list[Kind]:
        """Return the resources of a class that a value means: by reference, ARN or name."""
        if value is None:
            return []
        content = value.value
        if isinstance(content, OneOf):
            found: list[Kind] = []
            for alternative in content.alternatives:
                if isinstance(alternative, Traced):
                    found.extend(one for one in self.resolve(alternative, kind) if one not in found)
            return found
        if isinstance(content, Reference):
            return [one for one in self.find(content.target) if isinstance(one, kind)]
        if isinstance(content, Text) and len(content.parts) == 1 and content.holes:
            hole = content.holes[0]
            if isinstance(hole, Reference):
                return [one for one in self.find(hole.target) if isinstance(one, kind)]
        name = last_name(value)
        if name is None:
            return []
        return self._of_name(name, kind)

    def _of_name(self, name: str, kind: type[Kind]) -> list[Kind]:
        index = self._by_name.get(kind)
        if index is None:
            index = {}
            for resource in self.of_type(kind):
                own = _name_of(resource)
                if own is not None:
                    index.setdefault(own, []).append(resource)
            self._by_name[kind] = index
        return [one for one in index.get(name, ()) if isinstance(one, kind)]

    def roles_of(self, machine: StateMachine) -> list[Role]:
        """Return the execution roles that a machine names and that are in this project."""
        return self.resolve(machine.role, Role)

    def machines_of(self, role: Role) -> list[StateMachine]:
        """Return the state machines whose execution role this is."""
        if self._machines is None:
            self._machines = {}
            for machine in self.state_machines:
                for one in self.roles_of(machine):
                    self._machines.setdefault(id(one), []).append(machine)
        return list(self._machines.get(id(role), ()))

    def policies_of(self, role: Role) -> RolePolicies:
        """Return everything that a role's policies say, from its block and from others."""
        if self._policies is None:
            self._policies = self._collect_policies()
        return self._policies.get(role.address, RolePolicies())

    def attachments_of(self, role: Role) -> Sequence[PolicyAttachment]:
        """Return the attachments that name a role; those in its own block are `role.attached`."""
        if self._policies is None:
            self._policies = self._collect_policies()
        return self._attachments.get(role.address, ())

    def _collect_policies(self) -> dict[str, RolePolicies]:
        collected: dict[str, RolePolicies] = {}
        room = _Room(MAXIMUM_ATTACHMENTS + ATTACHMENTS_OF_A_RESOURCE * len(self.resources))
        told = self._told_modules()
        for role in self.of_type(Role):
            policies = RolePolicies(list(role.inline), [], list(role.unread))
            collected[role.address] = policies
            if self.gap:
                policies.unread.append(Unread(f"there may be another policy: {self.gap}"))
            if (module := told.get(role.address)) is not None:
                reason = f"{module.reason}, is given the role, and may add a policy"
                policies.unread.append(Unread(reason, role.span))
            for attached in role.attached:
                self._attach(policies, attached)
        for policy in self.of_type(Policy):
            for role in room.take(self._targets(policy.roles)):
                policies = collected[role.address]
                policies.add([policy])
                policies.unread.extend(policy.unread)
        for attachment in self.of_type(PolicyAttachment):
            for role in room.take(self._targets(attachment.roles)):
                self._attachments.setdefault(role.address, []).append(attachment)
                policies = collected[role.address]
                policies.unread.extend(attachment.unread)
                if attachment.policy is not None:
                    self._attach(policies, attachment.policy)
        if room.is_spent:
            for policies in collected.values():
                policies.unread.append(Unread("there are too many attachments of policies"))
        return collected

    def _told_modules(self) -> dict[str, UnreadModule]:
        """Return, by its address, the first unread module that each resource is given to."""
        told: dict[str, UnreadModule] = {}
        for module in self.unread_modules:
            for address in module.given:
                for one in self.find(address) if address not in told else ():
                    told.setdefault(one.address, module)
        return told

    def _targets(self, roles: Iterable[Traced]) -> list[Role]:
        found = [role for value in roles for role in self.resolve(value, Role)]
        return list({id(role): role for role in found}.values())

    def _attach(self, policies: RolePolicies, value: Traced) -> None:
        content = value.value
        if isinstance(content, OneOf):
            for alternative in content.alternatives:
                if isinstance(alternative, Traced):
                    self._attach(policies, alternative)
            return
        own = [policy for policy in self.resolve(value, Policy) if policy.managed]
        if own:
            policies.add(own)
        elif isinstance(content, (str, Text)):
            policies.managed.append(value)
        elif isinstance(content, (Unknown, Reference)):
            what = content.expression or getattr(content, "target", "")
            policies.unread.append(Unread(f"attached policy {what} is not known", value.span))


def _as_document(policy: Policy) -> PolicyDocument:
    name = policy.name.value if policy.name is not None else None
    return PolicyDocument(
        name=name if isinstance(name, str) else policy.address,
        document=policy.document,
        address=policy.address,
        span=policy.span,
    )


def last_name(value: Traced) -> str | None:
    """Return the name at the end of an ARN, or of a plain name, rendered when it has holes.

    `arn:aws:iam::1:role/path/NAME` gives `NAME`. `None` when nothing is known of it.
    """
    text = value.as_text()
    if text is None or not any(isinstance(part, Piece) for part in text.parts):
        return None
    flat = str(text)
    if not flat.startswith("arn:") and not flat.startswith("${"):
        return flat
    tail: list[str] = []
    for part in reversed(text.parts):
        if isinstance(part, Hole):
            tail.append(str(Text((part,))))
            continue
        cut = max(part.text.rfind("/"), part.text.rfind(":"))
        tail.append(part.text[cut + 1 :])
        if cut >= 0:
            return "".join(reversed(tail)) or None
    return "".join(reversed(tail)) or None


def _name_of(resource: Resource) -> str | None:
    name = getattr(resource, "name", None)
    if not isinstance(name, Traced):
        return None
    text = name.as_text()
    return None if text is None else str(text)
