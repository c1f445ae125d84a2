resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = aws_iam_role.orders.arn

  definition = jsonencode({
    StartAt = "Notify"
    States = {
      Notify = {
        Type       = "Task"
        Resource   = "arn:aws:states:::sqs:sendMessage"
        Parameters = { QueueUrl = aws_sqs_queue.orders.url, MessageBody = "new" }
        Retry      = [{ ErrorEquals = ["States.ALL"], MaxAttempts = 2 }]
        Catch      = [{ ErrorEquals = ["States.ALL"], Next = "Failed" }]
        Next       = "Store"
      }
      Store = {
        Type       = "Task"
        Resource   = "arn:aws:states:::dynamodb:putItem"
        Parameters = { TableName = "orders", Item = { id = { S = "1" } } }
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
    }]
  })
}

resource "aws_iam_role_policy" "orders" {
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "sqs:*", Resource = aws_sqs_queue.orders.arn },
      { Effect = "Allow", Action = "dynamodb:PutItem", Resource = "arn:aws:dynamodb:*:*:table/orders" },
      { Effect = "Allow", Action = "ses:SendEmail", Resource = "*" },
    ]
  })
}
