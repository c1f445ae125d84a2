resource "aws_sfn_state_machine" "export" {
  role_arn = "arn:aws:iam::123456789012:role/export"
  definition = jsonencode({
    StartAt        = "Wait"
    TimeoutSeconds = 60
    States = {
      # stepguard: ignore[SFN402] the job has its own limit of an hour
      Wait = { Type = "Wait", Seconds = 30, Next = "End" }
      # stepguard: ignore[SFN999] there is no such rule
      # stepguard: ignore[SFN402]
      # stepguard: ignore[SFN402] until=2020-01-31 the job is replaced in January
      End = { Type = "Succeed" }
    }
  })
}
