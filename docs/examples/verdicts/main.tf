variable "seconds" {
  type = number
}

variable "options" {
  type = map(any)
}

variable "definition" {
  type = string
}

locals {
  role = "arn:aws:iam::123456789012:role/jobs"
  job  = "arn:aws:states:::glue:startJobRun.sync"
}

resource "aws_sfn_state_machine" "timeout_unknown" {
  role_arn = local.role
  definition = jsonencode({
    StartAt        = "Run"
    TimeoutSeconds = var.seconds
    States         = { Run = { Type = "Task", Resource = local.job, Parameters = {}, End = true } }
  })
}

resource "aws_sfn_state_machine" "options_unknown" {
  role_arn = local.role
  definition = jsonencode(merge(var.options, {
    StartAt = "Run"
    States  = { Run = { Type = "Task", Resource = local.job, Parameters = {}, End = true } }
  }))
}

resource "aws_sfn_state_machine" "definition_unknown" {
  role_arn   = local.role
  definition = var.definition
}
