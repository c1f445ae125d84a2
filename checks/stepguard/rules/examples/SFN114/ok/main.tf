resource "aws_sfn_state_machine" "billing" {
  name     = "billing"
  role_arn = "arn:aws:iam::123456789012:role/billing"

  definition = jsonencode({
    StartAt = "Charge"
    States = {
      Charge = {
        Type        = "Task"
        Resource    = "arn:aws:states:::lambda:invoke"
        Credentials = { RoleArn = "arn:aws:iam::210987654321:role/charge" }
        Parameters  = { FunctionName = "arn:aws:lambda:eu-west-1:210987654321:function:charge" }
        End         = true
      }
    }
  })
}
