resource "aws_sfn_state_machine" "shipping" {
  name     = "shipping"
  role_arn = "arn:aws:iam::123456789012:role/shipping"

  definition = jsonencode({
    StartAt = "Country"
    States = {
      Country = {
        Type = "Choice"
        Choices = [
          {
            Variable     = "$.country"
            StringEquals = "DE"
            Next         = "Germany"
          },
          {
            Variable     = "$.country"
            StringEquals = "FR"
            Next         = "France"
          },
        ]
        Default = "Unknown"
      }
      Germany = {
        Type       = "Task"
        Resource   = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "germany:live" }
        End        = true
      }
      France = {
        Type       = "Task"
        Resource   = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "france:live" }
        End        = true
      }
      Unknown = {
        Type  = "Fail"
        Error = "UnknownCountry"
      }
    }
  })
}
