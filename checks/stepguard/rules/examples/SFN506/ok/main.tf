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
        Catch = [
          { ErrorEquals = ["States.ALL"], Next = "Tell" },
        ]
        Next = "Done"
      }
      Tell = {
        Type       = "Task"
        Resource   = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "tell:live" }
        Next       = "Failed"
      }
      Failed = {
        Type  = "Fail"
        Error = "NotCharged"
      }
      Done = {
        Type = "Succeed"
      }
    }
  })
}
