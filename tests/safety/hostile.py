"""Inputs written to stop the scanner, to exhaust it, or to make it read what it should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import growing

MISTAKES = (Path(__file__).parent / "mistakes.tf.txt").read_text(encoding="utf-8")
"""What the fuzzing found, cut down: brackets that tree-sitter tries to put right in every way."""

MACHINE = (
    'resource "aws_sfn_state_machine" "m" {{\n  name = "m"\n  role_arn = "r"\n'
    "  definition = {}\n}}\n"
)
TEMPLATE = (
    "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
    "      RoleArn: r\n      Definition: {}\n"
)


def terraform(expression: str, before: str = "") -> str:
    """Return a configuration with one machine of that definition."""
    return before + MACHINE.format(expression)


def yaml_aliases() -> str:
    """Return the billion laughs in YAML."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines) + "\n" + TEMPLATE.format("*a11")


def deep_states(levels: int) -> dict[str, object]:
    """Return a definition of Parallel states within each other."""
    inner: dict[str, object] = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    for level in range(levels):
        name = f"P{level}"
        state = {"Type": "Parallel", "End": True, "Branches": [inner]}
        inner = {"StartAt": name, "States": {name: state}}
    return inner


def many_states(count: int) -> str:
    """Return a definition with that many states in a row."""
    states: dict[str, object] = {
        f"S{number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl.$": "$.q"},
            "Next": f"S{number + 1}",
        }
        for number in range(count)
    }
    states[f"S{count}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "S0", "States": states})


def many_policies(count: int) -> str:
    """Return a configuration whose role has that many policies."""
    trust = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}]}
    )
    role = f'resource "aws_iam_role" "r" {{\n  assume_role_policy = <<E\n{trust}\nE\n}}\n'
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    policies = "".join(
        f'resource "aws_iam_role_policy" "p{number}" {{\n  role = aws_iam_role.r.id\n'
        f"  policy = <<E\n{policy}\nE\n}}\n"
        for number in range(count)
    )
    return role + policies + terraform('"{}"').replace('"r"\n', "aws_iam_role.r.arn\n")


def many_roles(count: int) -> str:
    """Return a configuration with that many roles of Step Functions."""
    trust = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "states.amazonaws.com"},
                }
            ]
        }
    )
    return "".join(
        f'resource "aws_iam_role" "r{number}" {{\n  assume_role_policy = <<E\n{trust}\nE\n}}\n'
        for number in range(count)
    )


def many_modules(count: int) -> str:
    """Return that many modules that are not installed, each of which is given that many roles."""
    roles = ", ".join(f"aws_iam_role.r{number}.name" for number in range(count))
    return f"locals {{\n  all = [{roles}]\n}}\n" + "".join(
        f'module "m{number}" {{\n  source = "example/m{number}/aws"\n  of = local.all\n}}\n'
        for number in range(count)
    )


