resource "aws_sfn_state_machine" "prices" {
  name     = "prices"
  role_arn = "arn:aws:iam::123456789012:role/prices"

  definition = jsonencode({
    StartAt = "Fetch"
    States = {
      Fetch = {
        Type     = "Task"
        Resource = "arn:aws:states:::lambda:invoke"
        Parameters = {
          FunctionName = "prices:live"
          Payload      = { Source = "eu", ApiKey = "q7RkT2vXw9LmZ4bN" }
        }
        End = true
      }
    }
  })
}
