"""SFN302: a key that those who need it may not use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from stepguard.deployment.documents import DocumentError, read_document
from stepguard.deployment.iam.conditions import Condition
from stepguard.deployment.iam.elements import Element
from stepguard.deployment.iam.patterns import action_matches
from stepguard.deployment.iam.principals import Principal
from stepguard.deployment.iam.statements import Statement, read_statements
from stepguard.deployment.keys import Key, keys_meant
from stepguard.deployment.members import why_unknown
from stepguard.deployment.resources import Encryption, Form, Role, StateMachine, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import Traced, plain
from stepguard.finding import NotEvaluated, RelatedPlace, Severity, Violation
from stepguard.permissions.grants import Grant, grants_of_role
from stepguard.rules.grants import name_of_role, name_of_statement
from stepguard.rules.keys import has_customer_key
from stepguard.rules.languages import in_language
from stepguard.rules.log_groups import groups_of
from stepguard.rules.log_levels import LogLevel, logging_of
from stepguard.rules.rule import Context, MachineRule, Verdict
from stepguard.structs import Struct

_VIA_SERVICE = "kms:viaservice"
_DECRYPT = "kms:Decrypt"
_DATA_KEY = "kms:GenerateDataKey"

_Verdicts: TypeAlias = "list[Violation | NotEvaluated]"


class _Service(Struct, frozen=True):
    """A service that needs a key.

    `name` is the service in a principal, `principal` the principal in full. `actions` are what it
    needs for certain, `documented` what AWS documents for it.
    """

    name: str
    principal: str
    actions: tuple[str, ...]
    documented: tuple[str, ...]
    effect: str


_DELIVERY = _Service(
    "delivery",
    "delivery.logs.amazonaws.com",
    (_DECRYPT,),
    (_DECRYPT,),
    "the logs of executions are not delivered",
)
_LOGS = _Service(
    "logs",
    "logs.REGION.amazonaws.com",
    (_DECRYPT, _DATA_KEY),
    ("kms:Encrypt", _DECRYPT, "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
    "the log group cannot be made, or takes no events",
)


class KeyPolicy(MachineRule):
    """A customer's key that log delivery, the log group or the execution role may not use.

    ## What it does
    Judges state machines that are encrypted with a customer-managed key, and those whose log
    group is. Reports a key of the project whose policy does not let `delivery.logs.amazonaws.com`
    decrypt although a machine that it encrypts logs; a key of a log group whose policy leaves out
    CloudWatch Logs (`logs.REGION.amazonaws.com`); and an execution role that may use keys only
    under a condition on `kms:ViaService`.

    A key without a policy has KMS's own, which leaves out services. Conditions on a service's
    statement are not judged, nor is what a `Deny` takes away. That the role has no permission at
    all is left to SFN104. A key that is not part of the project is not evaluated.

    ## Why is this bad
    Permissions of IAM do not reach services: only the key's own policy lets them in. Without it
    the deployment of the log group fails, or executions run and their logs never arrive. Step
    Functions calls KMS as the execution role too, so that a condition on the service by way of
    which the call comes can make executions fail.
    """

    id = "SFN302"
    name = "key-policy"
    severity = Severity.MEDIUM
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    )

    def judge(self, subject: StateMachine, context: Context) -> Verdict:
        """Judge the keys of a machine and of its log groups."""
        if subject.form is Form.ASL:
            return None
        verdicts = [*_of_machine(subject, context), *_of_log_groups(subject, context)]
        if not verdicts:
            return None
        return [one for verdict in verdicts for one in verdict]


def _of_machine(machine: StateMachine, context: Context) -> Iterator[_Verdicts]:
    encryption = machine.encryption
    if isinstance(encryption, Unread):
        reason = f"whether there is a customer-managed key: {encryption.reason}"
        yield [_not_evaluated(machine, reason, encryption.span)]
    if not isinstance(encryption, Encryption):
        return
    customer = has_customer_key(encryption)
    if customer is None:
        reason = "whether there is a customer-managed key is not known"
        yield [_not_evaluated(machine, reason, encryption.span)]
    if customer is not True:
        return
    logging = logging_of(machine)
    if isinstance(logging, NotEvaluated):
        yield [logging]
    elif isinstance(logging, LogLevel):
        place = RelatedPlace(f"{machine.address} is encrypted with it, and logs", machine.span)
        yield _judge_key(encryption.key, _DELIVERY, machine, context, place)
    for role in context.deployment.roles_of(machine):
        yield _judge_role(role, context)


def _of_log_groups(machine: StateMachine, context: Context) -> Iterator[_Verdicts]:
    for group in groups_of(machine, context):
        if group.key is not None:
            place = RelatedPlace(
                f"{group.resource.address} is encrypted with it", group.resource.span
            )
            yield _judge_key(group.key, _LOGS, machine, context, place)


def _judge_key(
    value: Traced | None,
    service: _Service,
    machine: StateMachine,
    context: Context,
    place: RelatedPlace,
) -> _Verdicts:
    keys = keys_meant(value, context.deployment)
    span = None if value is None else value.span
    if not keys:
        why = "is not given" if value is None else "is not part of the project"
        if value is not None and not isinstance(value.value, str):
            why = f"{why_unknown(plain(value))}, so that its policy is not"
        return [_not_evaluated(machine, f"the key {why}", span)]
    found: list[Violation | NotEvaluated] = []
    for key in keys:
        answer = _lets_in(key, service)
        if isinstance(answer, str):
            reason = f"whether the policy of key {key.resource.address} lets {service.principal} in"
            found.append(_not_evaluated(machine, f"{reason} is not known: {answer}", span))
        elif not answer:
            found.append(_violation(key, service, place))
    return found


def _lets_in(key: Key, service: _Service) -> bool | str:
    """Tell whether a key's policy lets a service in; why that is not known, if so."""
    if key.policy is None:
        return False
    try:
        statements = read_statements(read_document(key.policy))
    except DocumentError as error:
        return error.reason
    doubts = list(statements.unread)
    allowed: set[str] = set()
    for statement in statements.known:
        if not statement.allows:
            continue
        named = _names(statement, service)
        for action in service.actions:
            covered = _covers(statement.actions, action)
            if named and covered:
                allowed.add(action)
            elif named is not False and covered is not False:
                doubts.append(f"{name_of_statement(statement)} may")
    if allowed >= set(service.actions):
        return True
    return doubts[0] if doubts else False