def many_template_policies(count: int) -> str:
    """Return a template whose role has that many policies."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Statement": [statement]})
    policies = "".join(
        f"        - {{PolicyName: p{number}, PolicyDocument: {document}}}\n"
        for number in range(count)
    )
    trusted = json.dumps({"Statement": [{"Principal": {"Service": "states.amazonaws.com"}}]})
    role = (
        "  R:\n    Type: AWS::IAM::Role\n    Properties:\n"
        f"      AssumeRolePolicyDocument: {trusted}\n      Policies:\n{policies}"
    )
    return TEMPLATE.format("{}").replace("RoleArn: r", "RoleArn: !GetAtt R.Arn") + role


def _with_statements(statements: list[Any], states: int = 80) -> str:
    """Return a template with a machine whose role has some statements."""
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    function = "arn:aws:lambda:eu-west-1:123456789012:function:"
    made = {
        f"S{number}": {
            **invoke,
            "Parameters": {"FunctionName": f"{function}{'a' * 60}{number}"},
            **({"End": True} if number == states - 1 else {"Next": f"S{number + 1}"}),
        }
        for number in range(states)
    }
    trust = {"Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", **trust}},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": statements}}],
    }
    machine = {
        "RoleArn": {"Fn::GetAtt": ["R", "Arn"]},
        "Definition": {"StartAt": "S0", "States": made},
    }
    resources = {
        "R": {"Type": "AWS::IAM::Role", "Properties": role},
        "M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
    }
    return json.dumps({"Resources": resources})


def many_denials(count: int) -> str:
    """Return a template whose role is denied what each state may or may not do."""
    resource = "arn:aws:lambda:*:*:function:"
    return _with_statements(
        [
            {"Effect": "Deny", "Action": "lambda:*", "Resource": f"{resource}x*{number}"}
            for number in range(count)
        ]
    )


def stars(count: int) -> str:
    """Return a template whose role is allowed patterns that match in many ways or in none."""
    pattern = f"arn:aws:lambda:eu-west-1:123456789012:function:{'a*' * 100}"
    allowed = [f"{pattern}b{number}" for number in range(count)]
    action = "lambda:InvokeFunction"
    return _with_statements([{"Effect": "Allow", "Action": action, "Resource": allowed}])


def for_each(depth: int, width: int) -> str:
    """Return a template whose loops stand within each other."""
    body = "{Type: AWS::StepFunctions::Activity, Properties: {Name: x}}"
    text = f"{{A{''.join('${V' + str(n) + '}' for n in range(depth))}: {body}}}"
    for level in range(depth):
        items = ", ".join(f"i{number}" for number in range(width))
        text = f"{{'Fn::ForEach::L{level}': [V{level}, [{items}], {text}]}}"
    return f"Transform: AWS::LanguageExtensions\nResources: {text}\n" + "# StepFunctions\n"


def many_catchers(count: int) -> str:
    """Return a definition of a task with that many catchers."""
    catcher = {"ErrorEquals": ["E"], "Next": "A"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    return json.dumps({"StartAt": "A", "States": {"A": {**state, "Catch": [catcher] * count}}})


DIRECTIVE = "# stepguard: ignore[SFN101] "

TEXTS: dict[str, tuple[str, str]] = {
    **growing.TEXTS,
    "asl many catchers": ("x.asl.json", many_catchers(15_000)),
    "blanks behind a directive": (
        "t.yaml",
        TEMPLATE.format("{}") + DIRECTIVE + " " * 200_000 + "x",
    ),
    "directives in a line": ("t.yaml", TEMPLATE.format("{}") + f"{DIRECTIVE}x " * 20_000),
    "directives and comments": ("t.yaml", TEMPLATE.format("{}") + f"{DIRECTIVE}x\n#\n" * 10_000),
    "yaml alias bomb": ("t.yaml", yaml_aliases()),
    "yaml deep flow": ("t.yaml", TEMPLATE.format("[" * 10_000 + "]" * 10_000)),
    "yaml deep block": (
        "t.yaml",
        TEMPLATE.format("") + "".join(" " * (8 + n) + "a:\n" for n in range(3_000)),
    ),
    "yaml endless anchor": ("t.yaml", "a: &a [*a]\n" + TEMPLATE.format("*a")),
    "yaml merge of itself": ("t.yaml", "a: &a\n  <<: *a\n" + TEMPLATE.format("{}")),
    "yaml huge number": ("t.yaml", TEMPLATE.format("{TimeoutSeconds: " + "9" * 100_000 + "}")),
    "yaml sexagesimal": ("t.yaml", TEMPLATE.format("{TimeoutSeconds: " + "1:" * 50_000 + "1}")),
    "yaml unclosed": ("t.yaml", TEMPLATE.format('"open')),
    "yaml unknown tags": ("t.yaml", TEMPLATE.format("!!python/object/apply:os.system [id]")),
    "yaml duplicate keys": ("t.yaml", TEMPLATE.format("{}") * 2),
    "yaml deep loops": ("t.yaml", for_each(300, 1)),
    "yaml many policies": ("t.yaml", many_template_policies(10_000)),
    "yaml loops in loops": ("t.yaml", for_each(8, 40)),
    "yaml many values": ("t.yaml", TEMPLATE.format("[" + "1," * 3_000_000 + "1]")),
    "json many values": (
        "t.json",
        '{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"D": ['
        + "1, " * 1_500_000
        + "1]}}}}",
    ),
    "json many denials": ("t.json", many_denials(600)),
    "json many stars": ("t.json", stars(100)),
    "json deep": (
        "t.json",
        '{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": '
        + '{"D":' * 10_000
        + "1"
        + "}" * 10_000
        + "}}}",
    ),
    "json deep open": ("t.json", '{"AWS::StepFunctions::": ' * 20_000),
    "json huge number": ("x.asl.json", '{"StartAt": "A", "TimeoutSeconds": ' + "9" * 500_000 + "}"),
    "json huge exponent": (
        "x.asl.json",
        '{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1e999999999,"End":true}}}',
    ),
    "json duplicate keys": ("x.asl.json", '{"StartAt": "A", "StartAt": "B", "States": {}}'),
    "json not a number": ("x.asl.json", '{"StartAt": "A", "TimeoutSeconds": NaN, "States": {}}'),
    "asl deep": ("x.asl.json", json.dumps(deep_states(60))),
    "asl too deep": (
        "x.asl.json",
        '{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[' * 5_000,
    ),
    "asl ten thousand states": ("x.asl.json", many_states(10_000)),
    "asl lone surrogate": ("x.asl.json", '{"StartAt":"\\ud800","States":{"\\ud800":{}}}'),
    "hcl mistakes": ("main.tf", MISTAKES * 8),
    "hcl unclosed string": ("main.tf", 'a = "' + "x" * 20),
    "hcl unclosed interpolation": ("main.tf", terraform('"${' + "x" * 20)),
    "hcl unclosed directive": ("main.tf", terraform('"%{ if ' + "x" * 20)),
    "hcl unclosed heredoc": ("main.tf", terraform("<<EOT\n{}\n" + "x" * 20)),
    "hcl unclosed comment": ("main.tf", terraform('"{}"') + "/* " + "x" * 20),
    "hcl duplicate attributes": ("main.tf", terraform('"{}"\n  definition = "[]"')),
    "hcl duplicate machines": ("main.tf", terraform('"{}"') * 2),
    "hcl huge number": ("main.tf", terraform('"${' + "9" * 100_000 + '}"')),
    "hcl deep brackets": ("main.tf", terraform("[" * 10_000 + "]" * 10_000)),
    "hcl deep templates": ("main.tf", terraform('"${' * 10_000 + '}"' * 10_000)),
    "hcl deep blocks": ("main.tf", "x {\n" * 10_000 + "# aws_sfn"),
    "hcl locals in a circle": (
        "main.tf",
        terraform("local.a", "locals {\n  a = local.b\n  b = local.a\n}\n"),
    ),
    "hcl doubling": (
        "main.tf",
        terraform(
            "local.a60",
            'locals {\n  a0 = "xxxxxxxxxx"\n'
            + "".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, 61))
            + "}\n",
        ),
    ),
    "hcl doubling lists": (
        "main.tf",
        terraform(
            "jsonencode(local.a40)",
            "locals {\n  a0 = [1]\n"
            + "".join(f"  a{n} = concat(local.a{n - 1}, local.a{n - 1})\n" for n in range(1, 41))
            + "}\n",
        ),
    ),
    "hcl range": ("main.tf", terraform("jsonencode(range(1000000000))")),
    "hcl product": (
        "main.tf",
        terraform(
            "jsonencode([for a in range(1000) : [for b in range(1000) : "
            "[for c in range(1000) : a]]])"
        ),
    ),
    "hcl setproduct": (
        "main.tf",
        terraform(f"jsonencode(setproduct({', '.join(['range(1000)'] * 6)}))"),
    ),
    "hcl format width": ("main.tf", terraform('format("%999999999d", 1)')),
    "hcl pow": ("main.tf", terraform('"${pow(10, 999999999)}"')),
    "hcl exponent": ("main.tf", terraform('"${1e999999999}"')),
    "hcl regex": (
        "main.tf",
        terraform('replace("' + "a" * 50_000 + '!", "/(a+)+$/", "b")'),
    ),
    "hcl regex alternatives": (
        "main.tf",
        terraform('jsonencode(regexall("(a|a)*b", "' + "a" * 50_000 + '"))'),
    ),
    "hcl indent": ("main.tf", terraform('indent(1000000000, "a\\nb")')),
    "hcl count": (
        "main.tf",
        'resource "aws_sfn_activity" "a" {\n  count = 1000000000\n  name = "x"\n}\n',
    ),
    "hcl module of itself": ("main.tf", 'module "a" {\n  source = "./."\n}\n# aws_sfn\n'),
    "hcl module outside": ("main.tf", 'module "a" {\n  source = "../../../../etc"\n}\n# aws_sfn\n'),
    "hcl module absolute": ("main.tf", 'module "a" {\n  source = "/etc"\n}\n# aws_sfn\n'),
    "hcl module counts": (
        "main.tf",
        'module "a" {\n  source = "./b"\n  count = 100000\n}\n# aws_sfn\n',
    ),
    "hcl file outside": ("main.tf", terraform('file("/etc/passwd")')),
    "hcl file above": ("main.tf", terraform('templatefile("../../../../etc/passwd", {})')),
    "hcl file of a device": ("main.tf", terraform('file("/dev/zero")')),
    "hcl fileset of all": ("main.tf", terraform('jsonencode(fileset("/", "**"))')),
    "hcl template of itself": ("main.tf", terraform('templatefile("main.tf", {})')),
    "hcl cidr": ("main.tf", terraform('jsonencode(cidrsubnets("::/0", 128, 64, 999999999))')),
    "hcl many policies": ("main.tf", many_policies(10_000)),
    "hcl slow patterns": (
        "main.tf",
        terraform(f'[for i in range(1000) : replace("{"ab" * 500}", "/{"a?" * 500}c/", "x")]'),
    ),
    "hcl many parts": (
        "main.tf",
        terraform(f'[for i in range(1000) : split("", "{"a" * 20_000}")]'),
    ),
    "hcl many roles and mistakes": (
        "main.tf",
        many_roles(1_000) + 'resource "aws_sns_topic" "t" {}\n' * 1_000,
    ),
    "hcl many roles and modules": ("main.tf", many_roles(1_000) + many_modules(1_000)),
    "hcl base64": ("main.tf", terraform('base64decode("' + "A" * 1_000_001 + '")')),
    "tf.json duplicate keys": (
        "main.tf.json",
        '{"resource": {"aws_sfn_state_machine": {"m": {"definition": "{}", "definition": "[]"}}}}',
    ),
    "tf.json deep": ("main.tf.json", '{"resource": ' * 10_000),
    "plan cut": ("p.json", '{"format_version":"1.2","terraform_version":"1.11","planned_values":{'),
    "plan deep": (
        "p.json",
        '{"format_version":"1.2","terraform_version":"1.11","planned_values":{"root_module":'
        + '{"child_modules":[' * 10_000,
    ),
    "template of itself": (
        "t.yaml",
        "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        "      TemplateURL: t.yaml\n",
    ),
    "nested template outside": (
        "t.yaml",
        "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        "      TemplateURL: ../../../../../../etc/passwd\n# AWS::StepFunctions\n",
    ),
    "include of itself": (
        "t.yaml",
        "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: t.yaml}}\n",
    ),
    "definition outside": (
        "t.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  M:\n"
        "    Type: AWS::Serverless::StateMachine\n    Properties:\n"
        "      DefinitionUri: ../../../../../../etc/passwd\n",
    ),
    "definition absolute": (
        "t.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  M:\n"
        "    Type: AWS::Serverless::StateMachine\n    Properties:\n"
        "      DefinitionUri: /etc/passwd\n",
    ),
}
"""Name to file name and content."""


def large(path: Path) -> None:
    """Write 100 MB that look like a template."""
    with (path / "t.json").open("w") as stream:
        stream.write('{"AWS::StepFunctions::StateMachine": "')
        for _ in range(100):
            stream.write("x" * 1024 * 1024)


def binary(path: Path) -> None:
    """Write NUL bytes and text that is no UTF-8."""
    (path / "t.yaml").write_bytes(b"AWS::StepFunctions\x00\x00")
    (path / "u.yaml").write_bytes(b"AWS::StepFunctions \xff\xfe\xfa")
    (path / "main.tf").write_bytes(b'a = "\xff" # aws_sfn')


def links(path: Path) -> None:
    """Link out of the tree, in a circle, and to devices."""
    (path / "main.tf").symlink_to("/etc/passwd")
    (path / "t.yaml").symlink_to("/dev/zero")
    (path / "circle").symlink_to(path)
    (path / "a.asl.json").symlink_to("b.asl.json")
    (path / "b.asl.json").symlink_to("a.asl.json")


def pipe(path: Path) -> None:
    """Put a named pipe where a template could be: who opens it waits for ever."""
    import os

    os.mkfifo(path / "t.yaml")
    os.mkfifo(path / "x.asl.json")
    (path / "main.tf").write_text(terraform('file("./x.asl.json")'))


def mutual_modules(path: Path) -> None:
    """Write modules that call each other."""
    for name, other in (("a", "b"), ("b", "a")):
        (path / name).mkdir()
        (path / name / "main.tf").write_text(
            f'module "{other}" {{\n  source = "../{other}"\n}}\n# aws_sfn\n'
        )


def template_within_itself(path: Path) -> None:
    """Write a template that renders itself, and a file that includes itself in a circle."""
    (path / "t.tftpl").write_text('${templatefile("t.tftpl", {})}')
    (path / "main.tf").write_text(terraform('templatefile("./t.tftpl", {})'))


def linked_modules(path: Path) -> None:
    """Reach out of the tree by links that lie in it."""
    (path / "etc").symlink_to("/etc")
    (path / "passwd.json").symlink_to("/etc/passwd")
    (path / "main.tf").write_text(
        'module "a" {\n  source = "./etc"\n}\n' + terraform('file("./passwd.json")')
    )
    (path / "t.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  M:\n"
        "    Type: AWS::Serverless::StateMachine\n    Properties:\n"
        "      DefinitionUri: etc/passwd\n"
    )


def planted_cache(path: Path) -> None:
    """Write what is read without a cache; `plant` puts one where parsers keep theirs."""
    (path / "main.tf").write_text(terraform('"{}"'))


def plant(temporary: Path) -> None:
    """Put into a temporary folder what a parser that keeps a cache there would load and run."""
    program = f"touch {temporary / 'ran'}"
    pickled = b"cos\nsystem\n(S'" + program.encode() + b"'\ntR."
    for name in ("lark_cache_planted.tmp", "hcl2_cache.pickle", ".lark_cache_hcl2.bin"):
        (temporary / name).write_bytes(pickled)


TREES: dict[str, Callable[[Path], None]] = {
    "a hundred megabytes": large,
    "binary": binary,
    "links": links,
    "pipes": pipe,
    "mutual modules": mutual_modules,
    "template within itself": template_within_itself,
    "linked modules": linked_modules,
    "planted cache": planted_cache,
}
"""Name to what writes the tree."""


def write(name: str, directory: Path) -> None:
    """Write the hostile input of a name into a directory."""
    if name in TREES:
        TREES[name](directory)
        return
    file, content = TEXTS[name]
    (directory / file).write_text(content, encoding="utf-8")
