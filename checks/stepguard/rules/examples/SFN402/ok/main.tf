resource "aws_sfn_state_machine" "import" {
  name     = "import"
  role_arn = "arn:aws:iam::123456789012:role/import"

  definition = jsonencode({
    StartAt        = "Load"
    TimeoutSeconds = 7200
    States = {
      Load = {
        Type           = "Task"
        Resource       = "arn:aws:states:::glue:startJobRun.sync"
        Parameters     = { JobName = "load" }
        TimeoutSeconds = 3600
        Next           = "Report"
      }
      Report = {
        Type           = "Task"
        Resource       = "arn:aws:states:::lambda:invoke"
        Parameters     = { FunctionName = "report" }
        TimeoutSeconds = 60
        End            = true
      }
    }
  })
}
