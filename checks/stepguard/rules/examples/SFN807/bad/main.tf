resource "aws_api_gateway_rest_api" "orders" {
  name = "orders"
}

resource "aws_api_gateway_rest_api_policy" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Workflow"
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "execute-api:Invoke"
      Resource  = "arn:aws:execute-api:eu-west-1:123456789012:*/*/POST/orders"
    }]
  })
}

resource "aws_sfn_state_machine" "orders" {
  name     = "orders"
  role_arn = "arn:aws:iam::123456789012:role/orders"

  definition = jsonencode({
    StartAt = "Wait"
    States  = { Wait = { Type = "Wait", Seconds = 60, End = true } }
  })
}
