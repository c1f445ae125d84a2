resource "aws_sfn_state_machine" "import" {
  name     = "import"
  role_arn = "arn:aws:iam::123456789012:role/import"

  definition = jsonencode({
    StartAt        = "Load"
    TimeoutSeconds = 3600
    States = {
      Load = {
        Type           = "Task"
        Resource       = "arn:aws:states:::glue:startJobRun.sync"
        Parameters     = { JobName = "load" }
        TimeoutSeconds = 7200
        End            = true
      }
    }
  })
}
