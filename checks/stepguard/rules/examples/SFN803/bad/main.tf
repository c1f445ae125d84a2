resource "aws_sfn_state_machine" "batch" {
  name     = "batch"
  role_arn = "arn:aws:iam::123456789012:role/batch"

  definition = jsonencode({
    StartAt = "Run"
    States = {
      Run = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Parameters = {
          "FunctionName.$" = "$$.Execution.Input.function"
          "Payload.$"      = "$"
        }
        End = true
      }
    }
  })
}
