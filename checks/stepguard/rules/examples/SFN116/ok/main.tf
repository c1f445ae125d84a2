resource "aws_iam_role" "orders" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "orders" {
  name = "call-shop"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "states:InvokeHTTPEndpoint"
      Resource = "*"
      Condition = {
        StringLike   = { "states:HTTPEndpoint" = "https://shop.example.com/orders/*" }
        StringEquals = { "states:HTTPMethod" = "GET" }
      }
    }]
  })
}
