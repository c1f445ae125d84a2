resource "aws_sfn_state_machine" "load" {
  name     = "load"
  role_arn = "arn:aws:iam::123456789012:role/load"

  definition = jsonencode({
    StartAt = "Start"
    States = {
      Start = {
        Type       = "Task"
        Resource   = "arn:aws:states:::emr-serverless:startApplication.sync"
        Parameters = { ApplicationId = "00f1" }
        Next       = "Load"
      }
      Load = {
        Type     = "Task"
        Resource = "arn:aws:states:::emr-serverless:startJobRun.sync"
        Parameters = {
          ApplicationId    = "00f1"
          ExecutionRoleArn = "arn:aws:iam::123456789012:role/job"
          JobDriver = {
            SparkSubmit = { EntryPoint = "s3://jobs/load.py" }
          }
        }
        Next = "Stop"
      }
      Stop = {
        Type       = "Task"
        Resource   = "arn:aws:states:::emr-serverless:stopApplication.sync"
        Parameters = { ApplicationId = "00f1" }
        End        = true
      }
    }
  })
}
