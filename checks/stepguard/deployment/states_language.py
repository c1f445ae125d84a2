"""The Amazon States Language as tables: which fields a state type has, in which query language.

Sources: the States Language specification, the Step Functions Developer Guide (pages `state-*`,
`transforming-data`), and what `ValidateStateMachineDefinition` answers.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

QueryLanguage: TypeAlias = Literal["JSONPath", "JSONata"]

STATE_TYPES = ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
"""Every value that `Type` may have."""

CONTINUING_TYPES = ("Pass", "Task", "Wait", "Parallel", "Map")
"""The types that need `Next` or `End`."""

TERMINAL_TYPES = ("Succeed", "Fail")
"""The types that end an execution by themselves."""

MACHINE_FIELDS = frozenset(
    {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
)
"""Fields of the machine itself."""

BRANCH_FIELDS = MACHINE_FIELDS
"""Fields of a branch; more is tolerated than the specification lists."""

PROCESSOR_FIELDS = (MACHINE_FIELDS - {"QueryLanguage"}) | {"ProcessorConfig"}
"""Fields of a map's `ItemProcessor` or `Iterator`; `QueryLanguage` is refused there."""

_EVERY = frozenset({"Comment", "QueryLanguage", "Type"})
_TRANSITION = frozenset({"Next", "End"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_HANDLERS = frozenset({"Catch", "Retry"})

_BOTH: dict[str, frozenset[str]] = {
    "Pass": _TRANSITION | {"Assign"},
    "Task": _TRANSITION
    | _HANDLERS
    | {"Assign", "Credentials", "HeartbeatSeconds", "Resource", "TimeoutSeconds"},
    "Choice": frozenset({"Assign", "Choices", "Default"}),
    "Wait": _TRANSITION | {"Assign", "Seconds", "Timestamp"},
    "Succeed": frozenset(),
    "Fail": frozenset({"Cause", "Error"}),
    "Parallel": _TRANSITION | _HANDLERS | {"Assign", "Branches"},
    "Map": _TRANSITION
    | _HANDLERS
    | {
        "Assign",
        "ItemBatcher",
        "ItemProcessor",
        "ItemReader",
        "ItemSelector",
        "Iterator",
        "Label",
        "MaxConcurrency",
        "ResultWriter",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    },
}

_JSONPATH: dict[str, frozenset[str]] = {
    "Pass": _PATHS | {"Parameters", "Result", "ResultPath"},
    "Task": _PATHS
    | {
        "HeartbeatSecondsPath",
        "Parameters",
        "ResultPath",
        "ResultSelector",
        "TimeoutSecondsPath",
    },
    "Choice": _PATHS,
    "Wait": _PATHS | {"SecondsPath", "TimestampPath"},
    "Succeed": _PATHS,
    "Fail": frozenset({"CausePath", "ErrorPath"}),
    "Parallel": _PATHS | {"Parameters", "ResultPath", "ResultSelector"},
    "Map": _PATHS
    | {
        "ItemsPath",
        "MaxConcurrencyPath",
        "Parameters",
        "ResultPath",
        "ResultSelector",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentagePath",
    },
}

_JSONATA: dict[str, frozenset[str]] = {
    "Pass": frozenset({"Output"}),
    "Task": frozenset({"Arguments", "Output"}),
    "Choice": frozenset({"Output"}),
    "Wait": frozenset({"Output"}),
    "Succeed": frozenset({"Output"}),
    "Fail": frozenset(),
    "Parallel": frozenset({"Arguments", "Output"}),
    "Map": frozenset({"Items", "Output"}),
}

REQUIRED_FIELDS: dict[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
"""Fields that a type cannot do without; one of several is in `ONE_OF_FIELDS`."""

ONE_OF_FIELDS: dict[str, tuple[str, ...]] = {
    "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    "Map": ("ItemProcessor", "Iterator"),
}
"""Fields of which a type needs exactly one."""

EXCLUSIVE_FIELDS: tuple[tuple[str, str], ...] = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ItemSelector", "Parameters"),
)
"""Pairs of fields that exclude each other."""

RETRIER_FIELDS = frozenset(
    {
        "BackoffRate",
        "Comment",
        "ErrorEquals",
        "IntervalSeconds",
        "JitterStrategy",
        "MaxAttempts",
        "MaxDelaySeconds",
    }
)
"""Fields of an element of `Retry`."""

CATCHER_FIELDS: dict[QueryLanguage, frozenset[str]] = {
    "JSONPath": frozenset({"Assign", "Comment", "ErrorEquals", "Next", "ResultPath"}),
    "JSONata": frozenset({"Assign", "Comment", "ErrorEquals", "Next", "Output"}),
}
"""Fields of an element of `Catch`."""

_TYPED_OPERATORS = frozenset(
    f"{kind}{relation}{path}"
    for kind in ("String", "Numeric", "Timestamp")
    for relation in (
        "Equals",
        "GreaterThan",
        "GreaterThanEquals",
        "LessThan",
        "LessThanEquals",
    )
    for path in ("", "Path")
)
COMPARISON_OPERATORS = _TYPED_OPERATORS | {
    "BooleanEquals",
    "BooleanEqualsPath",
    "IsBoolean",
    "IsNull",
    "IsNumeric",
    "IsPresent",
    "IsString",
    "IsTimestamp",
    "StringMatches",
}
"""What a JSONPath choice rule may compare its `Variable` with."""

LOGICAL_OPERATORS = ("And", "Or", "Not")
"""What combines choice rules."""

CHOICE_FIELDS: dict[QueryLanguage, frozenset[str]] = {
    "JSONPath": COMPARISON_OPERATORS
    | {"And", "Assign", "Comment", "Next", "Not", "Or", "Variable"},
    "JSONata": frozenset({"Assign", "Comment", "Condition", "Next", "Output"}),
}
"""Fields of a choice rule."""

ERROR_NAMES = frozenset(
    {
        "States.ALL",
        "States.BranchFailed",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.HeartbeatTimeout",
        "States.Http.Socket",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.ResultWriterFailed",
        "States.Runtime",
        "States.TaskFailed",
        "States.Timeout",
    }
)
"""The names of errors that begin with `States.`; others cannot be reported.

Sources: Developer Guide, `concepts-error-handling`; States Language specification, appendix A.
"""

HTTP_STATUS_ERROR = "States.Http.StatusCode."
"""How the errors of an HTTP task begin; the status follows (Developer Guide, `call-https-apis`)."""

MAXIMUM_NAME_LENGTH = 80
"""Characters of a state's name."""

MAXIMUM_SECONDS = 99_999_999
"""The largest value of `TimeoutSeconds` and `HeartbeatSeconds`, and the default of both."""


def fields_of(state_type: str, language: QueryLanguage | None) -> frozenset[str]:
    """Return the fields that a state type has in a query language; in both for `None`."""
    fields = _EVERY | _BOTH[state_type]
    if language != "JSONata":
        fields |= _JSONPATH[state_type]
    if language != "JSONPath":
        fields |= _JSONATA[state_type]
    return fields


def types_with(field: str) -> tuple[str, ...]:
    """Return the state types that have a field in some query language."""
    return tuple(one for one in STATE_TYPES if field in fields_of(one, None))
