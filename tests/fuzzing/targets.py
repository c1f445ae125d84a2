"""What is fuzzed: each reader by the files that it reads, through the whole scan to the reports."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from stepguard.engine import ScanOptions, scan
from stepguard.report import Report
from stepguard.reports.formats import FORMATS, render

ROOT = Path(__file__).resolve().parents[2]

SECONDS = 5
"""Of the processor: the longest that one input may take."""

EXAMPLES = ROOT / "checks" / "stepguard" / "rules" / "examples"
FIXTURES = ROOT / "fixtures"


@dataclass(frozen=True)
class Target:
    """A reader: the name of the file that an input is written to, and what inputs are made of.

    `seeds` are patterns of files below `fixtures` and the rules' examples; `tokens` are words
    that the format gives a meaning.
    """

    file: str
    seeds: tuple[str, ...]
    tokens: tuple[str, ...]


_TERRAFORM_TOKENS = (
    *("${", "%{", "%{if ", "%{for x in ", "%{endfor}", "~}", "}", "<<E\n", "<<-E\n", "\nE\n"),
    *('"', "\\", "\\u", "[*]", ".*", "...", " ? ", " : ", "=>", "&&", "!", "==", "/*", "//", "#"),
    *("for k, v in ", " if ", "dynamic ", "content {", "for_each = ", "count = ", "each.key"),
    *("local.a", "var.x", "module.m.o", "data.", "self.", "path.module", "count.index", "null"),
    *("jsonencode(", "jsondecode(", "merge(", "templatefile(", "file(", "range(", "regex("),
    *("replace(", "format(", "formatlist(", "flatten(", "setproduct(", "zipmap(", "lookup("),
    *("element(", "slice(", "cidrsubnet(", "yamldecode(", "base64decode(", "tolist(", "try("),
    *("1e999", "-", "0x", "\x00", "\ufeff", "\r\n", "moved {", "import {", "provider::aws::"),
)
_TEMPLATE_TOKENS = (
    *("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::If"),
    *("Fn::FindInMap", "Fn::ForEach::L", "Fn::Transform", "Fn::ToJsonString", "Fn::Length"),
    *("Fn::Base64", "Fn::ImportValue", "Fn::Equals", "Fn::Not", "AWS::NoValue", "AWS::Region"),
    *("AWS::Include", "AWS::LanguageExtensions", "DefinitionSubstitutions", "DefinitionUri"),
    *("Condition", "Conditions", "Parameters", "Mappings", "Globals", "Resources", "Default"),
    *("AWS::Serverless::Connector", "AWS::Serverless::StateMachine", "Policies", "Events"),
    *("!Sub ", "!GetAtt ", "!If ", "!Ref ", "&a ", "*a", "<<: ", "? ", "- ", ": ", "{", "}"),
    *("[", "]", "|\n", ">-\n", "${", "}", "${!", "'", '"', "\t", "---\n", "!!binary ", "0o7"),
    *("~", "1_000", ".inf", "2001-01-01", "\x00", "\ufeff", "\u2028", "{{resolve:ssm:x}}"),
)
_JSON_TOKENS = (
    *("{", "}", "[", "]", ":", ",", '"', "\\u0000", "\\ud800", "null", "true", "1e999", "-0"),
    *("Infinity", "NaN", "StartAt", "States", "Type", "Task", "Map", "Parallel", "Choice"),
    *("Branches", "ItemProcessor", "Iterator", "Catch", "Retry", "ErrorEquals", "Next", "End"),
    *("Resource", "Parameters", "Arguments", "QueryLanguage", "JSONata", "{% $x %}", "$$.Task"),
    *("Credentials", "RoleArn.$", "TimeoutSeconds", "HeartbeatSecondsPath", "States.Format("),
    *("arn:aws:states:::", ".sync:2", ".waitForTaskToken", "aws-sdk:", "lambda:invoke"),
)
_PLAN_TOKENS = (
    *_JSON_TOKENS,
    *("planned_values", "prior_state", "resource_changes", "configuration", "root_module"),
    *("child_modules", "module_calls", "expressions", "references", "constant_value"),
    *("after_unknown", "after_sensitive", "sensitive_values", "values", "address", "mode"),
    *("previous_address", "actions", "before", "after", "index", "count_expression"),
)

TARGETS = {
    "terraform": Target("main.tf", ("**/*.tf",), _TERRAFORM_TOKENS),
    "template": Target("template.yaml", ("**/*.yaml", "**/*template*.json"), _TEMPLATE_TOKENS),
    "definition": Target("fuzzed.asl.json", ("**/*.asl.json",), _JSON_TOKENS),
    "plan": Target("plan.json", ("plans/**/*.json",), _PLAN_TOKENS),
}


def seeds_of(target: Target) -> list[bytes]:
    """Return the contents of the files that the inputs are made of, the same in every run."""
    found = {
        path.read_bytes()
        for folder in (FIXTURES, EXAMPLES)
        for pattern in target.seeds
        for path in folder.glob(pattern)
    }
    return sorted(one for one in found if len(one) < 20_000)


def check(target: Target, content: bytes, directory: Path, seconds: float = SECONDS) -> Report:
    """Scan a file of that content in `directory`, and render what is found in every format.

    `seconds` is how long that may take, of the processor. Raises `AssertionError` where a defect
    shows, or it takes too long; any other exception is one, too.
    """
    path = directory / target.file
    path.write_bytes(content)
    begun = time.process_time()
    report = scan([path], ScanOptions(pedantic=True, root=directory))
    rendered = {form: render(report, form) for form in FORMATS}
    taken = time.process_time() - begun
    defects = [one.message for one in report.errors if "internal error" in one.message]
    assert not defects, defects
    assert "internal error" not in rendered["json"], "a defect is told as not evaluated"
    assert "\x1b" not in rendered["text"], "a control character reaches the terminal"
    assert taken < seconds, f"{taken:.1f} s"
    return report
