resource "aws_sfn_state_machine" "render" {
  name     = "render"
  role_arn = "arn:aws:iam::123456789012:role/render"

  definition = jsonencode({
    StartAt = "Render"
    States = {
      Render = {
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Parameters = {
          QueueUrl    = "https://sqs.eu-west-1.amazonaws.com/123456789012/render"
          MessageBody = { "Token.$" = "$$.Task.Token", "Film.$" = "$.film" }
        }
        End = true
      }
    }
  })
}
