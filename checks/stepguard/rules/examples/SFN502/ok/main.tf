resource "aws_sfn_state_machine" "import" {
  name     = "import"
  role_arn = "arn:aws:iam::123456789012:role/import"

  definition = jsonencode({
    StartAt = "Load"
    States = {
      Load = {
        Type       = "Task"
        Resource   = "arn:aws:states:::glue:startJobRun.sync"
        Parameters = { JobName = "load" }
        Catch = [
          { ErrorEquals = ["States.ALL"], Next = "Tell" },
        ]
        Next = "Done"
      }
      Tell = {
        Type     = "Task"
        Resource = "arn:aws:states:::sns:publish"
        Parameters = {
          TopicArn = "arn:aws:sns:eu-west-1:123456789012:alerts"
          Message  = "failed"
        }
        Next = "Failed"
      }
      Failed = {
        Type  = "Fail"
        Error = "LoadFailed"
      }
      Done = {
        Type = "Succeed"
      }
    }
  })
}
