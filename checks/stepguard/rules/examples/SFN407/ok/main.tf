resource "aws_sfn_state_machine" "monthly" {
  name     = "monthly"
  role_arn = "arn:aws:iam::123456789012:role/monthly"

  definition = jsonencode({
    StartAt = "Report"
    States = {
      Report = {
        Type           = "Task"
        Resource       = "arn:aws:states:::lambda:invoke"
        Parameters     = { FunctionName = aws_lambda_function.report.arn }
        TimeoutSeconds = 310
        End            = true
      }
    }
  })
}

resource "aws_lambda_function" "report" {
  function_name = "report"
  role          = "arn:aws:iam::123456789012:role/report"
  handler       = "report.handler"
  runtime       = "python3.13"
  filename      = "report.zip"
  timeout       = 300
}
