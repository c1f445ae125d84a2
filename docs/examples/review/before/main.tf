resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = aws_iam_role.orders.arn

  definition = jsonencode({
    StartAt        = "Notify"
    TimeoutSeconds = 3600
    States = {
      Notify = {
        Type       = "Task"
        Resource   = "arn:aws:states:::sqs:sendMessage"
        Parameters = { QueueUrl = aws_sqs_queue.orders.url, MessageBody = "new" }
        Retry      = [{ ErrorEquals = ["States.ALL"], MaxAttempts = 5 }]
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "Failed" }]
        End        = true
      }
      Failed = { Type = "Fail" }
    }
  })
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_iam_role" "orders" {
  name = "orders"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
  })
}

resource "aws_iam_role_policy" "orders" {
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.orders.arn },
    ]
  })
}
