"""The resources that rules judge, in one shape for every form of source.

A reader fills these from Terraform, a plan, CloudFormation or SAM. In every field, `None` says
that the source does not set it (known to be absent), and `Unread` that it may be set but could
not be read.
"""

from __future__ import annotations

from enum import Enum

from stepguard.deployment.documents import Document
from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced
from stepguard.structs import Struct, field


class Form(str, Enum):
    """The form of source that a resource was read from."""

    TERRAFORM = "terraform"
    PLAN = "plan"
    CLOUDFORMATION = "cloudformation"
    SAM = "sam"
    ASL = "asl"


class Unread(Struct, frozen=True):
    """Something that may be there and could not be read: why, in one line, and where."""

    reason: str
    span: Span | None = None


class Resource(Struct, eq=False, kw_only=True):
    """Any resource of a deployment.

    `address` is Terraform's own (`module.a.aws_sfn_state_machine.b["k"]`) or the logical id.
    `type` is the type as the source names it. `span` is where a finding about the whole
    resource points: the block's header, or the logical id; `block` is the whole text of it.
    `attributes` is what the source sets, evaluated, in the source's own names; nested Terraform
    blocks are lists of objects. `label` is how a person knows it, when that differs from the
    address: CDK's construct path. `metadata` is what a template says of the resource to tools,
    `depends_on` the addresses that it waits for besides those that its attributes name. `gap` says
    why it may have attributes that were not read; it is empty where all of it was.
    """

    address: str
    type: str
    form: Form
    span: Span | None = None
    block: Span | None = None
    attributes: Traced = field(default_factory=lambda: Traced({}))
    label: str = ""
    metadata: Traced | None = None
    depends_on: tuple[str, ...] = ()
    gap: str = ""


class Tags(Struct, eq=False, kw_only=True):
    """Tags of a resource: key to value. `unread` says why there may be more than these."""

    values: dict[str, Traced]
    span: Span | None = None
    unread: Unread | None = None


class Logging(Struct, eq=False, kw_only=True):
    """Logging configuration of a state machine."""

    level: Traced | None
    include_execution_data: Traced | None
    destinations: list[Traced] | Unread
    span: Span | None = None


class Encryption(Struct, eq=False, kw_only=True):
    """Encryption configuration of a state machine or an activity."""

    type: Traced | None
    key: Traced | None
    reuse_period_seconds: Traced | None
    span: Span | None = None


class StateMachine(Resource, eq=False, kw_only=True):
    """A state machine.

    `kind` is its `type` property (`STANDARD` or `EXPRESS`; absent means `STANDARD`), `role` the
    execution role as the source gives it: an ARN, a `Reference`, or unknown. `tracing` is the
    value of "enabled". A machine whose definition depends on a condition appears once for each
    alternative, with the same address; `variant` then names the alternative.
    """

    name: Traced | None = None
    kind: Traced | None = None
    definition: Document | Unread
    role: Traced | None = None
    logging: Logging | Unread | None = None
    tracing: Traced | Unread | None = None
    encryption: Encryption | Unread | None = None
    tags: Tags | Unread | None = None
    variant: str = ""


class Activity(Resource, eq=False, kw_only=True):
    """An activity: work done by a program outside that polls for it."""

    name: Traced | None = None
    encryption: Encryption | Unread | None = None
    tags: Tags | Unread | None = None


class PolicyDocument(Struct, eq=False, kw_only=True):
    """A permission policy: its name, its document, and the address of the resource it is in."""

    name: str
    document: Document | Unread
    address: str
    span: Span | None = None


class Role(Resource, eq=False, kw_only=True):
    """An IAM role.

    `inline` are the policies that the role's own block holds, `attached` the managed policies
    that it names (ARN, name or `Reference`). `unread` says what else it may have. A `generated`
    role is made by the tool (SAM) for a state machine that names none; its trust is the tool's.
    """

    name: Traced | None = None
    trust: Document | Unread | None = None
    inline: list[PolicyDocument] = field(default_factory=list)
    attached: list[Traced] = field(default_factory=list)
    boundary: Traced | None = None
    tags: Tags | Unread | None = None
    unread: list[Unread] = field(default_factory=list)
    generated: bool = False


class Policy(Resource, eq=False, kw_only=True):
    """A policy that is a resource of its own: inline for roles, or managed.

    `roles` are the roles that it names itself (name, ARN or `Reference`).
    """

    name: Traced | None = None
    document: Document | Unread
    managed: bool = False
    roles: list[Traced] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


class PolicyAttachment(Resource, eq=False, kw_only=True):
    """A resource that attaches a managed policy to roles."""

    policy: Traced | None = None
    roles: list[Traced] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
