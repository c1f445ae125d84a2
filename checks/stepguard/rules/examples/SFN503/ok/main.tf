resource "aws_sfn_state_machine" "payment" {
  name     = "payment"
  role_arn = "arn:aws:iam::123456789012:role/payment"

  definition = jsonencode({
    StartAt        = "Charge"
    TimeoutSeconds = 600
    States = {
      Charge = {
        Type       = "Task"
        Resource   = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "charge:live" }
        Retry = [
          {
            ErrorEquals     = ["States.TaskFailed"]
            IntervalSeconds = 5
            MaxAttempts     = 5
          },
        ]
        End = true
      }
    }
  })
}
