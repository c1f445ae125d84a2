"""Which controls of public catalogues a rule checks before deployment.

A control stands here only where its catalogue describes what the rule finds; each has the page
that does.
"""

from __future__ import annotations

from stepguard.structs import Struct

_SECURITY_HUB = (
    "https://docs.aws.amazon.com/securityhub/latest/userguide/stepfunctions-controls.html"
)
_CONFIG = "https://docs.aws.amazon.com/config/latest/developerguide/"
_CONTROL_TOWER = (
    "https://docs.aws.amazon.com/controltower/latest/controlreference/stepfunctions-rules.html"
)
_WELL_ARCHITECTED = "https://docs.aws.amazon.com/wellarchitected/latest/framework/"


class Control(Struct, frozen=True):
    """A control: its name, the page that describes it, and the rules that check it."""

    title: str
    url: str
    rules: tuple[str, ...]


def _best_practice(title: str, page: str, *rules: str) -> Control:
    return Control(f"Well-Architected {title}", f"{_WELL_ARCHITECTED}{page}.html", rules)


_LOGGING = ("SFN201", "SFN202", "SFN207")

CONTROLS: tuple[Control, ...] = (
    Control("Security Hub StepFunctions.1", f"{_SECURITY_HUB}#stepfunctions-1", _LOGGING),
    Control("PCI DSS v4.0.1 10.4.2", f"{_SECURITY_HUB}#stepfunctions-1", _LOGGING),
    Control(
        "AWS Config step-functions-state-machine-logging-enabled",
        f"{_CONFIG}step-functions-state-machine-logging-enabled.html",
        _LOGGING,
    ),
    Control("Control Tower CT.STEPFUNCTIONS.PR.1", _CONTROL_TOWER, (*_LOGGING, "SFN203")),
    Control("Control Tower CT.STEPFUNCTIONS.PR.2", _CONTROL_TOWER, ("SFN206",)),
    Control("Security Hub StepFunctions.2", f"{_SECURITY_HUB}#stepfunctions-2", ("SFN702",)),
    Control(
        "AWS Config tagged-stepfunctions-activity", f"{_SECURITY_HUB}#stepfunctions-2", ("SFN702",)
    ),
    Control(
        "AWS Config stepfunctions-state-machine-tagged",
        f"{_CONFIG}stepfunctions-state-machine-tagged.html",
        ("SFN701",),
    ),
    _best_practice("SEC02-BP03 Store and use secrets securely", "sec_identities_secrets", "SFN801"),
    _best_practice(
        "SEC03-BP02 Grant least privilege access",
        "sec_permissions_least_privileges",
        "SFN101",
        "SFN102",
        "SFN103",
    ),
    _best_practice(
        "SEC04-BP01 Configure service and application logging",
        "sec_detect_investigate_events_app_service_logging",
        "SFN201",
        "SFN207",
        "SFN210",
    ),
    _best_practice(
        "SEC08-BP01 Implement secure key management",
        "sec_protect_data_rest_key_mgmt",
        "SFN301",
        "SFN303",
        "SFN304",
    ),
    _best_practice(
        "SEC09-BP02 Enforce encryption in transit", "sec_protect_data_transit_encrypt", "SFN802"
    ),
    _best_practice(
        "REL05-BP03 Control and limit retry calls",
        "rel_mitigate_interaction_failure_limit_retries",
        "SFN503",
    ),
    _best_practice(
        "REL05-BP05 Set client timeouts",
        "rel_mitigate_interaction_failure_client_timeouts",
        "SFN401",
        "SFN402",
        "SFN403",
        "SFN405",
    ),
    _best_practice(
        "REL06-BP03 Send notifications",
        "rel_monitor_aws_resources_notification_monitor",
        "SFN601",
        "SFN602",
        "SFN603",
        "SFN604",
    ),
)


def controls_of(identifier: str) -> list[Control]:
    """Return the controls that a rule checks."""
    return [control for control in CONTROLS if identifier in control.rules]
