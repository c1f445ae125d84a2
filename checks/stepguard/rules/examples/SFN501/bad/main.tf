resource "aws_sfn_state_machine" "payment" {
  name     = "payment"
  role_arn = "arn:aws:iam::123456789012:role/payment"

  definition = jsonencode({
    StartAt = "Charge"
    States = {
      Charge = {
        Type       = "Task"
        Resource   = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "charge:live" }
        End        = true
      }
    }
  })
}
