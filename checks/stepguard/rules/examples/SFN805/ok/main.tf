resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"

  definition = jsonencode({
    StartAt = "Find"
    States = {
      Find = {
        Type     = "Task"
        Resource = "arn:aws:states:::aws-sdk:dynamodb:query"
        Parameters = {
          TableName              = "orders"
          KeyConditionExpression = "id = :id"
          ExpressionAttributeValues = {
            ":id" = { "S.$" = "$.id" }
          }
        }
        End = true
      }
    }
  })
}
