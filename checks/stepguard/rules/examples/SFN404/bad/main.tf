resource "aws_sfn_state_machine" "approval" {
  name     = "approval"
  role_arn = "arn:aws:iam::123456789012:role/approval"

  definition = jsonencode({
    StartAt = "Approve"
    States = {
      Approve = {
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Parameters = {
          QueueUrl    = "https://sqs.eu-west-1.amazonaws.com/123456789012/approvals"
          MessageBody = { "Token.$" = "$$.Task.Token" }
        }
        TimeoutSeconds   = 3600
        HeartbeatSeconds = 3600
        End              = true
      }
    }
  })
}
