"""Which actions the state machines of a role take, and on what.

This is as much of a workflow's needs as tells whether a wildcard in its role is called for: each
action that a task or a feature leads to, and whether its target is written or chosen at run time.
"""

from __future__ import annotations

from collections.abc import Iterator

from stepguard.deployment.documents import Document
from stepguard.deployment.graph import Deployment
from stepguard.deployment.integration import is_unread
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Role, StateMachine
from stepguard.deployment.values import (
    Hole,
    Plain,
    Reference,
    Text,
    Unknown,
    alternatives,
)
from stepguard.deployment.workflow import State, Task, Workflow, may_nest_more, read_workflow
from stepguard.permissions.actions import Action, ResourceType, find_action
from stepguard.permissions.documented import (
    DocumentedStatement,
    statements_of,
    statements_of_feature,
)
from stepguard.permissions.needs.features import is_traced, writes_logs
from stepguard.permissions.needs.operations import find_operation
from stepguard.permissions.role_needs import further_machines, machines_of_unknown_role
from stepguard.permissions.targets import Decided, Target, find_target
from stepguard.structs import Struct, field

_INVOKE = "lambda:InvokeFunction"
_ASSUME = "sts:AssumeRole"
_HANDS_ROLE_ON = "iam:PassRole"
_PASSING = "pass-role"
_NO_TOPIC = "PhoneNumber"
_ROLES = ("role", "target")
"""What a role that a call passes on is called, and what holds one: the target of a schedule."""
_READERS = {"getObject": "item_reader_getObject", "listObjectsV2": "item_reader_listObjectsV2"}


class Use(Struct, frozen=True):
    """An action that is taken: by which state or feature, and on what.

    `wide_types` are the types of resources that AWS documents the action on as a whole there.
    """

    action: str
    by: str
    target: Target
    wide_types: tuple[ResourceType, ...] = ()


class Uses(Struct):
    """What is known of the actions that a role is used for.

    `machines` counts the state machines that name the role. `unread` says why there may be
    further uses; `unread_services` the same for the services (IAM's prefix) that it is true of.
    """

    machines: int = 0
    unread: list[str] = field(default_factory=list)
    unread_services: dict[str, str] = field(default_factory=dict)
    _by_action: dict[str, list[Use]] = field(default_factory=dict)

    def add(self, use: Use) -> None:
        """Add a use."""
        self._by_action.setdefault(use.action.lower(), []).append(use)

    def of(self, action: Action) -> list[Use]:
        """Return the uses of an action."""
        return self._by_action.get(action.full_name.lower(), [])

    def why_open(self, action: Action) -> str | None:
        """Return why there may be uses of an action besides the known ones; `None` if not."""
        if self.unread:
            return self.unread[0]
        return self.unread_services.get(action.service)


def uses_of_role(role: Role, deployment: Deployment) -> Uses:
    """Return what the state machines of the project use a role for."""
    machines = deployment.machines_of(role)
    uses = Uses(len(machines))
    for machine in machines:
        _add_machine(machine, deployment, uses)
    for machine in machines_of_unknown_role(deployment):
        if machine not in machines:
            uses.unread.append(f"the role of state machine {machine.address} is not known")
    uses.unread.extend(further_machines(deployment))
    return uses


def _add_machine(machine: StateMachine, deployment: Deployment, uses: Uses) -> None:
    _add_features(machine, uses)
    if not isinstance(machine.definition, Document):
        uses.unread.append(f"the definition could not be read: {machine.definition.reason}")
        return
    workflow = read_workflow(machine.definition, deployment)
    if workflow.is_open or any(may_nest_more(state) for state in workflow.states):
        uses.unread.append(f"not all states of {machine.address} are known")
    _add_workflow(workflow, uses)


def _add_features(machine: StateMachine, uses: Uses) -> None:
    for name, state in (
        ("cloudwatch_logs", writes_logs(machine.logging)),
        ("xray", is_traced(machine.tracing)),
    ):
        if state is not False:
            decided = Decided.NOT_NAMED if state else Decided.UNKNOWN
            for statement in statements_of_feature(name):
                _add(statement, Target(decided), f"the machine's {name}", uses)


def _add_workflow(workflow: Workflow, uses: Uses) -> None:
    for state in workflow.states:
        if isinstance(state, Task):
            _add_task(state, uses)
        elif state.type == "Map":
            _add_map(state, uses)


