resource "aws_sfn_state_machine" "prices" {
  name     = "prices"
  role_arn = "arn:aws:iam::123456789012:role/prices"

  definition = jsonencode({
    StartAt = "Find"
    States = {
      Find = {
        Type     = "Task"
        Resource = "arn:aws:states:::http:invoke"
        Parameters = {
          ApiEndpoint = "http://api.example.com/prices"
          Method      = "GET"
          Authentication = {
            ConnectionArn = "arn:aws:events:eu-west-1:123456789012:connection/prices/0a1b"
          }
        }
        End = true
      }
    }
  })
}
