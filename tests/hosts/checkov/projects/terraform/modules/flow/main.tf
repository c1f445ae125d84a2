variable "name" {
  type = string
}

variable "role" {
  type = string
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = var.role
  definition = jsonencode({
    StartAt = "Wait"
    States  = { Wait = { Type = "Wait", Seconds = 5, End = true } }
  })
}
