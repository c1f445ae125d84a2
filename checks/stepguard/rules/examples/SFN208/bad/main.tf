resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"
  definition = jsonencode({
    StartAt = "Fetch password"
    States = {
      "Fetch password" = {
        Type       = "Task"
        Resource   = "arn:aws:states:::aws-sdk:secretsmanager:getSecretValue"
        Parameters = { SecretId = "orders/database" }
        End        = true
      }
    }
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.orders.arn}:*"
  }
}

resource "aws_cloudwatch_log_group" "orders" {
  name              = "/aws/vendedlogs/states/orders"
  retention_in_days = 90
}
