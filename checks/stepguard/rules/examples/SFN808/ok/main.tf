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
          FunctionName = "arn:aws:lambda:eu-west-1:123456789012:function:copy"
        }
        Next = "Tell"
      }
      Tell = {
        Type     = "Task"
        Resource = "arn:aws:states:::sns:publish"
        Parameters = {
          TopicArn = "arn:aws:sns:eu-west-1:123456789012:copied"
          Message  = "copied"
        }
        End = true
      }
    }
  })
}
