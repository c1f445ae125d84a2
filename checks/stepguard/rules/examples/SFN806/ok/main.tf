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
          QueueUrl    = aws_sqs_queue.approvals.url
          MessageBody = { "Token.$" = "$$.Task.Token" }
        }
        TimeoutSeconds = 86400
        End            = true
      }
    }
  })
}

resource "aws_sqs_queue" "approvals" {
  name                    = "approvals"
  sqs_managed_sse_enabled = true
}