def _add_task(task: Task, uses: Uses) -> None:
    if task.has("Credentials") is not False:
        # What the task calls is then allowed by the role that it takes.
        uses.add(Use(_ASSUME, task.name, find_target(task.credentials, _ROLES)))
        return
    call = task.integration
    if call.kind == "lambda-arn" or (call.kind == "unknown" and _is_given_whole(task.resource)):
        target = Target(Decided.IN_THE_DEFINITION, (task.resource,))
        uses.add(Use(_INVOKE, task.name, target))
    elif call.kind == "optimized":
        statements = statements_of(call)
        if statements is None:
            uses.unread.append(f"what {call.name} of state '{task.name}' needs is not known")
        else:
            _add_call(task, statements, uses)
    elif call.kind == "aws-sdk":
        _add_operation(task, uses)
    elif call.kind == "unknown":
        why = f": {why_unknown(task.resource)}" if is_unread(task.resource) else ""
        uses.unread.append(f"what state '{task.name}' calls is not known{why}")


def _is_given_whole(resource: Plain) -> bool:
    """Tell whether a task's resource is one value from elsewhere, such as a function's ARN.

    The resource of an integration is written out: it has nothing in it that a project names.
    """
    return all(
        isinstance(one, (Unknown, Reference)) or (isinstance(one, Text) and _begins_with_hole(one))
        for one in alternatives(resource)
    )


def _begins_with_hole(text: Text) -> bool:
    return bool(text.parts) and isinstance(text.parts[0], Hole)


def _add_call(task: Task, statements: tuple[DocumentedStatement, ...], uses: Uses) -> None:
    first = next((one for one in statements if one.parameters), None)
    # Where what a statement is about is not in the call, it belongs to what the call is about.
    call = Decided.NOT_NAMED if first is None else _target(task, first).decided
    for statement in statements:
        target = _target(task, statement) if statement.parameters else Target(call)
        if target.decided is Decided.NOT_NAMED and statement.part == _PASSING:
            target = Target(call)
        if target.decided is Decided.NOT_NAMED and statement.parameters:
            # The service has a default for it, such as the workgroup `primary`.
            target = Target(Decided.IN_THE_DEFINITION)
        _add(statement, target, task.name, uses)


def _target(task: Task, statement: DocumentedStatement) -> Target:
    names = set(statement.parameters)
    for one in statement.actions:
        action = find_action(one)
        if action is not None:
            names |= _names_of(action)
    parameters = task.parameters
    if (
        "sns:Publish" in statement.actions
        and isinstance(parameters, dict)
        and any(name.startswith(_NO_TOPIC) for name in parameters)
    ):
        # A text message goes to no topic; AWS's own policy for it is on `*`.
        return Target(Decided.AT_RUN_TIME)
    return find_target(parameters, names, guess=statement.part != _PASSING)


def _names_of(action: Action) -> set[str]:
    return {name for one in action.types for name in (one.name, one.variable)}


def _add(statement: DocumentedStatement, target: Target, by: str, uses: Uses) -> None:
    for name in statement.actions:
        action = find_action(name)
        wide = () if action is None else statement.wide_types(action)
        uses.add(Use(name, by, target, wide))


def _add_operation(task: Task, uses: Uses) -> None:
    call = task.integration
    found = find_operation(call.service, call.action)
    if isinstance(found, str):
        reason = f"which action {call.name} of state '{task.name}' needs is not known"
        if found:
            uses.unread_services[found] = reason
        else:
            uses.unread.append(reason)
        return
    for action in found.actions:
        target = find_target(task.parameters, _names_of(action))
        uses.add(Use(action.full_name, task.name, target))
    role = find_target(task.parameters, _ROLES, guess=False)
    if role.decided is not Decided.NOT_NAMED:
        uses.add(Use(_HANDS_ROLE_ON, task.name, role))


def _add_map(state: State, uses: Uses) -> None:
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
        for statement in statements_of_feature("distributed_map"):
            _add(statement, Target(Decided.IN_THE_DEFINITION), state.name, uses)
    for name, feature in _data_of_map(state):
        holder = state.get(name)
        for statement in statements_of_feature(feature):
            _add(statement, find_target(_passed(holder), ("bucket",)), state.name, uses)


def _data_of_map(state: State) -> Iterator[tuple[str, str]]:
    reader = state.get("ItemReader")
    if isinstance(reader, dict):
        operation = str(reader.get("Resource", "")).rpartition(":")[2]
        if operation in _READERS:
            yield "ItemReader", _READERS[operation]
    if isinstance(state.get("ResultWriter"), dict):
        yield "ResultWriter", "result_writer"


def _passed(holder: Plain) -> Plain:
    if not isinstance(holder, dict):
        return holder
    return holder.get("Arguments", holder.get("Parameters"))
