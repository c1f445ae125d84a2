provider "aws" {
  region = "eu-west-1"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sfn_state_machine" "orders" {
  #checkov:skip=SFN403:whoever answers is a person
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"
  definition = jsonencode({
    StartAt = "Ask"
    States = {
      Ask = {
        Type     = "Task"
        Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        Parameters = {
          QueueUrl    = aws_sqs_queue.orders.url
          MessageBody = { "Token.$" = "$$.Task.Token" }
        }
        End = true
      }
    }
  })
}
