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
        Next       = "Done"
      }
      Done = {
        Type = "Succeed"
      }
    }
  })
}
