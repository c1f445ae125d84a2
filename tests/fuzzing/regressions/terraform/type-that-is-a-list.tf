resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  type     = "EXPRESS"
  role_arn = "arn:aws:iam::123456789012:role/orders"
  definition = jsonencode({
    StartAt = "A"
    States  = { A = { Type = ["Pass"], End = true }, B = { Type = "Task", End = true } }
  })
}
