"""SFN806: task tokens that are written where they can be read at rest."""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.attributes import setting
from stepguard.deployment.documents import Path
from stepguard.deployment.graph import Deployment
from stepguard.deployment.members import UNDECIDED, why_unknown
from stepguard.deployment.resources import Resource, StateMachine
from stepguard.deployment.values import OneOf, Piece, Plain, Text, plain
from stepguard.deployment.workflow import Task, Workflow
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.needs.parameters import find_parameter
from stepguard.rules.languages import in_language
from stepguard.rules.links import resources_meant
from stepguard.rules.machines import definition_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.rules.task_limits import not_evaluated, unread_states
from stepguard.structs import Struct

_TOKENS = ("$$.Task.Token", "$states.context.Task.Token")
_MAXIMUM_DEPTH = 20


class _Channel(Struct, frozen=True):
    """What a call writes to: its parameter, and how each type of resource is encrypted."""

    parameter: str
    what: str
    keys: dict[str, str]
    switches: dict[str, str]
    how_open: str


_CHANNELS = {
    ("sqs", "sendMessage"): _Channel(
        "QueueUrl",
        "queue",
        {"aws_sqs_queue": "kms_master_key_id", "AWS::SQS::Queue": "KmsMasterKeyId"},
        {"aws_sqs_queue": "sqs_managed_sse_enabled", "AWS::SQS::Queue": "SqsManagedSseEnabled"},
        "whose encryption is switched off",
    ),
    ("sns", "publish"): _Channel(
        "TopicArn",
        "topic",
        {"aws_sns_topic": "kms_master_key_id", "AWS::SNS::Topic": "KmsMasterKeyId"},
        {},
        "which has no KMS key",
    ),
}
_LOG = ("cloudwatchlogs", "putLogEvents")


class ExposedToken(MachineRule):
    """A task token that is written to a log, or to a queue or topic without encryption.

    ## What it does
    Reports tasks that hand on their token (`$$.Task.Token`) in a message to a queue of the project
    whose encryption is switched off, to a topic of the project that has no KMS key (SNS then
    encrypts its disks, and no key policy limits who reads), or in an event of CloudWatch Logs. All
    of a machine are one finding. Queues and topics of other projects are not seen.

    ## Why is this bad
    Whoever has the token and may call `SendTaskSuccess` in the account can end the task with a
    result of their own, and so approve what was waiting for approval. It is a credential, and
    belongs neither in a log nor where no key limits who reads it.
    """

    id = "SFN806"
    name = "exposed-token"
    severity = Severity.LOW
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Return one finding for all tasks of a machine, or what is not known."""
        workflow = definition_of(subject, context)
        if isinstance(workflow, NotEvaluated):
            return [workflow]
        reasons = unread_states(workflow)
        concerned = [
            task for task in workflow.tasks if _place_of_token(task.parameters) is not None
        ]
        exposures: list[_Exposure] = []
        applies = bool(reasons)
        for task in concerned:
            for one in _judged(task, context.deployment):
                applies = True
                if isinstance(one, _Exposure):
                    exposures.append(one)
                elif one:
                    reasons.append(one)
        if not applies:
            return None
        if exposures:
            return [_violation(subject, workflow, exposures)]
        return not_evaluated(subject, reasons)


class _Exposure(Struct, frozen=True):
    """A task, and what it writes its token to; `resource` is `None` for a log."""

    task: Task
    what: str
    resource: Resource | None = None


def _judged(task: Task, deployment: Deployment) -> Iterator[_Exposure | str]:
    """Yield where a task exposes its token, why that is not known, or an empty text for "no"."""
    call = task.integration
    own = (call.service, call.action)
    if own == _LOG:
        yield _Exposure(task, "a log")
    channel = _CHANNELS.get(own)
    if channel is None:
        return
    named = find_parameter(task.parameters, channel.parameter)[0]
    if named.decided != "written":
        return
    for resource in resources_meant(named.value, channel.keys.keys(), deployment):
        is_open = _is_unencrypted(resource, channel)
        if is_open is True:
            what = f"{channel.what} {resource.address}, {channel.how_open}"
            yield _Exposure(task, what, resource)
        else:
            yield is_open or ""


def _is_unencrypted(resource: Resource, channel: _Channel) -> bool | str:
    """Tell whether a queue or topic is certainly not encrypted; why that is not known."""
    key = setting(resource.attributes, channel.keys[resource.type])
    if key is not None and key.value != "":
        value = plain(key)
        # A reference to a key is one, whatever it will be called.
        is_choice = isinstance(value, OneOf)
        return f"the key of {resource.address} {why_unknown(value)}" if is_choice else False
    switch = channel.switches.get(resource.type)
    if switch is None:
        return True
    enabled = setting(resource.attributes, switch)
    if enabled is None:
        return False
    value = plain(enabled)
    if isinstance(value, UNDECIDED):
        return f"the encryption of {resource.address} {why_unknown(value)}"
    return value is False or value == "false"


def _place_of_token(parameters: Plain) -> Path | None:
    """Return the path of the first token in the parameters of a call; `None` for none."""
    stack: list[tuple[Path, Plain]] = [((), parameters)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Text):
            value = "".join(one.text for one in value.parts if isinstance(one, Piece))
        if isinstance(value, str) and any(token in value for token in _TOKENS):
            return path
        if len(path) < _MAXIMUM_DEPTH and isinstance(value, (dict, list)):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            stack.extend(reversed([((*path, name), one) for name, one in inner]))
    return None


def _violation(machine: StateMachine, workflow: Workflow, exposures: list[_Exposure]) -> Violation:
    first = exposures[0]
    more = f"; {len(exposures) - 1} more" if len(exposures) > 1 else ""
    field = "Arguments" if "Arguments" in first.task.body else "Parameters"
    path = (*first.task.path, field, *(_place_of_token(first.task.parameters) or ()))
    places = [
        RelatedPlace(f"'{one.task.name}' writes it to {one.what}", one.resource.span)
        for one in exposures
        if one.resource is not None
    ]
    is_queue = first.task.integration.service == "sqs"
    return Violation(
        message=f"'{first.task.name}' writes its task token to {first.what}: whoever reads it and "
        f"may call SendTaskSuccess can end the task with a result of their own{more}",
        resource=machine.address,
        span=workflow.document.locate(path),
        path=path,
        state=first.task.name if len(exposures) == 1 else None,
        related=tuple(places),
        suggestion="no token in the log"
        if first.resource is None
        else in_language(
            machine,
            terraform="sqs_managed_sse_enabled = true in the queue"
            if is_queue
            else "kms_master_key_id in the topic",
            cloudformation="SqsManagedSseEnabled: true in the queue"
            if is_queue
            else "KmsMasterKeyId in the topic",
        ),
        subject="token",
    )
