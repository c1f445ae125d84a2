resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"

  definition = jsonencode({
    StartAt = "Each"
    States = {
      Each = {
        Type      = "Map"
        Label     = "CopyOrders"
        ItemsPath = "$.orders"
        ItemProcessor = {
          ProcessorConfig = {
            Mode          = "DISTRIBUTED"
            ExecutionType = "STANDARD"
          }
          StartAt = "Copy"
          States = {
            Copy = {
              Type       = "Task"
              Resource   = "arn:aws:states:::lambda:invoke"
              Parameters = { FunctionName = "copy:live" }
              End        = true
            }
          }
        }
        End = true
      }
    }
  })
}
