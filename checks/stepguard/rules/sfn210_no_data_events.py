"""SFN210: an account whose trail leaves out what Step Functions does with data."""

from __future__ import annotations

from stepguard.deployment.resources import Resource
from stepguard.deployment.trails import trails
from stepguard.finding import NotEvaluated, Severity, Violation
from stepguard.rules.languages import in_language
from stepguard.rules.rule import Context, Rule, Verdict

_TYPE = "AWS::StepFunctions::StateMachine"


class NoDataEvents(Rule[Resource]):
    """A project that sets up CloudTrail without the data events of Step Functions.

    ## What it does
    Applies to a project that has a trail or an event data store of CloudTrail, and so decides
    what an account records. Reports it, once, when none of them has an advanced event selector
    for data events of the type `AWS::StepFunctions::StateMachine`.

    ## Why is this bad
    Starts of executions are recorded in any case. Synchronous executions of Express workflows
    (`StartSyncExecution`) and calls of HTTP endpoints (`InvokeHTTPEndpoint`) are data events,
    which are only recorded when asked for: who ran such a workflow cannot be found out.
    """

    id = "SFN210"
    name = "no-data-events"
    severity = Severity.LOW
    tier = "pedantic"
    claims_absence = True
    references = (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html",
    )

    def subjects(self, context: Context) -> list[Resource]:
        """Return the first trail, which stands for all of them."""
        return [one.resource for one in trails(context.deployment)[:1]]

    def judge(self, subject: Resource, context: Context) -> Verdict:
        """Judge whether a trail of the project keeps data events of Step Functions."""
        found = trails(context.deployment)
        if any(_TYPE in one.data_types for one in found):
            return ()
        unread = next((one for one in found if not one.has_all_types), None)
        if unread is not None:
            resource = unread.resource
            reason = "the event selectors of the trail are not known"
            return [NotEvaluated(reason=reason, resource=resource.address, span=resource.span)]
        written = found[0].selectors
        return [
            Violation(
                message=f"Neither {subject.address} nor another trail of the project records data "
                "events of Step Functions: who ran a synchronous workflow, or called an HTTP "
                "endpoint by one, cannot be found out",
                resource=subject.address,
                span=(None if written is None else written.span) or subject.span,
                suggestion=in_language(
                    subject,
                    terraform=f"""advanced_event_selector {{
  field_selector {{
    field  = "eventCategory"
    equals = ["Data"]
  }}
  field_selector {{
    field  = "resources.type"
    equals = ["{_TYPE}"]
  }}
}}""",
                    cloudformation=f"""AdvancedEventSelectors:
  - FieldSelectors:
      - Field: eventCategory
        Equals: [Data]
      - Field: resources.type
        Equals: ["{_TYPE}"]""",
                ),
                subject="data events",
            )
        ]
