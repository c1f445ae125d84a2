provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { Project = "orders" }
  }
}

variable "names" {
  type = set(string)
}

variable "kind" {
  type    = string
  default = "STANDARD"
}

locals {
  ask = {
    Type     = "Task"
    Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    Parameters = {
      QueueUrl    = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
      MessageBody = { "Token.$" = "$$.Task.Token" }
    }
    End = true
  }
}

resource "aws_sfn_state_machine" "plain" {
  name       = "plain"
  role_arn   = aws_iam_role.workflow.arn
  definition = jsonencode({ StartAt = "Ask", States = { Ask = local.ask } })
}

resource "aws_sfn_state_machine" "limited" {
  name     = "limited"
  role_arn = aws_iam_role.workflow.arn
  type     = var.kind
  definition = jsonencode({
    StartAt        = "Ask"
    TimeoutSeconds = 600
    States         = { Ask = merge(local.ask, { TimeoutSeconds = 60, HeartbeatSeconds = 10 }) }
  })
}

resource "aws_sfn_state_machine" "counted" {
  count      = 2
  name       = "counted-${count.index}"
  role_arn   = aws_iam_role.workflow.arn
  definition = jsonencode({ StartAt = "Ask", States = { Ask = local.ask } })
}

resource "aws_sfn_state_machine" "keyed" {
  for_each   = { "a.b" = 1, c = 2 }
  name       = "keyed-${each.key}"
  role_arn   = aws_iam_role.workflow.arn
  definition = jsonencode({ StartAt = "Ask", States = { Ask = local.ask } })
}

resource "aws_sfn_state_machine" "open" {
  for_each   = var.names
  name       = each.key
  role_arn   = aws_iam_role.workflow.arn
  definition = jsonencode({ StartAt = "Ask", States = { Ask = local.ask } })
}

resource "aws_sfn_state_machine" "remote" {
  name       = "remote"
  role_arn   = aws_iam_role.workflow.arn
  definition = data.aws_s3_object.definition.body
}

data "aws_s3_object" "definition" {
  bucket = "definitions"
  key    = "remote.asl.json"
}

module "flow" {
  source   = "./modules/flow"
  for_each = toset(["x", "y"])
  name     = each.key
  role     = aws_iam_role.workflow.arn
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["123456789012"]
    }
  }
}

data "aws_iam_policy_document" "work" {
  statement {
    actions   = ["sqs:*"]
    resources = ["arn:aws:sqs:eu-west-1:123456789012:orders"]
  }
}

resource "aws_iam_role" "workflow" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "work" {
  role   = aws_iam_role.workflow.id
  policy = data.aws_iam_policy_document.work.json
}

resource "aws_iam_role" "unrelated" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