def _names(statement: Statement, service: _Service) -> bool | None:
    principals = statement.principals
    if principals is None:
        return None if statement.unread or statement.not_principals is not None else False
    answers = [_is_service(one, service, statement) for one in principals.known]
    if True in answers:
        return True
    return None if None in answers or principals.unread else False


def _is_service(principal: Principal, service: _Service, statement: Statement) -> bool | None:
    if principal.kind == "Everyone":
        return None if statement.conditions.known or statement.conditions.unread else True
    if principal.kind != "Service":
        return False
    return None if principal.service is None else principal.service == service.name


def _covers(actions: Element | None, action: str) -> bool | None:
    if actions is None:
        return None
    values = [one.value for one in actions.entries]
    if any(isinstance(one, str) and action_matches(one, action) for one in values):
        return True
    is_open = actions.unread or any(not isinstance(one, str) for one in values)
    return None if is_open else False


def _judge_role(role: Role, context: Context) -> _Verdicts:
    grants = grants_of_role(role, context.deployment)
    found: list[Violation | NotEvaluated] = []
    for action in (_DECRYPT, _DATA_KEY):
        giving = [
            one
            for one in grants.statements
            if one.statement.allows and _covers(one.statement.actions, action) is not False
        ]
        limited = [(one, limit) for one in giving if (limit := _via_service(one)) is not None]
        if not giving or len(limited) < len(giving):
            continue
        if any(_covers(one.statement.actions, action) is not False for one in grants.resources):
            continue
        if grants.unread:
            reason = f"whether role '{name_of_role(role)}' may use the key: {grants.unread[0]}"
            return [NotEvaluated(reason=reason, resource=role.address, span=role.span)]
        grant, condition = limited[0]
        if not any(
            isinstance(one, Violation) and one.span == grant.place(condition.path) for one in found
        ):
            found.append(_role_violation(grant, condition, action, role))
    return found


def _via_service(grant: Grant) -> Condition | None:
    for condition in grant.statement.conditions.of(_VIA_SERVICE):
        if condition.is_certain and not condition.if_exists:
            return condition
    return None


def _role_violation(grant: Grant, condition: Condition, action: str, role: Role) -> Violation:
    return Violation(
        message=f"Role '{name_of_role(role)}' has {action} only under a condition on "
        f"kms:ViaService ({name_of_statement(grant.statement)} of policy '{grant.policy}'): "
        "executions can fail, since Step Functions calls KMS as the role",
        resource=grant.address,
        span=grant.place(condition.path) or role.span,
        path=condition.path,
        related=(RelatedPlace("The role of an encrypted state machine", role.span),),
        suggestion="Limit it by kms:EncryptionContext:aws:states:stateMachineArn instead",
        subject=f"kms:ViaService {grant.statement.sid}".strip(),
    )


def _violation(key: Key, service: _Service, related: RelatedPlace) -> Violation:
    resource = key.resource
    what = "has no policy of its own, and KMS's leaves out services"
    if key.policy is not None:
        what = f"does not let {service.principal} use it ({', '.join(service.actions)})"
        what = f"has a policy that {what}"
    actions = ", ".join(f'"{one}"' for one in service.documented)
    principal = service.principal.replace("REGION", "${data.aws_region.current.name}")
    written = principal if service is _DELIVERY else "!Sub logs.${AWS::Region}.amazonaws.com"
    return Violation(
        message=f"Key {resource.address} {what}: {service.effect}",
        resource=resource.address,
        span=_place(key) or resource.span,
        related=(related,),
        suggestion=in_language(
            resource,
            terraform=f"""{{
  Effect    = "Allow"
  Principal = {{ Service = "{principal}" }}
  Action    = [{actions}]
  Resource  = "*"
}}""",
            cloudformation=f"""- Effect: Allow
  Principal:
    Service: {written}
  Action: [{actions}]
  Resource: "*\"""",
        ),
        subject=service.name,
    )


def _place(key: Key) -> Span | None:
    """Return where the statements of a key's policy are written; `None` without a policy."""
    if key.policy is None:
        return None
    return read_document(key.policy).locate(("Statement",), key=True) or key.policy.span


def _not_evaluated(machine: StateMachine, reason: str, span: Span | None) -> NotEvaluated:
    return NotEvaluated(reason=reason, resource=machine.address, span=span or machine.span)
