resource "aws_sfn_state_machine" "ship" {
  name     = "ship"
  role_arn = "arn:aws:iam::123456789012:role/ship"

  definition = jsonencode({
    StartAt = "Pack"
    States = {
      Pack = {
        Type     = "Task"
        Resource = "arn:aws:lambda:eu-west-1:123456789012:function:pack"
        Next     = "Shp"
      }
      Ship = {
        Type     = "Task"
        Resource = "arn:aws:lambda:eu-west-1:123456789012:function:ship"
        Retries  = [{ ErrorEquals = ["Lambda.TooManyRequestsException"] }]
        End      = true
      }
    }
  })
}
