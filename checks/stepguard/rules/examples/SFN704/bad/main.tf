provider "aws" {}

resource "aws_sfn_state_machine" "orders" {
  name       = "orders"
  role_arn   = "arn:aws:iam::123456789012:role/orders"
  definition = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })

  tags = {
    Project = "Orders"
  }
}

resource "aws_iam_policy" "operators" {
  name = "operators"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "states:StartExecution"
      Resource  = aws_sfn_state_machine.orders.arn
      Condition = { StringEquals = { "aws:ResourceTag/Project" = "orders" } }
    }]
  })
}
