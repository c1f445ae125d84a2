resource "aws_sfn_state_machine" "images" {
  name     = "images"
  role_arn = "arn:aws:iam::123456789012:role/images"
  type     = "EXPRESS"

  definition = jsonencode({
    StartAt        = "Resize"
    TimeoutSeconds = 300
    States = {
      Resize = {
        Type           = "Task"
        Resource       = "arn:aws:states:::lambda:invoke"
        Parameters     = { FunctionName = "resize" }
        TimeoutSeconds = 60
        End            = true
      }
    }
  })
}
