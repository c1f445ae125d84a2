resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"

  definition = jsonencode({
    StartAt = "Copy"
    States = {
      Copy = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Parameters = {
          FunctionName = aws_lambda_function.copy_orders.arn
        }
        End = true
      }
    }
  })
}

resource "aws_lambda_function" "copy" {
  function_name = "copy"
  role          = "arn:aws:iam::123456789012:role/copy"
  handler       = "copy.handler"
  runtime       = "python3.13"
  filename      = "copy.zip"
}
