resource "aws_iam_policy" "operators" {
  name = "operate-orders"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["states:StopExecution", "states:RedriveExecution"]
      Resource = "arn:aws:states:us-east-1:123456789012:execution:orders-*:*"
    }]
  })
}
