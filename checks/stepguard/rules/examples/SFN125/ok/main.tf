resource "aws_iam_policy" "developers" {
  name = "test-workflows"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["states:TestState"]
      Resource = "*"
    }]
  })
}
